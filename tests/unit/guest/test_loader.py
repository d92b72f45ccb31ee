"""Importing a project's code, finding its definitions, and telling what went wrong in the user's own words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from earmark.guest.loader import forget, load
from earmark.guest.project import CodeTarget
from earmark.values.errors import DagsterCodeLocationLoadError, DagsterInvariantViolationError


@pytest.fixture(autouse=True)
def own_modules() -> Iterator[None]:
    """Leave the search path and the modules of this process as they were."""
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if not name.startswith("earmark"):
            del sys.modules[name]


def code(folder: Path, text: str, name: str = "shop_code.py") -> CodeTarget:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(text))
    return CodeTarget(file=file, working_directory=folder, name=name, dagster_alias=False)


ASSET = """
import earmark as em

@em.asset
def orders(): ...
"""


def keys(target: CodeTarget, attribute: str | None = None) -> list[str]:
    from msgspec.structs import replace

    definitions = load(replace(target, attribute=attribute)).definitions
    return sorted(key.to_user_string() for key in definitions.resolve_all_asset_keys())


def test_the_one_definitions_object_is_taken_whatever_its_name(tmp_path: Path) -> None:
    assert keys(code(tmp_path, ASSET + "everything = again = em.Definitions(assets=[orders])\n")) == ["orders"]


def test_a_function_under_definitions_is_called(tmp_path: Path) -> None:
    text = ASSET + "@em.definitions\ndef made():\n    return em.Definitions(assets=[orders])\n"
    assert keys(code(tmp_path, text)) == ["orders"]


def test_a_repository_is_taken(tmp_path: Path) -> None:
    text = ASSET + "@em.repository\ndef shop():\n    return [orders]\n"
    assert keys(code(tmp_path, text)) == ["orders"]


def test_what_stands_by_itself_is_gathered(tmp_path: Path) -> None:
    text = ASSET + "stock = em.AssetSpec('stock')\nsales = em.define_asset_job('sales', 'orders')\n"
    text += "@em.op\ndef one(): ...\n@em.job\ndef work():\n    one()\n"
    found = load(code(tmp_path, text)).definitions
    assert sorted(key.to_user_string() for key in found.resolve_all_asset_keys()) == ["orders", "stock"]
    assert {"sales", "work"} <= {job.name for job in found.resolve_all_job_defs()}


def test_an_attribute_chooses_one_of_several(tmp_path: Path) -> None:
    target = code(
        tmp_path, ASSET + "a = em.Definitions(assets=[orders])\nb = em.Definitions()\ndef make():\n    return a\n"
    )
    assert keys(target, "a") == keys(target, "make") == keys(target, "orders") == ["orders"]
    assert keys(target, "b") == []
    with pytest.raises(DagsterInvariantViolationError, match="more than one set of definitions: a, b"):
        load(target)
    with pytest.raises(DagsterInvariantViolationError, match=r"no 'mak' \(-a\)\. Did you mean 'make'"):
        keys(target, "mak")


def test_a_module_that_defines_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(DagsterInvariantViolationError, match=r"shop_code\.py defines nothing"):
        load(code(tmp_path, "x = 1\n"))


def test_a_file_imports_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "neighbour_of_shop.py").write_text(ASSET)
    assert keys(code(tmp_path, "from neighbour_of_shop import orders\n")) == ["orders"]


def test_a_module_is_imported_from_the_working_directory(tmp_path: Path) -> None:
    code(tmp_path, ASSET, "shop_package/assets.py")
    (tmp_path / "shop_package" / "__init__.py").touch()
    target = CodeTarget("shop_package.assets", working_directory=tmp_path, dagster_alias=False)
    assert keys(target) == ["orders"]


def test_an_error_while_importing_shows_the_users_traceback_and_none_of_ours(tmp_path: Path) -> None:
    with pytest.raises(DagsterCodeLocationLoadError) as caught:
        load(code(tmp_path, "def half(x):\n    return x / 0\n\nhalf(1)\n"))
    assert caught.value.message == "shop_code.py could not be imported: ZeroDivisionError: division by zero"
    lines = caught.value.facts["traceback"].splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert [line for line in lines if line.startswith("  File ")] == [
        f'  File "{tmp_path}/shop_code.py", line 4, in <module>',
        f'  File "{tmp_path}/shop_code.py", line 2, in half',
    ]
    assert lines[-1] == "ZeroDivisionError: division by zero"
    assert "shop_code" not in sys.modules


def test_a_syntax_error_shows_the_line(tmp_path: Path) -> None:
    with pytest.raises(DagsterCodeLocationLoadError) as caught:
        load(code(tmp_path, "def broken(:\n"))
    assert "def broken(:" in caught.value.facts["traceback"]


def test_a_cause_is_shown_before_what_it_led_to(tmp_path: Path) -> None:
    text = "try:\n    int('x')\nexcept ValueError as error:\n    raise RuntimeError('no number') from error\n"
    with pytest.raises(DagsterCodeLocationLoadError) as caught:
        load(code(tmp_path, text))
    trace = caught.value.facts["traceback"]
    assert trace.index("ValueError") < trace.index("The error above led to this one") < trace.index("RuntimeError")


def test_a_bad_definition_says_itself_what_is_wrong_and_where(tmp_path: Path) -> None:
    with pytest.raises(DagsterCodeLocationLoadError) as caught:
        load(code(tmp_path, "import earmark as em\n\n@em.asset(tags={'a b': 'c'})\ndef orders(): ...\n"))
    assert "The tag key 'a b'" in caught.value.message
    assert str(caught.value.where) == f"{tmp_path}/shop_code.py:3"
    assert caught.value.facts["traceback"] == ""


def test_a_function_that_makes_definitions_and_raises_is_told_like_an_import(tmp_path: Path) -> None:
    text = "import earmark as em\n@em.definitions\ndef made():\n    raise KeyError('token')\n"
    with pytest.raises(DagsterCodeLocationLoadError, match="KeyError: 'token'") as caught:
        load(code(tmp_path, text))
    assert "in made" in caught.value.facts["traceback"]


def test_a_module_that_exits_is_an_error_and_not_an_end(tmp_path: Path) -> None:
    with pytest.raises(DagsterCodeLocationLoadError, match="SystemExit: 3"):
        load(code(tmp_path, "import sys\nsys.exit(3)\n"))


def test_a_module_that_is_not_there_says_what_is_near_and_where_imports_start(tmp_path: Path) -> None:
    (tmp_path / "shop_things.py").touch()
    with pytest.raises(DagsterCodeLocationLoadError) as caught:
        load(CodeTarget("shop_thing", working_directory=tmp_path, dagster_alias=False))
    assert caught.value.message == "There is no module 'shop_thing'. Did you mean 'shop_things'?"
    assert str(tmp_path) in str(caught.value.hint)


def test_a_missing_library_is_the_users_import_error_and_no_missing_project(tmp_path: Path) -> None:
    with pytest.raises(DagsterCodeLocationLoadError, match="No module named 'no_such_library'"):
        load(code(tmp_path, "import no_such_library\n"))


def test_forgotten_code_is_read_anew(tmp_path: Path) -> None:
    target = code(tmp_path, ASSET)
    assert keys(target) == keys(target) == ["orders"]
    code(tmp_path, ASSET.replace("orders", "invoices_and_orders"))
    assert keys(target) == ["orders"]
    forget(target)
    assert keys(target) == ["invoices_and_orders"]
