"""Components that execute something: functions, scripts in processes of their own, SQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import earmark as em
from earmark.values.errors import DagsterSubprocessError

from .conftest import Project

FUNCTIONS = """
    import earmark as em

    class Limits(em.Config):
        rows: int = 3

    def load(context: em.AssetExecutionContext, config: Limits, factor: em.ResourceParam[int]):
        yield em.MaterializeResult("users", metadata={"rows": config.rows * factor})
        yield em.MaterializeResult(["shop", "orders"])
        yield em.AssetCheckResult(asset_key="users", check_name="some", passed=True)

    def judge(context: em.AssetCheckExecutionContext):
        return em.AssetCheckResult(passed=False)
"""


def run(project: Project, **options: object) -> em.ExecuteInProcessResult:
    job = project.tree().build_defs().resolve_implicit_global_asset_job_def()
    return job.execute_in_process(raise_on_error=False, **options)


def test_a_function_writes_assets_and_judges_checks_with_all_that_it_takes(project: Project) -> None:
    project.defs("users/functions.py", FUNCTIONS)
    project.defs(
        "users/defs.yaml",
        """
        type: dagster.FunctionComponent
        attributes:
          execution: {fn: .functions.load, pool: loads, tags: {tier: 1}}
          assets:
            - {key: users, tags: {domain: sales}}
            - {key: shop/orders, deps: [users]}
          checks:
            - {name: some, asset: users}
        """,
    )
    made = project.tree().build_defs().with_resources({"factor": 2})
    definition = made.get_assets_def("users")
    assert (definition.op.name, definition.op.tags, definition.op.pool) == ("load", {"tier": "1"}, "loads")
    result = made.resolve_implicit_global_asset_job_def().execute_in_process(
        run_config={"ops": {"load": {"config": {"rows": 5}}}}
    )
    (users, orders) = [event.materialization for event in result.get_asset_materialization_events()]
    assert users.metadata["rows"].value == 10
    assert orders.asset_key == em.AssetKey(["shop", "orders"])
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True]


def test_a_function_may_be_written_as_its_name_and_judge_checks_alone(project: Project) -> None:
    project.write("PACKAGE/functions.py", FUNCTIONS)
    project.defs(
        "check/defs.yaml",
        """
        type: dagster.FunctionComponent
        attributes:
          execution: PACKAGE.functions.judge
          checks: [{name: some, asset: users, blocking: false}]
        """,
    )
    made = project.tree().build_defs()
    assert [key.name for key in made.resolve_asset_graph().asset_check_keys] == ["some"]


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ("{execution: PACKAGE.functions.lod, assets: [{key: a}]}", "has no function 'lod'. Did you mean 'load'"),
        ("{execution: {fn: .nowhere.load}, assets: [{key: a}]}", "no module 'nowhere'"),
        ("{execution: PACKAGE.functions.load}", "needs assets, checks or both"),
        ("{assets: [{key: a}]}", "needs 'execution'"),
    ],
)
def test_a_function_that_cannot_be_found_is_told(project: Project, attributes: str, says: str) -> None:
    project.write("PACKAGE/functions.py", FUNCTIONS)
    project.defs("a/defs.yaml", f"type: dagster.FunctionComponent\nattributes: {attributes}\n")
    with pytest.raises(em.DagsterInvalidDefinitionError, match=says):
        project.tree().build_defs()


SCRIPT = """
    import json, os, sys

    def say(method, params):
        with open(messages, "a") as file:
            file.write(json.dumps({"__dagster_pipes_version": "0.1", "method": method, "params": params}) + "\\n")

    import base64, zlib
    decode = lambda name: json.loads(zlib.decompress(base64.b64decode(os.environ[name])))
    messages = decode("DAGSTER_PIPES_MESSAGES")["path"]
    say("opened", {"extras": {}})
    rows = {"rows": {"raw_value": len(sys.argv[1:]), "type": "__infer__"}}
    say("report_asset_materialization", {"asset_key": "orders", "metadata": rows, "data_version": None})
    check = {"asset_key": "orders", "check_name": "some", "passed": True, "metadata": None, "severity": "ERROR"}
    say("report_asset_check", check)
    say("closed", {})
"""


def test_a_script_runs_in_a_process_of_its_own_and_reports_what_it_did(project: Project) -> None:
    project.defs("orders/load.py", SCRIPT)
    project.defs(
        "orders/defs.yaml",
        """
        type: dagster.PythonScriptComponent
        attributes:
          execution: {path: load.py, args: [one, two]}
          assets: [{key: orders, tags: {domain: sales}}]
          checks: [{name: some, asset: orders}]
        """,
    )
    result = run(project)
    assert result.success
    (event,) = result.get_asset_materialization_events()
    assert event.materialization.metadata["rows"].value == 2
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True]
    assert event.step_key == "load"


def test_a_script_that_fails_fails_its_step(project: Project) -> None:
    project.defs("orders/load.py", "raise SystemExit(3)\n")
    project.defs(
        "orders/defs.yaml",
        "type: dagster.PythonScriptComponent\nattributes: {execution: {path: load.py}, assets: [{key: orders}]}\n",
    )
    assert not run(project).success


def test_a_step_that_breaks_a_rule_is_told_where_it_is_written(project: Project) -> None:
    project.write("PACKAGE/functions.py", FUNCTIONS)
    file = project.defs(
        "a/defs.yaml",
        """
        type: dagster.FunctionComponent
        attributes:
          execution: {fn: PACKAGE.functions.judge, tags: {dagster/parent_run_id: x}}
          assets: [{key: a}]
        """,
    )
    with pytest.raises(em.DagsterInvalidDefinitionError, match=r"dagster/parent_run_id(.|\n)*") as refused:
        project.tree().build_defs()
    assert f"{file}:2" in str(refused.value)


def test_a_script_that_is_not_there_is_told_with_what_is_near(project: Project) -> None:
    project.defs("orders/load.py", "")
    project.defs(
        "orders/defs.yaml",
        "type: dagster.PythonScriptComponent\nattributes: {execution: {path: laod.py}, assets: [{key: orders}]}\n",
    )
    with pytest.raises(em.DagsterInvalidDefinitionError, match=r"no script 'laod\.py' .* Did you mean 'load\.py'"):
        project.tree().build_defs()


def test_uv_runs_a_script_with_its_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\n")
    uv.chmod(0o755)
    attributes = {"execution": {"path": "load.py", "args": ["x"]}, "assets": [{"key": "orders"}]}
    component = em.UvRunComponent.from_attributes_dict(attributes=attributes)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert component.command(Path("/srv/load.py")) == [str(uv), "run", "/srv/load.py", "x"]
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(DagsterSubprocessError, match="no command `uv`"):
        component.command(Path("/srv/load.py"))


DATABASE = """
    import sqlite3
    from pathlib import Path

    import earmark as em

    class Database(em.Component, em.Model, em.Resolvable):
        path: str

        def connect_and_execute(self, sql):
            with sqlite3.connect(self.path) as connection:
                connection.executescript(sql)

        def build_defs(self, context):
            return em.Definitions()
"""


def test_sql_is_executed_by_another_component_with_its_templates_evaluated_then(project: Project) -> None:
    project.write("PACKAGE/database.py", DATABASE)
    project.defs("db/defs.yaml", "type: PACKAGE.database.Database\nattributes: {path: '{{ project_root }}/shop.db'}\n")
    project.defs(
        "orders/defs.yaml",
        """
        type: dagster.TemplatedSqlComponent
        attributes:
          sql_template: create table {{ table }} as select {{ total }} as total;
          sql_template_vars: {table: orders, total: "{{ 6 * 7 }}"}
          connection: "{{ load_component_at_path('db') }}"
          assets: [{key: orders, kinds: [sqlite]}]
        ---
        type: dagster.TemplatedSqlComponent
        attributes:
          sql_template: {path: days.sql}
          connection: "{{ load_component_at_path('db') }}"
          execution: {name: days}
          assets: [{key: days, deps: [orders], partitions_def: {type: daily, start_date: 2024-01-01}}]
        """,
    )
    project.defs("orders/days.sql", "create table days as select '{{ partition_key }}' as day from orders")
    defs = project.tree().build_defs()
    assert em.materialize(defs.assets, selection=["orders"]).success
    assert em.materialize(defs.assets, selection=["days"], partition_key="2024-01-02").success
    with sqlite3.connect(project.root / "shop.db") as connection:
        assert connection.execute("select total, day from orders, days").fetchall() == [(42, "2024-01-02")]


def test_sql_without_a_connection_says_what_one_is(project: Project) -> None:
    project.defs(
        "a/defs.yaml",
        "type: dagster.TemplatedSqlComponent\n"
        "attributes: {sql_template: select 1, connection: db, assets: [{key: a}]}\n",
    )
    with pytest.raises(em.DagsterInvalidDefinitionError, match="'db' is text, and the field takes an object"):
        project.tree().build_defs()


def test_a_definitions_component_loads_one_file(project: Project) -> None:
    project.defs("a/one.py", "import earmark as em\none = em.AssetSpec('one')\n")
    project.defs("a/two.py", "import earmark as em\ntwo = em.AssetSpec('two')\n")
    project.defs(
        "a/defs.yaml",
        "type: dagster.DefinitionsComponent\nattributes: {path: one.py}\n"
        "post_processing: {assets: [{attributes: {tags: {tier: gold}}}]}\n",
    )
    assets = project.assets()
    assert list(assets) == ["one"]
    assert assets["one"].tags == {"tier": "gold"}
