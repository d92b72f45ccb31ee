"""Where a project's code is, by flags and by the files of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from earmark.guest.project import CodeTarget, find_targets, wants_alias
from earmark.values.errors import SettingsError


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def the_one(folder: Path, **flags: str) -> CodeTarget:
    (target,) = find_targets(start=folder, **flags)  # type: ignore[arg-type]
    return target


def test_a_module_flag_is_imported_from_the_current_folder(tmp_path: Path) -> None:
    target = the_one(tmp_path, module="shop.definitions", attribute="defs")
    assert (target.module, target.working_directory, target.attribute) == ("shop.definitions", tmp_path, "defs")


def test_a_file_flag_is_found_from_the_current_folder_and_called_by_its_name(tmp_path: Path) -> None:
    write(tmp_path, "code/shop.py", "")
    target = the_one(tmp_path, file="code/shop.py")
    assert (target.file, target.name, target.label) == (tmp_path / "code" / "shop.py", "shop.py", "code/shop.py")


def test_what_no_import_can_ever_find_is_refused_and_what_is_not_there_yet_is_not(tmp_path: Path) -> None:
    write(tmp_path, "shop.py", "")
    with pytest.raises(SettingsError, match=r"shop\.py \(-m\) is a file\. Write -f shop\.py"):
        the_one(tmp_path, module="shop.py")
    for name in ("shop/definitions", ".definitions", "shop..defs", "shop "):
        with pytest.raises(SettingsError, match=r"\(-m\) is no module's name"):
            the_one(tmp_path, module=name)
    assert the_one(tmp_path, module="not_yet").name == "not_yet"


def test_a_file_that_is_not_there_says_what_is_near(tmp_path: Path) -> None:
    write(tmp_path, "shop.py", "")
    with pytest.raises(SettingsError, match=r"no file shp\.py \(-f\)\. Did you mean 'shop\.py'"):
        the_one(tmp_path, file="shp.py")


def test_a_module_and_a_file_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="not both"):
        the_one(tmp_path, module="shop", file="shop.py")


def test_a_working_directory_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere \(-d\) is not a folder"):
        the_one(tmp_path, module="shop", working_directory="nowhere")


def test_pyproject_names_the_module_for_every_folder_below_it(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", '[tool.earmark]\nmodule = "shop.definitions"\nname = "shop"\n')
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    target = the_one(below)
    assert (target.module, target.working_directory, target.name) == ("shop.definitions", tmp_path, "shop")
    assert target.source.endswith("pyproject.toml [tool.earmark]")


def test_an_attribute_flag_holds_for_what_the_project_names(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", '[tool.earmark]\nmodule = "shop"\n')
    assert the_one(tmp_path, attribute="other").attribute == "other"


@pytest.mark.parametrize(
    ("text", "module", "name"),
    [
        ('[tool.dagster]\nmodule_name = "shop.defs"\ncode_location_name = "store"\n', "shop.defs", "store"),
        (
            '[tool.dg]\ndirectory_type = "project"\n[tool.dg.project]\nroot_module = "shop"\n',
            "shop.definitions",
            "shop",
        ),
        (
            '[tool.dg.project]\nroot_module = "shop"\ncode_location_target_module = "shop.all"\n',
            "shop.all",
            "shop",
        ),
        ('[tool.earmark]\nmodule = "ours"\n[tool.dagster]\nmodule_name = "theirs"\n', "ours", "ours"),
    ],
)
def test_settings_that_were_made_for_dagster_name_the_module_too(
    text: str, module: str, name: str, tmp_path: Path
) -> None:
    write(tmp_path, "pyproject.toml", text)
    target = the_one(tmp_path)
    assert (target.module, target.name) == (module, name)


def test_a_dg_project_that_keeps_its_package_under_src_is_imported_from_there(tmp_path: Path) -> None:
    write(tmp_path, "dg.toml", '[project]\nroot_module = "shop"\n')
    write(tmp_path, "src/shop/__init__.py", "")
    assert the_one(tmp_path).working_directory == tmp_path / "src"


def test_a_workspace_file_names_several_code_locations(tmp_path: Path) -> None:
    write(
        tmp_path,
        "workspace.yaml",
        "load_from:\n"
        "  - python_module: shop\n"
        "  - python_file: {relative_path: code/ml.py, attribute: defs, location_name: ml}\n"
        "  - python_package: {package_name: fleet, working_directory: lib}\n",
    )
    shop, ml, fleet = find_targets(start=tmp_path)
    assert (shop.module, shop.name) == ("shop", "shop")
    assert (ml.file, ml.attribute, ml.name) == (tmp_path / "code" / "ml.py", "defs", "ml")
    assert (fleet.module, fleet.working_directory) == ("fleet", tmp_path / "lib")


def test_pyproject_names_several_code_locations(tmp_path: Path) -> None:
    write(
        tmp_path,
        "pyproject.toml",
        '[tool.earmark]\ndagster-alias = true\n[[tool.earmark.locations]]\nmodule = "shop"\n'
        '[[tool.earmark.locations]]\nfile = "ml.py"\nname = "ml"\ndagster-alias = false\n'
        'python-executable = "venv/bin/python"\n',
    )
    shop, ml = find_targets(start=tmp_path)
    assert (shop.name, shop.dagster_alias) == ("shop", True)
    assert (ml.name, ml.dagster_alias, ml.python_executable) == ("ml", False, "venv/bin/python")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("pyproject.toml", "[tool.earmark\n", "cannot be read"),
        ("pyproject.toml", "[tool.earmark]\nmodule = 3\n", "'module' is text, not 3"),
        ("pyproject.toml", '[tool.earmark]\nmodule = "a"\nfile = "b.py"\n', "both a module and a file"),
        ("pyproject.toml", '[tool.earmark]\nmodule = "a"\ndagster-alias = "yes"\n', "is true or false"),
        ("pyproject.toml", "[[tool.earmark.locations]]\nmodul = 'a'\n", "no 'modul'. Did you mean 'module'"),
        ("pyproject.toml", "[[tool.earmark.locations]]\nname = 'a'\n", "neither a module nor a file"),
        ("workspace.yaml", "load_from: shop\n", "no list `load_from`"),
        ("workspace.yaml", "load_from: [{grpc_server: {port: 1}}]\n", "'grpc_server', which Earmark cannot load"),
        ("workspace.yaml", "load_from: [\n", "cannot be read"),
        ("README", "", "Nothing says where the code is"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_file(name: str, text: str, says: str, tmp_path: Path) -> None:
    write(tmp_path, name, text)
    with pytest.raises(SettingsError) as caught:
        find_targets(start=tmp_path)
    assert says in str(caught.value)


def test_the_project_says_whether_it_wants_the_alias(tmp_path: Path) -> None:
    assert wants_alias(tmp_path) is None
    write(tmp_path, "pyproject.toml", "[project]\nname = 'x'\n")
    assert wants_alias(tmp_path) is None
    write(tmp_path, "pyproject.toml", "[tool.earmark]\ndagster-alias = true\n")
    assert wants_alias(tmp_path) is True
    (tmp_path / "shop.py").touch()
    assert the_one(tmp_path, file="shop.py").dagster_alias is True


def test_a_dg_workspace_gives_the_locations_of_its_projects(tmp_path: Path) -> None:
    write(tmp_path, "dg.toml", '[[workspace.projects]]\npath = "one"\n[[workspace.projects]]\npath = "two"\n')
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, "pyproject.toml", f'[tool.dg.project]\nroot_module = "{name}"\n')
    found = find_targets(start=tmp_path)
    assert [(one.name, one.module, one.working_directory) for one in found] == [
        ("one", "one.definitions", tmp_path / "one"),
        ("two", "two.definitions", tmp_path / "two"),
    ]


def test_a_project_of_a_dg_workspace_that_names_no_code_is_told(tmp_path: Path) -> None:
    write(tmp_path, "dg.toml", '[[workspace.projects]]\npath = "gone"\n')
    with pytest.raises(SettingsError, match="'gone' of the workspace names no code"):
        find_targets(start=tmp_path)
