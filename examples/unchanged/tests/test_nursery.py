"""A project in a folder of Python and YAML files. Every line here must hold under Dagster and under Earmark."""

import importlib
from pathlib import Path

import dagster as dg
import pytest

from nursery import definitions
from nursery.components.bed import Bed, Watering
from nursery.components.till import Till

HERE = Path(definitions.__file__).parent


@pytest.fixture(scope="module")
def tree() -> dg.ComponentTree:
    return dg.ComponentTree.from_module(importlib.import_module("nursery.defs"), HERE.parent)


@pytest.fixture(scope="module")
def defs(tree: dg.ComponentTree) -> dg.Definitions:
    return tree.build_defs()


@pytest.fixture(scope="module")
def specs(defs: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}


def test_all_that_stands_in_the_folder_is_found(specs: dict[str, dg.AssetSpec], defs: dg.Definitions) -> None:
    assert set(specs) == {
        "soil/roses", "plants/rosa", "plants/peony", "soil/herbs", "plants/thymus", "soil/mint", "warmth", "till",
        "market_day",
    }  # fmt: skip
    assert [schedule.name for schedule in defs.schedules or []] == ["saturdays"]
    assert (defs.resources or {})["basket"] == {"size": 3}


def test_a_folder_labels_all_that_it_holds(specs: dict[str, dg.AssetSpec]) -> None:
    assert specs["soil/roses"].tags == {"ph": "6.5", "season": "summer", "dagster/kind/earth": ""}
    assert specs["plants/thymus"].tags == {"season": "summer"}
    assert {spec.group_name for key, spec in specs.items() if key.startswith(("soil", "plants"))} == {"beds"}
    assert list(specs["soil/herbs"].owners) == ["team:soil"]
    assert specs["soil/herbs"].automation_condition is not None
    assert specs["plants/thymus"].description == "For the kitchen."
    assert "season" not in specs["till"].tags


def test_partitions_are_written_in_yaml(specs: dict[str, dg.AssetSpec]) -> None:
    assert specs["soil/mint"].partitions_def == dg.StaticPartitionsDefinition(["north", "south"])


def test_components_are_found_by_their_place_and_class(tree: dg.ComponentTree) -> None:
    roses = tree.load_component("beds/roses", Bed)
    assert roses.plants == ["rosa", "peony"]
    assert roses.watering == Watering(litres=10, times_a_day=2)
    assert [bed.watering for bed in tree.get_all_components(Bed) if bed.plants == ["thymus"]] == [Watering(litres=20)]
    assert len(tree.get_all_components(Bed)) == 3
    assert len(tree.get_all_components(Till)) == 1


def test_what_the_components_define_is_executed(defs: dg.Definitions) -> None:
    result = dg.materialize([defs.resolve_assets_def(dg.AssetKey(["soil", "roses"]))])
    materializations = result.asset_materializations_for_node("bed_roses")
    assert {one.asset_key.to_user_string(): one.metadata["litres"].value for one in materializations} == {
        "soil/roses": 20,
        "plants/rosa": 20,
        "plants/peony": 20,
    }
    warm = dg.materialize([defs.resolve_assets_def(dg.AssetKey("warmth"))])
    assert [check.passed for check in warm.get_asset_check_evaluations()] == [True]


def test_a_job_selects_by_tag_what_modules_and_components_define(defs: dg.Definitions) -> None:
    result = defs.resolve_job_def("money").execute_in_process()
    written = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}
    assert written == {"till", "market_day"}


def test_a_component_is_made_of_attributes_alone() -> None:
    bed = Bed.from_attributes_dict(attributes={"soil": {"key": "soil/x"}, "plants": "a {{ 1 + 1 }}"})
    assert bed.plants == ["a", "2"]
    with pytest.raises(Exception, match="sol"):
        Bed.from_attributes_dict(attributes={"sol": {"key": "soil/x"}, "plants": ""})
