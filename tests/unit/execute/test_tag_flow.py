"""Tags of assets that are declared to flow reach runs that Python code executes."""

from __future__ import annotations

import earmark as em


@em.asset(tags={"team": "ml", "tier": "2"})
def small() -> None: ...


@em.asset(tags={"team": "ml", "tier": "5"})
def large() -> None: ...


def test_tags_declared_to_flow_are_merged_over_the_assets_of_a_run() -> None:
    definitions = em.Definitions(
        assets=[small, large], jobs=[em.define_asset_job("all_of_them")], tag_flow={"team": "same", "tier": "max"}
    )
    run = definitions.get_job_def("all_of_them").execute_in_process().dagster_run
    assert run.tags == {"team": "ml", "tier": "5"}
    assert {key: origin.kind for key, origin in run.tag_origins.items()} == {"team": "asset", "tier": "asset"}


def test_a_tag_of_the_job_wins_over_what_flows_from_its_assets() -> None:
    definitions = em.Definitions(
        assets=[small, large], jobs=[em.define_asset_job("ours", tags={"team": "core"})], tag_flow={"team": "same"}
    )
    assert definitions.get_job_def("ours").execute_in_process().dagster_run.tags["team"] == "core"


def test_nothing_flows_where_nothing_is_declared() -> None:
    definitions = em.Definitions(assets=[small, large], jobs=[em.define_asset_job("plain")])
    assert definitions.get_job_def("plain").execute_in_process().dagster_run.tags == {}


def test_definitions_may_say_how_values_are_ordered() -> None:
    flow = {"tier": {"merge": "max", "order": ["5", "2"]}}
    definitions = em.Definitions(assets=[small, large], jobs=[em.define_asset_job("ordered")], tag_flow=flow)
    assert definitions.get_job_def("ordered").execute_in_process().dagster_run.tags == {"tier": "2"}
