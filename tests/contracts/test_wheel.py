"""What the wheel holds: the package alone, pure Python, with everything it needs at run time."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "earmark"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    built = PACKAGE / "_ui" / "stamp.txt"
    outcome = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT],
        env={**os.environ, "EARMARK_SKIP_UI": "0" if built.exists() else "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    (path,) = folder.glob("*.whl")
    assert path.name.endswith("-py3-none-any.whl")
    return zipfile.ZipFile(path)


@pytest.mark.slow
def test_the_wheel_brings_the_package_and_no_other_top_level_name(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"earmark"}
    assert not [name for name in wheel.namelist() if name.endswith(".pth")]


@pytest.mark.slow
def test_the_wheel_carries_every_file_of_the_package(wheel: zipfile.ZipFile) -> None:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "src/earmark"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    expected = {name.removeprefix("src/") for name in listing.split("\0") if name and (ROOT / name).exists()}
    assert "earmark/py.typed" in expected
    assert expected - set(wheel.namelist()) == set()


@pytest.mark.slow
def test_the_wheel_carries_the_built_ui_compressed_or_not(wheel: zipfile.ZipFile) -> None:
    if not (PACKAGE / "_ui" / "stamp.txt").exists():
        pytest.skip("the UI has not been built here")
    pages = [name for name in wheel.namelist() if name.startswith("earmark/_ui/")]
    assert "earmark/_ui/index.html" in pages
    assert any(name.endswith(".js") for name in pages)
