"""What a project's folder of definitions holds is found, loaded and brought together."""

from __future__ import annotations

from pathlib import Path

import pytest

import earmark as em
from earmark.values.errors import DagsterError

from .conftest import Project


def test_modules_at_any_depth_give_what_they_define(project: Project) -> None:
    project.defs(
        "sales/daily/orders.py",
        """
        import earmark as em

        @em.asset(tags={"domain": "sales"})
        def orders(): ...

        nightly = em.define_asset_job("nightly", selection="tag:domain=sales")

        @em.schedule(job=nightly, cron_schedule="@daily")
        def every_night():
            return em.RunRequest()
        """,
    )
    project.defs("_private.py", "import earmark as em\nlisted = [em.AssetSpec('listed')]\n")
    project.defs("__init__.py", "import earmark as em\nroot = em.AssetSpec('root')\n")
    project.defs(".hidden/secret.py", "raise RuntimeError('not to be loaded')\n")
    defs = project.tree().build_defs()
    assert {key.to_user_string() for key in defs.resolve_all_asset_keys()} == {"orders", "listed", "root"}
    assert defs.get_job_def("nightly")
    assert [one.name for one in defs.schedules] == ["every_night"]


def test_a_module_with_definitions_gives_those_alone(project: Project) -> None:
    project.defs(
        "whole.py",
        """
        import earmark as em

        beside = em.AssetSpec("beside")

        @em.definitions
        def resources():
            return em.Definitions(resources={"limit": 3})

        @em.definitions
        def more(context: em.ComponentLoadContext):
            return em.Definitions(assets=[em.AssetSpec(context.path.stem)])
        """,
    )
    defs = project.tree().build_defs()
    assert defs.resources == {"limit": 3}
    assert defs.resolve_all_asset_keys() == [em.AssetKey("whole")]


def test_a_module_with_definitions_of_both_kinds_is_refused(project: Project) -> None:
    project.defs(
        "both.py",
        "import earmark as em\na = em.Definitions()\n@em.definitions\ndef b():\n    return em.Definitions()\n",
    )
    with pytest.raises(em.DagsterInvalidDefinitionError, match=r"both\.py has both Definitions and functions"):
        project.tree().build_defs()


def test_what_two_modules_import_from_one_another_counts_once(project: Project) -> None:
    project.defs("first.py", "import earmark as em\none = em.AssetSpec('one')\n")
    project.defs("second.py", "from PACKAGE.defs.first import one\n")
    assert list(project.assets()) == ["one"]


def test_one_resource_with_two_meanings_is_refused_by_the_files_that_give_it(project: Project) -> None:
    for name, value in (("a", 1), ("b", 2)):
        project.defs(
            f"{name}.py",
            f"import earmark as em\n@em.definitions\ndef it(): return em.Definitions(resources={{'x': {value}}})\n",
        )
    with pytest.raises(em.DagsterInvalidDefinitionError, match=r"a\.py and .*b\.py give the resource 'x' differently"):
        project.tree().build_defs()


def test_what_a_module_raises_is_raised(project: Project) -> None:
    project.defs("broken.py", "1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        project.tree().build_defs()


def test_a_function_under_component_instance_gives_a_component(project: Project) -> None:
    project.defs(
        "tables/component.py",
        """
        import earmark as em
        from PACKAGE.table import Table

        @em.component_instance
        def orders(context):
            return Table(name="orders", extra=[str(context.path), context.component_path.instance_key])

        @em.component_instance
        def users(_):
            return Table(name="users")
        """,
    )
    assets = project.assets()
    assert set(assets) == {"orders", "users"}
    assert "component.py" in assets["orders"].metadata["extra"]
    assert "'orders'" in assets["orders"].metadata["extra"]


def test_one_component_is_found_from_another(project: Project) -> None:
    project.defs("orders/defs.yaml", "attributes: {name: orders, limit: 3}")
    project.defs(
        "report.py",
        """
        import earmark as em
        from PACKAGE.table import Table

        @em.definitions
        def report(context: em.ComponentLoadContext):
            table = context.load_component("orders", Table)
            needs = context.build_defs("orders").resolve_all_asset_keys()
            return em.Definitions(assets=[em.AssetSpec(f"top_{table.limit}", deps=needs)])
        """,
    )
    project.defs("again/defs.yaml", "attributes: {name: \"{{ context.load_component('orders').name }}_again\"}")
    assets = project.assets()
    assert set(assets) == {"orders", "top_3", "orders_again"}
    assert [dep.asset.to_user_string() for dep in assets["top_3"].deps] == ["orders"]


def test_components_that_need_each_other_are_refused_with_the_circle(project: Project) -> None:
    project.defs("a/defs.yaml", "attributes: {name: \"{{ context.load_component('b').name }}\"}")
    project.defs("b/defs.yaml", "attributes: {name: \"{{ context.load_component('a').name }}\"}")
    with pytest.raises(DagsterError, match="in a circle: a → b → a"):
        project.tree().build_defs()


def test_a_component_that_is_not_there_is_told_with_what_is_near(project: Project) -> None:
    project.defs("orders/defs.yaml", "attributes: {name: orders}")
    with pytest.raises(em.DagsterInvalidDefinitionError, match=r"Nothing stands at order, .* Did you mean 'orders'"):
        project.tree().load_component("order")
    with pytest.raises(em.DagsterInvalidDefinitionError, match="At orders stands a Table, not a DefsFolderComponent"):
        project.tree().load_component("orders", em.DefsFolderComponent)


def test_the_tree_finds_components_by_class_and_shows_itself(project: Project) -> None:
    project.defs("plain.py", "")
    project.defs("many/defs.yaml", "attributes: {name: a}\n---\ntype: PACKAGE.table.Table\nattributes: {name: b}\n")
    project.defs("group/defs.yaml", "type: dagster.DefsFolderComponent")
    project.defs("group/one/component.yml", "type: PACKAGE.table.Table\nattributes: {name: c}\n")
    tree = project.tree()
    tables = [one.name for one in tree.get_all_components(em.Component) if hasattr(one, "limit")]
    assert sorted(tables) == ["a", "b", "c"]
    assert tree.to_string_representation(hide_plain_defs=True).splitlines() == [
        "├── group",
        "│   └── one",
        "│       └── component.yml (Table)",
        "└── many",
        "    ├── defs.yaml[0] (Table)",
        "    └── defs.yaml[1] (Table)",
    ]
    pairs = em.get_all_components_defs_within_project(project_root=project.root, component_path="many")
    assert [one.name for one, _ in pairs] == ["a", "b"]
    _, second = em.get_component_defs_within_project(project_root=project.root, component_path="many", instance_key=1)
    assert second.resolve_all_asset_keys() == [em.AssetKey("b")]


def test_a_project_says_where_its_definitions_stand(project: Project) -> None:
    project.write("pyproject.toml", "[tool.dg.project]\nroot_module = 'PACKAGE'\ndefs_module = 'PACKAGE.things'\n")
    project.write("PACKAGE/things/it.py", "import earmark as em\nit = em.AssetSpec('it')\n")
    assert em.load_from_defs_folder(path_within_project=project.root / project.package).resolve_all_asset_keys() == [
        em.AssetKey("it")
    ]


def test_a_folder_of_definitions_that_is_not_there_is_told_with_what_to_do(project: Project) -> None:
    project.write("pyproject.toml", "[tool.dg.project]\nroot_module = 'PACKAGE'\ndefs_module = 'PACKAGE.deff'\n")
    with pytest.raises(em.DagsterInvalidDefinitionError, match=r"no module '.*deff'.* Did you mean 'defs'"):
        project.tree()


def test_the_package_is_that_of_the_module_which_the_project_names(project: Project) -> None:
    project.write("pyproject.toml", "[tool.earmark]\nmodule = 'PACKAGE.definitions'\n")
    project.defs("orders/defs.yaml", "attributes: {name: orders}")
    assert list(project.assets()) == ["orders"]


def test_outside_of_a_project_the_error_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(em.DagsterInvalidDefinitionError, match=r"in no project.*root_module"):
        em.load_from_defs_folder(path_within_project=tmp_path)
    with pytest.raises(em.DagsterInvalidDefinitionError, match=r"Path\(__file__\)"):
        em.load_from_defs_folder()
