"""What must not stand in the repository: paths of one machine, addresses of registries, built files."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

MACHINE_PATH = re.compile(r"(?<![\w.$}/-])/(?:work|root|home/\w+|Users/\w+)/[\w.]")
TEMPORARY_PATH = re.compile(r"(?<![\w.$}/-])/tmp/\w")
REGISTRIES = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "deb." + "debian.org")
DOWNLOAD = re.compile(r"https?://[^\s\"']+\.(?:whl|tgz|tar\.gz)\b|" + "|".join(re.escape(host) for host in REGISTRIES))
SHIPPED = ("src/", "examples/", "benchmarks/", "requirements/", "hatch_build.py", "pyproject.toml", "Makefile")


@cache
def tracked() -> tuple[str, ...]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listing.returncode != 0:
        pytest.skip("not a git work tree")
    return tuple(name for name in listing.stdout.decode().split("\0") if name and (ROOT / name).is_file())


def lines_with(pattern: re.Pattern[str], *starts: str) -> list[str]:
    found = []
    for name in tracked():
        if starts and not name.startswith(starts):
            continue
        content = (ROOT / name).read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{name}:{number}: {line.strip()[:120]}")
    return found


def test_no_file_names_a_path_of_one_machine() -> None:
    assert lines_with(MACHINE_PATH) == []


def test_nothing_that_ships_names_a_temporary_path() -> None:
    assert lines_with(TEMPORARY_PATH, *SHIPPED) == []


def test_no_file_names_a_registry_or_a_download() -> None:
    assert lines_with(DOWNLOAD) == []


def test_every_pinned_requirement_carries_a_hash() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        entries = re.split(r"\n(?=\S)", path.read_text().replace("\\\n", "").strip())
        assert len(entries) > 10
        unhashed = [entry for entry in entries if "--hash=sha256:" not in entry or "==" not in entry]
        assert unhashed == [], path.name


@pytest.mark.parametrize("name", ["demo.txt", "base.txt"])
def test_the_smaller_environments_are_parts_of_the_development_one(name: str) -> None:
    def pins(file: str) -> set[str]:
        return set(re.findall(r"^([\w.-]+==[\w.]+)", (ROOT / "requirements" / file).read_text(), re.MULTILINE))

    assert pins(name) - pins("dev.txt") == set()


def test_nothing_built_is_committed() -> None:
    built = ("src/earmark/_ui/", "site/", "web/node_modules/", ".venv/", "build/", "dist/")
    assert [name for name in tracked() if name.startswith(built) or name.endswith(".pyc")] == []


def test_no_commit_file_is_larger_than_two_megabytes() -> None:
    large = [name for name in tracked() if (ROOT / name).stat().st_size > 2_000_000]
    assert large == []
