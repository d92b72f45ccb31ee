"""The sensor of conditions: each of its arguments does what it says."""

from __future__ import annotations

from typing import Any

import pytest

import earmark as em
from earmark import AutomationCondition as C
from earmark.values.errors import DagsterInvalidDefinitionError, QueryError

COLORS = em.StaticPartitionsDefinition(["blue", "red"])


class Asked(C):
    """True, where the code of the project is at hand."""

    def evaluate(self, context: em.AutomationContext) -> em.AutomationResult:
        return em.AutomationResult(context, context.candidate_subset)


def asset(name: str, condition: C | None = C.missing(), **options: Any) -> Any:
    return em.asset(name=name, automation_condition=condition, **options)(lambda: None)


def tick(sensor: em.AutomationConditionSensorDefinition, *assets: Any, checks: Any = ()) -> Any:
    defs = em.Definitions(list(assets), sensors=[sensor], asset_checks=list(checks))
    return sensor.answer(em.build_sensor_context(em.DagsterInstance.ephemeral(), definitions=defs))


def asked(answer: Any) -> list[str]:
    return sorted(key.to_user_string() for one in answer.requests for key in one.asset_selection)


Sensor = em.AutomationConditionSensorDefinition


@pytest.mark.parametrize(
    "target",
    ["tag:tier=gold", "key:a", ["a"], em.AssetSelection.tag("tier", "gold"), em.AssetSelection.assets("a")],
)
def test_it_evaluates_the_assets_that_its_target_means(target: Any) -> None:
    assets = [asset("a", tags={"tier": "gold"}), asset("b")]
    assert asked(tick(Sensor("mine", target=target), *assets)) == ["a"]
    assert asked(tick(Sensor("mine", target="*"), *assets)) == ["a", "b"]


def test_the_others_are_left_to_the_default_one() -> None:
    defs = em.Definitions([asset("a"), asset("b")], sensors=[Sensor("mine", target="key:a")])
    default = defs.get_sensor_def("default_automation_condition_sensor")
    answer = default.answer(em.build_sensor_context(em.DagsterInstance.ephemeral(), definitions=defs))
    assert asked(answer) == ["b"]


def test_a_check_with_a_condition_is_evaluated_though_its_asset_has_none() -> None:
    @em.asset_check(asset="a", automation_condition=C.missing())
    def sound():
        return em.AssetCheckResult(passed=True)

    defs = em.Definitions([asset("a", None)], asset_checks=[sound])
    default = defs.get_sensor_def("default_automation_condition_sensor")
    answer = default.answer(em.build_sensor_context(em.DagsterInstance.ephemeral(), definitions=defs))
    (request,) = answer.requests
    assert [key.to_user_string() for key in request.asset_check_keys] == ["a:sound"]


def test_its_runs_get_its_run_tags_and_its_name() -> None:
    sensor = Sensor("mine", target="*", tags={"team": "core"}, run_tags={"tier": "gold"})
    defs = em.Definitions([asset("a")], sensors=[sensor])
    data = sensor.evaluate_tick(em.build_sensor_context(em.DagsterInstance.ephemeral(), definitions=defs))
    assert data.run_requests[0].tags == {"tier": "gold", "dagster/sensor_name": "mine"}
    assert sensor.tags == {"team": "core"}


@pytest.mark.parametrize(("emits", "backfill", "runs"), [(True, {"a": ("blue", "red")}, 0), (False, {}, 2)])
def test_several_partitions_are_a_backfill_or_runs(emits: bool, backfill: dict, runs: int) -> None:
    answer = tick(Sensor("mine", target="*", emit_backfills=emits), asset("a", partitions_def=COLORS))
    assert (answer.backfill, len(answer.requests)) == (backfill, runs)


def test_assets_without_a_condition_get_the_default_condition() -> None:
    assets = [asset("a", None), asset("b", C.missing() & C.newly_updated())]
    assert asked(tick(Sensor("mine", target="*", default_condition=C.missing()), *assets)) == ["a"]
    assert asked(tick(Sensor("mine", target="*", default_condition=Asked()), *assets)) == ["a"]
    with pytest.raises(DagsterInvalidDefinitionError, match="default_condition is an AutomationCondition"):
        Sensor("mine", target="*", default_condition="eager")


@pytest.mark.parametrize("use_user_code_server", [True, False])
def test_conditions_of_users_are_evaluated_wherever_they_are_asked_to_be(use_user_code_server: bool) -> None:
    sensor = Sensor("mine", target="*", use_user_code_server=use_user_code_server)
    assert asked(tick(sensor, asset("a", Asked()))) == ["a"]


def test_what_the_host_has_to_know_of_it_is_in_its_spec() -> None:
    sensor = Sensor(
        "mine",
        target="tag:tier=gold",
        default_status=em.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=5,
        description="Gold first.",
        metadata={"runbook": "gold.md"},
        owners=["team:core"],
    )
    spec = sensor.spec
    assert (spec.asset_query, spec.runs_by_default, spec.minimum_interval_seconds) == ("tag:tier=gold", True, 5)
    assert (spec.description, spec.owners) == ("Gold first.", ("team:core",))
    assert spec.metadata["runbook"] == "gold.md"
    assert Sensor("other", target="*").minimum_interval_seconds == 30


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Sensor("not a name", target="*"),
        lambda: Sensor("mine", target="*", minimum_interval_seconds=-1),
        lambda: Sensor("mine", target="*", run_tags={"": "x"}),
        lambda: Sensor("mine", target="*", owners=["nobody"]),
    ],
)
def test_what_cannot_be_is_refused(wrong: Any) -> None:
    with pytest.raises((DagsterInvalidDefinitionError, em.InvalidTagError)):
        wrong()


def test_a_target_that_cannot_be_read_is_refused_where_it_is_written() -> None:
    with pytest.raises(QueryError):
        Sensor("mine", target="tag:(")
