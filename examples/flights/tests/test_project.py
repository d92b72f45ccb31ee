"""The project as a whole: what it declares, and that it runs on the real data."""

from collections.abc import Mapping
from pathlib import Path

import duckdb
import earmark as em
import pytest

from flights.assets.ingest import Sample
from flights.definitions import defs
from flights.labels import DOMAINS
from flights.publishing import REPORTS, Publication
from flights.tables import ParquetTables

A_SAMPLE = em.RunConfig(ops={"raw_flights": Sample(every=25)})
WHOLE_TABLES = [asset for asset in defs.assets if set(asset.group_names_by_key.values()) != {"calendar"}]
EVERYTHING = [*WHOLE_TABLES, *defs.asset_checks]


def the_specs() -> Mapping[str, em.AssetSpec]:
    return {spec.key.to_user_string(): spec for asset in defs.assets for spec in asset.specs}


def test_there_are_fifteen_whole_tables_in_three_groups_and_two_that_are_cut() -> None:
    groups = [spec.group_name for spec in the_specs().values()]
    assert {group: groups.count(group) for group in groups} == {
        "ingest": 5, "core": 5, "reporting": 5, "calendar": 2,
    }  # fmt: skip


@pytest.mark.parametrize("table", the_specs())
def test_every_table_says_whose_it_is_and_what_it_is_about(table: str) -> None:
    spec = the_specs()[table]
    assert {"domain", "tier", "team", "pii"} <= set(spec.tags)
    assert list(spec.owners) == [f"team:{spec.tags['team']}"]


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_job_of_a_domain_takes_its_tables_and_what_they_are_made_from(domain: str) -> None:
    job = defs.resolve_job_def(f"refresh_{domain}")
    taken = {key.to_user_string() for key in job.asset_layer.selected_asset_keys}
    of_the_domain = {
        name for name, spec in the_specs().items() if spec.tags["domain"] == domain and spec.group_name != "calendar"
    }
    upstream = {dep.asset_key.to_user_string() for name in taken for dep in the_specs()[name].deps}
    assert of_the_domain <= taken
    assert upstream <= taken


def test_personal_data_never_reaches_a_report() -> None:
    personal = {name for name, spec in the_specs().items() if spec.tags["pii"] == "true"}
    assert personal == {"raw_planes", "aircraft"}


def test_a_sample_of_the_year_becomes_five_reports_and_a_warehouse(
    resources: Mapping[str, object], tmp_path: Path
) -> None:
    refreshed = em.materialize(EVERYTHING, resources=resources, run_config=A_SAMPLE)
    assert refreshed.success
    assert len(refreshed.get_asset_materialization_events()) == 15
    for report in REPORTS:
        told = refreshed.asset_materializations_for_node(report)[0].metadata
        assert told["dagster/row_count"].value > 0
        assert told["plot"].value.startswith("![")

    only_routes = em.RunConfig(
        ops={"choose_reports": Publication(reports=["routes"])},
        resources={"warehouse": resources["warehouse"]},
    )
    assert defs.resolve_job_def("publish_reports").execute_in_process(run_config=only_routes).success
    with duckdb.connect(str(tmp_path / "flights.duckdb"), read_only=True) as warehouse:
        assert warehouse.execute("select count(*) from routes").fetchone()[0] > 90


def test_a_report_that_is_none_stops_publishing_before_anything_is_written() -> None:
    job = defs.resolve_job_def("publish_reports")
    result = job.execute_in_process(
        run_config=em.RunConfig(ops={"choose_reports": Publication(reports=["route"])}), raise_on_error=False
    )
    assert not result.success
    assert "not a report: route" in result.failure_data_for_node("choose_reports").user_failure_data.description


def test_a_table_that_is_not_there_yet_is_named(tables: ParquetTables) -> None:
    missing = em.build_input_context(asset_key=em.AssetKey("flights"))
    with pytest.raises(FileNotFoundError, match="materialize flights first"):
        tables.load_input(missing)
