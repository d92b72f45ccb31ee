"""Assets brought together: names, external assets, and what contradicts."""

from __future__ import annotations

import pytest

from earmark.define.assets.asset import asset
from earmark.define.assets.asset_resolution import resolve_assets
from earmark.define.assets.multi_asset import multi_asset
from earmark.specs.asset import AssetSpec
from earmark.values.errors import DagsterInvalidDefinitionError
from earmark.values.keys import AssetKey


def body(): ...


def takes_up(up):
    return up


def make(key, *deps, **options):
    return asset(key=key, deps=list(deps), **options)(body)


def parents(*definitions) -> dict[str, list[str]]:
    graph = resolve_assets(definitions).graph
    return {
        key.to_user_string(): sorted(one.to_user_string() for one in graph.get(key).parent_keys) for key in graph.keys
    }


def test_a_name_means_the_one_asset_of_the_group_whose_key_ends_so():
    assert parents(make(["p", "up"]), asset(name="z")(takes_up))["z"] == ["p/up"]
    assert parents(make(["p", "r", "up"]), make("z", "up"))["z"] == ["p/r/up"]
    assert parents(AssetSpec(["p", "up"]), make("z", "up"))["z"] == ["p/up"]


def test_a_whole_key_wins_over_an_ending():
    assert parents(make("up"), make(["q", "up"]), make(["q", "z"], "up"))["q/z"] == ["up"]


def test_an_asset_of_another_group_is_not_meant_by_its_ending():
    found = parents(make(["p", "up"], group_name="g"), make("z", "up", group_name="h"))
    assert found["z"] == ["up"]
    assert found["up"] == []


def test_the_group_decides_between_two_endings():
    found = parents(
        make(["p", "up"], group_name="g"), make(["q", "up"], group_name="h"), make("z", "up", group_name="h")
    )
    assert found["z"] == ["q/up"]


def test_an_ending_that_two_assets_of_the_group_have_means_neither():
    assert parents(make(["p", "up"]), make(["q", "up"]), make("z", "up"))["z"] == ["up"]


def test_a_key_of_several_parts_is_taken_as_it_is():
    assert parents(make(["p", "up"]), make("z", ["x", "up"]))["z"] == ["x/up"]


def test_a_dependency_that_nobody_defines_is_an_external_asset():
    graph = resolve_assets([make("z", "ext")]).graph
    assert graph.unexecutable_asset_keys == {AssetKey("ext")}


def test_a_parameter_that_nobody_defines_is_refused_with_what_is_near():
    with pytest.raises(DagsterInvalidDefinitionError, match=r"'up'.*nobody defines.*'p/up'") as error:
        resolve_assets([make(["p", "up"], group_name="other"), asset(name="z")(takes_up)])
    assert error.value.where.file == __file__
    assert "AssetSpec" in error.value.hint


def test_two_definitions_of_one_asset_are_refused_with_both_places():
    with pytest.raises(
        DagsterInvalidDefinitionError, match=r"'a' is defined twice.*The first is at .*\.py:\d+"
    ) as error:
        resolve_assets([make("a"), make("a")])
    assert error.value.where.file == __file__
    assert error.value.facts["asset_key"] == AssetKey("a")


def test_a_spec_of_an_asset_that_is_computed_here_is_refused():
    with pytest.raises(DagsterInvalidDefinitionError, match="defined twice"):
        resolve_assets([AssetSpec("a"), make("a")])


def test_the_same_object_twice_and_two_equal_declarations_count_once():
    one = make("a")
    assert len(resolve_assets([one, one]).graph) == 1
    assert len(resolve_assets([AssetSpec("a"), AssetSpec("a")]).graph) == 1
    with pytest.raises(DagsterInvalidDefinitionError, match="defined twice"):
        resolve_assets([AssetSpec("a"), AssetSpec("a", tags={"x": "y"})])


def test_a_circle_is_named_with_its_places():
    with pytest.raises(DagsterInvalidDefinitionError, match=r"in a circle: (a|b|c) -> ") as error:
        resolve_assets([make("a", "c"), make("b", "a"), make("c", "b")])
    assert {key.to_user_string() for key in error.value.facts["cycle"]} == {"a", "b", "c"}
    assert __file__ in error.value.message


def test_a_circle_of_computations_is_refused_though_their_assets_have_none():
    both = multi_asset(specs=[AssetSpec("x"), AssetSpec("y", deps=["o"])], name="both")(body)
    with pytest.raises(DagsterInvalidDefinitionError, match="No order exists"):
        resolve_assets([both, make("o", "x")])


def test_two_computations_of_one_name_run_under_different_ones():
    first = asset(name="aa")(body)
    moved = first.with_attributes(asset_key_replacements={AssetKey("aa"): AssetKey(["q", "aa"])})
    assert list(resolve_assets([first, moved]).definitions) == ["aa", "aa_2"]


def test_what_is_no_asset_is_refused():
    with pytest.raises(DagsterInvalidDefinitionError, match="Decorate it with @asset"):
        resolve_assets([body])


def test_a_chain_of_twenty_thousand_assets_is_resolved_without_recursion():
    specs = [AssetSpec("n0"), *(AssetSpec(f"n{i}", deps=[f"n{i - 1}"]) for i in range(1, 20_000))]
    graph = resolve_assets(specs).graph
    assert graph.topological_keys[-1] == AssetKey("n19999")
