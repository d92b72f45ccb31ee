"""``defs.yaml``: templates, tags, what is changed afterwards, and mistakes told with their line."""

from __future__ import annotations

import pytest

import earmark as em
from earmark.components.checking import faults_of
from earmark.specs.metadata import LocalFileCodeReference

from .conftest import Project


def message(project: Project) -> str:
    with pytest.raises(em.DagsterInvalidDefinitionError) as refused:
        project.tree().build_defs()
    return str(refused.value)


def test_attributes_make_a_component(project: Project) -> None:
    file = project.defs(
        "orders/defs.yaml",
        """
        attributes:
          name: orders
          limit: 3
          spec:
            key: shop/users
            deps: [raw/users]
            description: Who buys.
            group_name: core
            owners: ["team:growth"]
            kinds: [duckdb]
            tags: {domain: sales, tier: 1, pii: true, ratio: 0.5}
            metadata: {rows: 12}
            code_version: "7"
            skippable: true
            automation_condition: "{{ dg.AutomationCondition.on_cron('@daily') }}"
            partitions_def: {type: daily, start_date: 2024-01-01}
        """,
    )
    assets = project.assets()
    users = assets["shop/users"]
    assert assets["orders"].metadata["limit"] == 3
    assert users.tags == {"domain": "sales", "tier": "1", "pii": "true", "ratio": "0.5", "dagster/kind/duckdb": ""}
    assert (users.group_name, users.owners, users.code_version, users.skippable) == (
        "core",
        ("team:growth",),
        "7",
        True,
    )
    assert users.partitions_def == em.DailyPartitionsDefinition("2024-01-01")
    assert users.automation_condition == em.AutomationCondition.on_cron("@daily")
    (reference,) = users.metadata["dagster/code_references"].code_references
    assert reference == LocalFileCodeReference(str(file), 1)


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("{type: hourly, start_date: '2024-01-01-00:00'}", em.HourlyPartitionsDefinition("2024-01-01-00:00")),
        (
            "{type: weekly, start_date: '2024-01-01', day_offset: 1}",
            em.WeeklyPartitionsDefinition("2024-01-01", day_offset=1),
        ),
        ("{type: static, partition_keys: [a, b]}", em.StaticPartitionsDefinition(["a", "b"])),
        (
            "{type: time_window, start_date: '2024', fmt: '%Y', cron_schedule: '0 0 1 1 *'}",
            em.TimeWindowPartitionsDefinition(start="2024", fmt="%Y", cron_schedule="0 0 1 1 *"),
        ),
        ("\"{{ dg.StaticPartitionsDefinition(['x']) }}\"", em.StaticPartitionsDefinition(["x"])),
    ],
)
def test_partitions_are_written_by_their_kind(project: Project, written: str, made: object) -> None:
    project.defs("a/defs.yaml", f"attributes: {{name: a, spec: {{key: b, partitions_def: {written}}}}}")
    assert project.assets()["b"].partitions_def == made


def test_templates_know_the_environment_the_project_and_what_modules_and_classes_give(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGE", "test")
    monkeypatch.delenv("NOT_SET", raising=False)
    project.defs(
        "a/words.py",
        """
        import earmark as em

        @em.template_var
        def prefix():
            return "raw"

        @em.template_var
        def place(context: em.ComponentLoadContext):
            return lambda suffix: f"{context.path.name}{suffix}"
        """,
    )
    project.defs(
        "a/defs.yaml",
        """
        template_vars_module: .words
        attributes:
          name: "{{ loud('a') }}_{{ prefix }}_{{ place('_x') }}"
          limit: "{{ 2 * 3 }}"
          extra:
            - "{{ env.STAGE }}/{{ env('STAGE') }}/{{ env('NOT_SET', 'none') }}/{{ env.NOT_SET }}"
            - "{{ project_root }}"
            - "{{ context.project_root }}"
            - "{{ datetime.timedelta(days=1).total_seconds() }}"
            - plain {text}
        """,
    )
    (asset,) = project.assets().values()
    assert asset.key == em.AssetKey("A_raw_a_x")
    assert asset.metadata["limit"] == 6
    root = str(project.root)
    assert asset.metadata["extra"] == str(["test/test/none/None", root, root, 86400.0, "plain {text}"])


def test_the_names_of_a_folder_hold_in_all_folders_below_it(project: Project) -> None:
    project.defs("words.py", "import earmark as em\n@em.template_var\ndef prefix():\n    return 'raw'\n")
    project.defs("defs.yaml", "type: earmark.DefsFolderComponent\ntemplate_vars_module: .words\n")
    project.defs("deep/er/defs.yaml", "attributes: {name: '{{ prefix }}'}")
    assert list(project.assets()) == ["raw"]


BOTH = """
attributes: {name: a, spec: {key: b, tags: {kept: "1"}, owners: ["team:a"], kinds: [k], metadata: {m: 1}, deps: [x]}}
post_processing:
  assets:
    - target: "tag:kept"
      operation: OPERATION
      attributes:
        {tags: {new: 2}, owners: ["team:b"], kinds: [q], metadata: {n: 2}, group_name: g, description: d, deps: [y]}
    - target: "tag:new=2"
      attributes: {tags: {then: "3"}}
    - attributes: {automation_condition: "{{ automation_condition.eager() }}"}
"""


def test_what_is_changed_afterwards_is_added_to_tags_and_metadata_and_takes_the_place_of_the_rest(
    project: Project,
) -> None:
    project.defs("a/defs.yaml", BOTH.replace("OPERATION", "merge"))
    a, b = project.assets()["a"], project.assets()["b"]
    assert b.tags == {"kept": "1", "new": "2", "dagster/kind/q": "", "then": "3"}
    assert (b.owners, b.group_name, b.description) == (("team:b",), "g", "d")
    assert [dep.asset.to_user_string() for dep in b.deps] == ["y"]
    assert {name: b.metadata[name] for name in ("m", "n")} == {"m": 1, "n": 2}
    assert a.tags == {}
    assert a.automation_condition == b.automation_condition == em.AutomationCondition.eager()


def test_what_replaces_takes_the_place_of_tags_and_metadata_too(project: Project) -> None:
    project.defs("a/defs.yaml", BOTH.replace("OPERATION", "replace"))
    b = project.assets()["b"]
    assert b.tags == {"new": "2", "dagster/kind/q": "", "then": "3"}
    assert "m" not in b.metadata


def test_a_folder_changes_the_assets_of_all_that_it_holds_and_of_nothing_else(project: Project) -> None:
    project.defs(
        "core/defs.yaml",
        "type: dagster.DefsFolderComponent\npost_processing:\n  assets:\n    - {attributes: {tags: {tier: gold}}}\n",
    )
    project.defs("core/deep/it.py", "import earmark as em\n@em.asset(kinds={'python'})\ndef inside(): ...\n")
    project.defs("outside.py", "import earmark as em\n@em.asset(deps=['inside'])\ndef outside(): ...\n")
    assets = project.assets()
    assert assets["inside"].tags == {"tier": "gold", "dagster/kind/python": ""}
    assert assets["outside"].tags == {}


def test_an_entry_may_be_a_function_of_definitions(project: Project) -> None:
    project.defs(
        "a/words.py",
        """
        import earmark as em

        @em.template_var
        def with_limit():
            return lambda defs: defs.with_resources({"limit": 3})
        """,
    )
    project.defs(
        "a/defs.yaml",
        "template_vars_module: .words\nattributes: {name: a}\npost_processing: {assets: ['{{ with_limit }}']}",
    )
    assert project.tree().build_defs().resources == {"limit": 3}


# ruff: noqa: E501
MISTAKES = [
    ("attributes:\n  name: a\n  limt: 3\n", "Table has no attribute 'limt'. Did you mean 'limit'?", 4),
    ("attributes:\n  name: a\n  limit: many\n", "limit of Table: Input should be a valid integer", 4),
    ("attributes:\n  name: a\n  limit: \"{{ 'many' }}\"\n", "limit of Table: Input should be a valid integer", 4),
    ("attributes:\n  limit: 3\n", "Table needs 'name', which is missing", 2),
    ("attributes:\n  name: '{{ lod(1) }}'\n", "names 'lod', which is not there. Did you mean 'loud'", 3),
    ("attributes:\n  name: '{{ 1 +'\n", "cannot be read", 3),
    ("attributes:\n  name: \"{{ env('NOT_SET_AT_ALL') }}\"\n", "variable NOT_SET_AT_ALL is not set", 3),
    ("attributes:\n  name: '{{ 1 / 0 }}'\n", "raised ZeroDivisionError", 3),
    ("attributes:\n  name: a\n  spec:\n    key: b\n    tgs: {}\n", "spec of Table has no attribute 'tgs'. Did you mean 'tags'", 6),
    ("attributes:\n  name: a\n  spec: {key: b, tags: {'bad key': x}}\n", "bad key", 4),
    ("attributes:\n  name: a\n  spec:\n    key: b\n    tags: {k: 'not a value!'}\n", "not a value!", 4),
    ("attributes:\n  name: a\n  spec:\n    key: b\n    partitions_def: {type: yearly}\n", "'yearly'", 6),
    ("attributes: {name: a}\npost_procesing: {}\n", "no attribute 'post_procesing'. Did you mean 'post_processing'", 3),
    ("attributes: {name: a}\npost_processing:\n  assets:\n    - target: 'tag:'\n      attributes: {tags: {a: b}}\n", "", 5),
    ("attributes: {name: a}\npost_processing:\n  assets:\n    - attributes: {tagz: {}}\n", "Did you mean 'tags'", 5),
    ("attributes: {name: a}\npost_processing:\n  assets:\n    - attributes: {tags: {k: '!'}}\n", "'!'", 5),
    ("template_vars_module: .wrods\nattributes: {name: a}\n", "Did you mean 'words'", 2),
    ("attributes:\n  name: a\n  name: b\n", "'name' stands twice", 4),
    ("attributes: [\n", "is not YAML", 3),
    ("type: PACKAGE.table.Tabel\n", "has no 'Tabel'. Did you mean 'Table'", 1),
    ("type: PACKAGE.tabel.Table\n", "there is no module 'PACKAGE.tabel'. Did you mean 'table'", 1),
    ("type: dagster.DefsFoldrComponent\n", "Did you mean 'DefsFolderComponent'", 1),
    ("type: Table\n", "'Table' is no full name", 1),
    ("type: collections.OrderedDict\n", "is no subclass of Component", 1),
    ("type: dagster.DefsFolderComponent\nattributes: {a: b}\n", "takes no attributes", 2),
    ("# nothing yet\n", "is empty", None),
]  # fmt: skip


@pytest.mark.parametrize(("written", "says", "line"), MISTAKES, ids=[says or "query" for _, says, _ in MISTAKES])
def test_a_mistake_is_told_with_its_line_and_what_is_near(
    project: Project, written: str, says: str, line: int | None
) -> None:
    project.defs("a/words.py", "")
    file = project.defs("a/defs.yaml", written)
    told = message(project)
    assert says.replace("PACKAGE", project.package) in told
    assert (f"{file}:{line}" if line else str(file)) in told


def test_two_files_for_one_folder_are_refused(project: Project) -> None:
    project.defs("a/defs.yaml", "attributes: {name: a}")
    project.defs("a/component.yaml", "attributes: {name: b}")
    assert "has both defs.yaml and component.yaml" in message(project)


def test_all_mistakes_are_found_at_once_and_what_is_required_and_not_there(project: Project) -> None:
    project.defs("a/defs.yaml", "attributes: {name: a}\nrequirements: {env: [NOT_SET_AT_ALL, HOME]}\n")
    project.defs("b/defs.yaml", "attributes: {nam: b}\n")
    project.defs("c/defs.yaml", "attributes: [\n")
    project.defs("d/defs.yaml", "attributes: {name: d}\n---\ntype: PACKAGE.table.Tabel\n")
    found = faults_of(project.tree())
    assert found.documents == 4
    said = [str(one) for one in found.faults]
    for one, words in zip(said, ("NOT_SET_AT_ALL", "'nam'", "is not YAML", "'Tabel'"), strict=True):
        assert words in one
