"""``import dagster`` means Earmark where a project asks, in its child processes too; each case in a fresh process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def run(
    code: str, *, path: Path | None = None, arguments: tuple[str, ...] = ("-c",)
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments, code],
        capture_output=True,
        text=True,
        check=False,
        cwd=path,
        env=None,
    )


def succeeds(code: str, path: Path | None = None) -> str:
    outcome = run(code, path=path)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout.strip()


@pytest.fixture
def real_dagster(tmp_path: Path) -> Path:
    """A folder with a package that calls itself dagster, as an installed Dagster would."""
    package = tmp_path / "dagster"
    package.mkdir()
    (package / "__init__.py").write_text("__version__ = '1.9.0'\n")
    return tmp_path


def test_installing_makes_dagster_the_compatibility_surface() -> None:
    told = succeeds(
        "import earmark.dagster.install, earmark\n"
        "import dagster, dagster as dg\n"
        "from dagster import AssetKey\n"
        "from dagster.version import __version__\n"
        "print(dg.AssetKey is earmark.AssetKey is AssetKey, __version__, dagster.__version__)"
    )
    assert told == "True 1.13.27 1.13.27"


def test_the_names_of_components_have_their_second_public_home() -> None:
    told = succeeds(
        "import earmark.dagster.install, dagster\n"
        "from dagster.components import Component, load_from_defs_folder\n"
        "print(Component is dagster.Component, load_from_defs_folder is dagster.load_from_defs_folder)"
    )
    assert told == "True True"


def test_nothing_is_aliased_until_somebody_asks(real_dagster: Path) -> None:
    told = succeeds("import earmark, dagster; earmark.AssetKey; print(dagster.__version__)", path=real_dagster)
    assert told == "1.9.0"


def test_an_installed_dagster_that_is_not_imported_yet_gives_way(real_dagster: Path) -> None:
    told = succeeds("import earmark.dagster.install; import dagster; print(dagster.__version__)", path=real_dagster)
    assert told == "1.13.27"


def test_a_real_dagster_that_is_imported_already_is_an_error_that_says_so(real_dagster: Path) -> None:
    outcome = run("import dagster\nimport earmark.dagster.install", path=real_dagster)
    assert outcome.returncode == 1
    last = outcome.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: Earmark cannot take the name 'dagster': the real one (1.9.0) at ")
    assert "before anything imports dagster" in last


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "from dagster._core.definitions.events import AssetKey",
            "dagster._core.definitions.events is private to Dagster; Earmark has only what is public."
            " The public home: `from dagster import AssetKey`.",
        ),
        (
            "import dagster._core.definitions.asset_key.AssetKey",
            "dagster._core.definitions.asset_key.AssetKey is private to Dagster; Earmark has only what is public."
            " The public home: `from dagster import AssetKey`.",
        ),
        (
            "from dagster._utils import nothing_public",
            "dagster._utils is private to Dagster; Earmark has only what is public.",
        ),
        ("from dagster import _check as check", "'_check' is not a public name"),
        (
            "from dagster.components.scaffold.scaffold import Resolvable",
            "Dagster's API, as Earmark has it, has no module 'dagster.components.scaffold.scaffold'."
            " The public home: `from dagster import Resolvable`.",
        ),
        ("from dagster.components import Componentt", "cannot import name 'Componentt'"),
        ("import dagster.names", "Dagster's API, as Earmark has it, has no module 'dagster.names'."),
        ("from dagster import assett", "has no 'assett'. Did you mean 'asset'"),
        ("import importlib; importlib.import_module('dagster._core.storage')", "dagster._core is private to Dagster"),
    ],
)
def test_an_import_that_cannot_work_names_the_public_home(statement: str, says: str) -> None:
    told = succeeds(
        f"import earmark.dagster.install\ntry:\n    {statement}\nexcept ImportError as error:\n    print(error)"
    )
    assert says in told


def test_a_feature_test_with_hasattr_works() -> None:
    told = succeeds(
        "import earmark.dagster.install, dagster\nprint(hasattr(dagster, 'asset'), hasattr(dagster, 'StepLauncher'))"
    )
    assert told == "True False"


def test_a_forked_child_has_the_alias() -> None:
    told = succeeds(
        "import os, sys\n"
        "import earmark.dagster.install\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    import dagster\n"
        "    os._exit(0 if dagster.__name__ == 'earmark.dagster' else 1)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    assert told == "0"


def test_a_started_child_that_imports_earmark_has_the_alias(real_dagster: Path) -> None:
    child = "import earmark, dagster; print(dagster.__name__)"
    told = succeeds(
        f"import subprocess, sys\nimport earmark.dagster.install\nsubprocess.run([sys.executable, '-c', {child!r}])",
        path=real_dagster,
    )
    assert told == "earmark.dagster"


PROJECT_TEST = "import dagster\n\ndef test_alias():\n    assert dagster.__name__ == 'earmark.dagster'\n"


@pytest.mark.parametrize(
    ("settings", "passes"),
    [
        ("[tool.earmark]\ndagster-alias = true\n", True),
        ("[tool.pytest.ini_options]\nearmark_dagster_alias = true\n", True),
        ("[tool.earmark]\ndagster-alias = true\n[tool.pytest.ini_options]\nearmark_dagster_alias = false\n", False),
        ("[tool.earmark]\nmodule = 'shop'\n", False),
    ],
)
def test_the_pytest_plugin_sets_the_alias_only_where_the_project_asks(
    settings: str, passes: bool, real_dagster: Path
) -> None:
    (real_dagster / "pyproject.toml").write_text(settings)
    (real_dagster / "conftest.py").write_text("import dagster\n")
    (real_dagster / "test_project.py").write_text(PROJECT_TEST)
    plugin = () if _is_registered() else ("-p", "earmark.testing.pytest_plugin")
    outcome = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin],
        cwd=real_dagster,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (outcome.returncode == 0) is passes, outcome.stdout + outcome.stderr


def _is_registered() -> bool:
    from importlib.metadata import entry_points

    return any(point.value == "earmark.testing.pytest_plugin" for point in entry_points(group="pytest11"))
