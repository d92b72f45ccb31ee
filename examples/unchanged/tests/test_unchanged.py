"""What the project does, said in Dagster's own words. Every line here must hold under Dagster and under Earmark."""

from collections.abc import Iterable

import dagster as dg
import pytest

from unchanged import assets
from unchanged.assets import Discount
from unchanged.baking import Morning, morning
from unchanged.definitions import defs

EVERYTHING = [*defs.assets, *defs.asset_checks]
ONE_OUTPUT = ["STEP_START", "STEP_OUTPUT", "ASSET_MATERIALIZATION", "HANDLED_OUTPUT", "STEP_SUCCESS"]


def steps(events: Iterable[dg.DagsterEvent]) -> set[str]:
    return {event.step_key for event in events}


def kinds(result: dg.ExecuteInProcessResult, node: str) -> list[str]:
    return [event.event_type_value for event in result.events_for_node(node)]


@pytest.fixture(scope="module")
def all_books() -> dg.ExecuteInProcessResult:
    return dg.materialize(EVERYTHING, resources=defs.resources)


def test_the_definitions_load() -> None:
    dg.Definitions.validate_loadable(defs)
    assert {job.name for job in defs.resolve_all_job_defs()} >= {"sales", "catalog", "quiet", "morning"}


def test_assets_hand_over_what_they_return(all_books: dg.ExecuteInProcessResult) -> None:
    assert all_books.success
    assert all_books.asset_value("turnover") == {"2024-03-01": 42.4, "2024-03-02": 64.1, "2024-03-03": 19.98}
    assert all_books.output_for_node("invoices")[1]["amount"] == "5.40"
    assert all_books.asset_value("best_customer") == "Grace"


def test_an_asset_made_of_a_graph_names_its_steps_by_path(all_books: dg.ExecuteInProcessResult) -> None:
    assert {"best_customer.sort_by_amount", "best_customer.name_of_first"} <= steps(all_books.get_step_success_events())
    assert all_books.output_for_node("best_customer.name_of_first") == "Grace"


def test_an_output_is_announced_then_materialized_then_stored(all_books: dg.ExecuteInProcessResult) -> None:
    taken = [kind for kind in kinds(all_books, "turnover") if kind not in ("LOADED_INPUT", "STEP_INPUT")]
    assert taken == ONE_OUTPUT
    assert kinds(all_books, "turnover")[:3] == ["STEP_START", "LOADED_INPUT", "STEP_INPUT"]


def test_a_materialize_result_without_a_value_is_not_stored(all_books: dg.ExecuteInProcessResult) -> None:
    assert kinds(all_books, "closing") == ["STEP_START", "STEP_OUTPUT", "ASSET_MATERIALIZATION", "STEP_SUCCESS"]
    (closed,) = all_books.asset_materializations_for_node("closing")
    assert closed.metadata["closed"].value is True
    assert closed.tags["period"] == "2024-03"


def test_metadata_is_gathered_from_the_context_and_the_store(all_books: dg.ExecuteInProcessResult) -> None:
    (made,) = all_books.asset_materializations_for_node("invoices")
    assert made.metadata["total"].value == pytest.approx(126.48)
    assert "path" in made.metadata


def test_a_warning_does_not_fail_the_run(all_books: dg.ExecuteInProcessResult) -> None:
    found = {each.check_name: (each.passed, each.severity) for each in all_books.get_asset_check_evaluations()}
    assert found == {
        "nothing_is_free": (True, dg.AssetCheckSeverity.ERROR),
        "every_day_has_a_large_order": (False, dg.AssetCheckSeverity.WARN),
    }


def test_a_blocking_check_stops_what_is_downstream() -> None:
    result = dg.materialize(
        EVERYTHING,
        resources=defs.resources,
        run_config=dg.RunConfig(ops={"invoices": Discount(from_quantity=10, percent=100)}),
        raise_on_error=False,
    )
    assert not result.success
    assert steps(result.get_step_failure_events()) == {"invoices_nothing_is_free"}
    assert "turnover" not in steps(result.get_step_success_events())
    assert "DagsterAssetCheckFailedError" in str(result.failure_data_for_node("invoices_nothing_is_free").error)


def test_a_multi_asset_makes_only_what_is_selected() -> None:
    result = defs.resolve_job_def("catalog").execute_in_process()
    made = {event.asset_key for event in result.get_asset_materialization_events()}
    assert made == {dg.AssetKey("prices")}
    assert result.asset_materializations_for_node("books")[0].metadata["rows"].value == 3


def test_what_was_made_before_is_loaded_not_made_again() -> None:
    with dg.instance_for_test() as instance:
        dg.materialize(EVERYTHING, resources=defs.resources, instance=instance)
        later = dg.materialize(EVERYTHING, selection="turnover", resources=defs.resources, instance=instance)
        assert steps(later.get_step_success_events()) == {"turnover", "turnover_every_day_has_a_large_order"}
        latest = instance.get_latest_materialization_event(dg.AssetKey("turnover"))
        assert latest.run_id == later.run_id


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        ("invoices", {"invoices"}),
        ("invoices+", {"invoices", "turnover", "best_customer"}),
        ("+turnover", {"invoices", "turnover"}),
        ("*turnover", {"orders", "prices", "invoices", "turnover"}),
        ("key:invoices+", {"invoices", "turnover", "best_customer", "closing"}),
        ("group:raw", {"orders", "prices"}),
        ('tag:"pii"="true" and group:books', {"invoices", "best_customer"}),
        ("not tag:domain=sales", {"prices"}),
        ('owner:"team:counter" or kind:csv', {"turnover", "orders", "prices"}),
        ("roots(group:books)", {"invoices"}),
        ("sinks(*)", {"closing", "best_customer"}),
        (dg.AssetSelection.groups("books") - dg.AssetSelection.tag("pii", "true"), {"turnover", "closing"}),
        (dg.AssetSelection.assets("turnover").upstream(depth=1), {"invoices", "turnover"}),
    ],
)
def test_a_selection_takes(selection: str | dg.AssetSelection, taken: set[str]) -> None:
    chosen = dg.AssetSelection.from_string(selection) if isinstance(selection, str) else selection
    assert {key.to_user_string() for key in chosen.resolve(defs.assets)} == taken


def test_tags_of_a_job_go_to_its_runs_and_those_of_the_launch_win() -> None:
    job = defs.resolve_job_def("sales")
    assert job.execute_in_process().dagster_run.tags == {"team": "counter"}
    assert job.execute_in_process(tags={"team": "night", "n": 3}).dagster_run.tags == {"team": "night", "n": "3"}


def test_run_tags_given_keep_the_labels_of_the_job_away_from_its_runs() -> None:
    job = defs.resolve_job_def("quiet")
    assert job.tags == {"label": "only"}
    assert job.execute_in_process().dagster_run.tags == {"kept": "yes"}


def test_ops_retry_skip_and_wait() -> None:
    result = morning.execute_in_process()
    assert result.success
    assert result.dagster_run.tags == {"shift": "early", "crew": '{"size": 2}'}
    assert result.output_for_node("oven_work.heat_oven") == 250
    assert result.retry_attempts_for_node("oven_work.heat_oven") == 1
    assert kinds(result, "oven_work.heat_oven")[:3] == ["STEP_START", "STEP_UP_FOR_RETRY", "STEP_RESTARTED"]
    assert result.output_for_node("to_shop") == "19 loaves"
    assert result.is_node_skipped("to_charity")
    assert result.output_for_node("clean_up") == "clean"


def test_an_optional_output_wakes_its_branch() -> None:
    many = {"ops": {"oven_work": {"ops": {"mix": {"config": {"loaves": 60}}}}}}
    assert morning.execute_in_process(run_config=many).output_for_node("to_charity") == "27 loaves"


def test_a_failure_is_raised_or_told() -> None:
    cold = dg.RunConfig(ops={"oven_work": {"ops": {"heat_oven": Morning(cold_starts=9)}}})
    result = morning.execute_in_process(run_config=cold.to_config_dict(), raise_on_error=False)
    assert not result.success
    assert result.retry_attempts_for_node("oven_work.heat_oven") == 2
    assert (
        "still cold after attempt 3"
        in result.failure_data_for_node("oven_work.heat_oven").user_failure_data.description
    )
    with pytest.raises(dg.DagsterInvariantViolationError):
        result.output_for_node("to_shop")


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"ops": {"oven_work": {"ops": {"mix": {"config": {"loaves": "ten"}}}}}}, "loaves"),
        ({"ops": {"oven_work": {"ops": {"mix": {"config": {"rolls": 10}}}}}}, "rolls"),
        ({"ops": {"kneading": {}}}, "kneading"),
        ({"opps": {}}, "opps"),
    ],
)
def test_wrong_config_is_refused_with_the_entry_that_is_wrong(config: dict, complaint: str) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match=complaint):
        morning.execute_in_process(run_config=config)


def test_assets_and_ops_are_functions() -> None:
    assert assets.turnover([{"day": "2024-03-01", "amount": "1.50"}]) == {"2024-03-01": 1.5}
    assert assets.name_of_first([{"customer": "Ada"}]) == "Ada"
    with dg.build_asset_context() as context:
        made = assets.invoices(
            context, Discount(), [{"item": "rye", "quantity": "2"}], [{"item": "rye", "price": "4.5"}]
        )
    assert made == [{"item": "rye", "quantity": "2", "amount": "9.00"}]


@pytest.mark.parametrize(
    "declare",
    [
        lambda: dg.AssetSpec("loaf", tags={"shelf life": "short"}),
        lambda: dg.AssetSpec("loaf", tags={"shelf": "on the left"}),
        lambda: dg.AssetSpec("loaf", owners=["the baker"]),
        lambda: dg.asset(name="a loaf")(lambda: None),
        lambda: dg.op(name="knead-it")(lambda: None),
        lambda: dg.Definitions.validate_loadable(dg.Definitions([assets.turnover])),
    ],
)
def test_a_wrong_definition_is_refused(declare: object) -> None:
    with pytest.raises(dg.DagsterInvalidDefinitionError):
        declare()
