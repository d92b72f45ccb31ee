"""One asset of one function: its key, its needs, its labels, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from earmark.define.assets.asset import asset
from earmark.define.assets.asset_slots import AssetIn, AssetOut
from earmark.define.types.types import Nothing
from earmark.specs.asset import AssetDep, AssetSpec
from earmark.specs.check import AssetCheckSpec
from earmark.specs.computation import ExecutionType
from earmark.specs.policy import RetryPolicy
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvariantViolationError, InvalidTagError
from earmark.values.keys import AssetKey


def one() -> int:
    """Return one.

    With a second line.
    """
    return 1


def untyped() -> Any:
    return None


def takes_up(up):
    return up


def test_the_function_names_the_asset_and_its_docstring_describes_it():
    made = asset(one)
    assert made.key == AssetKey(["one"])
    assert made.op.name == "one"
    assert made.descriptions_by_key == {made.key: "Return one.\n\nWith a second line."}
    assert made.execution_type is ExecutionType.MATERIALIZATION
    assert made.keys_by_output_name == {"result": made.key}


def test_a_prefix_stands_before_the_name_and_in_the_step_key():
    assert asset(name="x", key_prefix=["p", "q"])(one).key == AssetKey(["p", "q", "x"])
    assert asset(key=["p", "a-b"])(one).op.name == "p__a_b"


def test_a_key_leaves_no_room_for_a_name_or_prefix():
    with pytest.raises(DagsterInvalidDefinitionError, match="takes no name and no key_prefix"):
        asset(name="x", key="y")(one)


@pytest.mark.parametrize("name", ["a/b", "import", "a b"])
def test_a_name_that_cannot_name_a_step_is_refused(name):
    with pytest.raises(DagsterInvalidDefinitionError, match="not a valid name"):
        asset(name=name)(one)


def test_parameters_are_upstream_assets_and_ins_says_which():
    made = asset(name="z", ins={"up": AssetIn(key_prefix="p")})(takes_up)
    assert made.keys_by_input_name == {"up": AssetKey(["p", "up"])}
    assert made.asset_deps == {AssetKey("z"): {AssetKey(["p", "up"])}}


def test_deps_are_needed_but_not_loaded():
    made = asset(name="z", deps=["a", AssetSpec(["b", "c"]), asset(one), AssetDep("d")])(untyped)
    assert made.asset_deps[made.key] == {AssetKey("a"), AssetKey(["b", "c"]), AssetKey("one"), AssetKey("d")}
    assert made.op.ins == {}
    assert made.keys_by_input_name["b__c"] == AssetKey(["b", "c"])


def test_an_asset_named_both_by_a_parameter_and_in_deps_is_needed_once():
    assert len(asset(name="z", deps=["up"])(takes_up).specs[0].deps) == 1


def test_an_input_of_type_nothing_needs_no_parameter():
    made = asset(name="z", ins={"up": AssetIn(dagster_type=Nothing)})(one)
    assert made.keys_by_input_name == {"up": AssetKey("up")}


def test_ins_that_name_no_parameter_are_refused_with_what_is_near():
    with pytest.raises(DagsterInvalidDefinitionError, match=r"'upp'.*Did you mean 'up'"):
        asset(name="z", ins={"upp": AssetIn()})(takes_up)


def test_deps_that_are_one_string_are_refused():
    with pytest.raises(DagsterInvalidDefinitionError, match=r"deps=\['abc'\]"):
        asset(name="z", deps="abc")(one)


def test_an_asset_that_needs_itself_is_refused_and_the_error_says_where():
    with pytest.raises(DagsterInvalidDefinitionError, match="depends on itself") as error:
        asset(name="z", deps=["z"])(one)
    assert error.value.where.file == __file__


def test_tags_kinds_owners_and_group_are_on_the_spec():
    made = asset(
        tags={"domain": "sales"}, kinds={"python"}, owners=["team:data", "a@b.com"], group_name="g", metadata={"n": 1}
    )(one)
    key = made.key
    assert made.tags_by_key == {key: {"domain": "sales", "dagster/kind/python": ""}}
    assert made.owners_by_key == {key: ["team:data", "a@b.com"]}
    assert made.group_names_by_key == {key: "g"}
    assert made.metadata_by_key == {key: {"n": 1}}
    assert asset(untyped).group_names_by_key == {AssetKey("untyped"): "default"}


def test_a_bad_tag_is_refused_with_the_place_where_it_was_written():
    with pytest.raises(InvalidTagError, match="'c d'") as error:
        asset(tags={"a": "c d"})(one)
    assert error.value.where.file == __file__


@pytest.mark.parametrize(
    "options",
    [
        {"owners": ["nope"]},
        {"group_name": "a/b"},
        {"tags": {"a": 1}},
        {"tags": {"a b": "c"}},
        {"kinds": {"My Kind"}},
        {"kinds": {"a"}, "compute_kind": "b"},
        {"io_manager_key": "x", "io_manager_def": object()},
        {"check_specs": [AssetCheckSpec("c", asset="other")]},
        {"check_specs": ["c"]},
        {"retry_policy": 3},
    ],
)
def test_options_that_break_their_rule_are_refused(options):
    with pytest.raises(DagsterInvalidDefinitionError):
        asset(**options)(one)


def test_an_unknown_option_is_refused_with_what_is_near():
    with pytest.raises(TypeError, match="Did you mean 'tags'"):
        asset(tag={"a": "b"})(one)


def test_op_tags_are_json_and_label_the_step_alone():
    made = asset(op_tags={"dagster/priority": 3, "cpu": {"n": 1}}, pool="db", retry_policy=RetryPolicy(2))(one)
    assert made.op.tags == {"dagster/priority": "3", "cpu": '{"n": 1}'}
    assert made.tags_by_key[made.key] == {}
    assert (made.op.pool, made.op.retry_policy.max_retries) == ("db", 2)


def test_compute_kind_is_a_tag_of_the_step():
    assert asset(compute_kind="sql")(one).op.tags == {"dagster/compute_kind": "sql"}


def test_an_annotation_of_none_means_no_value_and_none_at_all_means_any():
    def nothing() -> None: ...

    assert asset(nothing).op.spec.outputs[0].is_nothing
    assert asset(one).op.spec.outputs[0].type_name == "Int"
    assert not asset(takes_up).op.spec.outputs[0].is_nothing


def test_checks_of_the_function_are_outputs_beside_the_value():
    made = asset(check_specs=[AssetCheckSpec("c", asset="one", blocking=True)])(one)
    assert list(made.op.outs) == ["result", "one_c"]
    assert made.op.spec.outputs[0].type_name == "Int"
    assert made.check_specs_by_output_name["one_c"].blocking
    assert [check.to_user_string() for check in made.check_keys] == ["one:c"]


def test_an_io_manager_given_with_the_asset_becomes_its_resource():
    manager = object()
    made = asset(io_manager_def=manager)(one)
    assert made.resource_defs == {"one__io_manager": manager}
    assert made.get_io_manager_key_for_asset_key(made.key) == "one__io_manager"


def test_required_resources_include_the_io_manager():
    assert asset(required_resource_keys={"db"})(one).required_resource_keys == {"db", "io_manager"}


def test_an_output_that_is_not_required_makes_the_asset_skippable():
    assert asset(output_required=False)(one).specs[0].skippable


def test_with_attributes_renames_keys_everywhere_and_keeps_the_step_name():
    made = asset(name="z", deps=["other"])(takes_up)
    moved = made.with_attributes(
        asset_key_replacements={AssetKey("z"): AssetKey(["p", "z"]), AssetKey("up"): AssetKey(["p", "up"])}
    )
    assert moved.key == AssetKey(["p", "z"])
    assert moved.op.name == "z"
    assert moved.keys_by_input_name == {"up": AssetKey(["p", "up"]), "other": AssetKey("other")}
    assert made.key == AssetKey("z")


def test_map_asset_specs_may_change_labels_but_not_keys():
    made = asset(one)
    assert made.map_asset_specs(lambda spec: spec.merge_attributes(tags={"a": "b"})).tags_by_key[made.key] == {"a": "b"}
    with pytest.raises(DagsterInvalidDefinitionError, match="keys stay"):
        made.map_asset_specs(lambda spec: spec.replace_attributes(key="other"))
    with pytest.raises(DagsterInvalidDefinitionError, match="returns an AssetSpec"):
        made.map_asset_specs(lambda spec: None)


def test_get_asset_spec_names_what_is_near():
    with pytest.raises(DagsterInvariantViolationError, match="Did you mean 'one'"):
        asset(one).get_asset_spec("onee")


def test_to_source_asset_keeps_what_is_needed_to_load_it():
    source = asset(io_manager_key="lake", tags={"a": "b"}, group_name="g")(one).to_source_asset()
    assert (source.key, source.io_manager_key, source.tags, source.group_name) == (
        AssetKey("one"), "lake", {"a": "b"}, "g",
    )  # fmt: skip


def test_an_asset_in_has_a_key_or_a_prefix():
    with pytest.raises(DagsterInvalidDefinitionError, match="not both"):
        AssetIn(key="a", key_prefix="b")
    assert AssetIn("q/r").resolve_key("up") == AssetKey(["q/r"])


def test_an_asset_out_checks_its_labels_where_it_is_written():
    with pytest.raises(DagsterInvalidDefinitionError):
        AssetOut(tags={"a b": "c"})
    with pytest.raises(DagsterInvalidDefinitionError, match="dependencies"):
        AssetOut.from_spec(AssetSpec("a", deps=["b"]))
    assert AssetOut.from_spec(AssetSpec("a", kinds={"dbt"})).kinds == {"dbt"}


def test_defining_an_asset_loads_nothing_heavy():
    import subprocess
    import sys

    code = (
        "import sys\nfrom earmark.define.assets.asset import asset\n"
        "from earmark.define.definitions import Definitions\n"
        "from earmark.define.assets.asset_job import define_asset_job\n"
        "@asset(tags={'a': 'b'})\ndef x(): return 1\n"
        "Definitions([x], jobs=[define_asset_job('j', 'tag:a=b')]).get_job_def('j')\n"
        "print([m for m in ('pydantic','sqlalchemy','rustworkx','lark','typer','rich','litestar','alembic')"
        " if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
