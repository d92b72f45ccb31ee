"""Conditions that users write: what they see, what they remember, and what becomes of others when they fail."""

from __future__ import annotations

import asyncio
import time
from dataclasses import InitVar, dataclass, field
from dataclasses import replace as dataclass_replace
from datetime import UTC, datetime, timedelta

import pytest

import earmark as em
from earmark import AutomationCondition as C
from earmark.decide.automation.tick import AutomationState
from earmark.execute.ticks import TickPlace, evaluate_tick
from earmark.runs.tick import TickAsk
from earmark.specs.manifest import Manifest
from earmark.values import wire
from earmark.values.clock import from_datetime
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvariantViolationError
from earmark.values.keys import AssetKey

MONDAY = datetime(2026, 11, 9, 12, tzinfo=UTC)
DAYS = em.DailyPartitionsDefinition("2026-11-01")


class OnWeekdays(C):
    """On some days of the week."""

    def __init__(self, *days: int) -> None:
        self.days = days

    def evaluate(self, context: em.AutomationContext) -> em.AutomationResult:
        is_one = context.evaluation_time.weekday() in self.days
        return em.AutomationResult(context, context.candidate_subset if is_one else context.get_empty_subset())


class EverySecondTime(C):
    """True at every second time that it is asked."""

    def evaluate(self, context):
        times = int(context.cursor or 0) + 1
        true = context.get_empty_subset() if times % 2 else context.candidate_subset
        return em.AutomationResult(context, true, cursor=str(times))


class Broken(C):
    """True, unless its ball is broken."""

    ok = False

    def evaluate(self, context):
        if not self.ok:
            raise ZeroDivisionError("the ball is broken")
        return em.AutomationResult(context, context.candidate_subset)


class AsksAnother(C):
    """Asks another condition, and says the contrary of what that says."""

    def __init__(self, other: C) -> None:
        self.other = other

    async def evaluate(self, context):
        await asyncio.sleep(0)
        told = await context.for_child_condition(self.other, [0], context.candidate_subset).evaluate_async()
        return em.AutomationResult(context, context.candidate_subset - told.true_subset)


def ticks(assets, count: int, *, begin: datetime = MONDAY, step: timedelta = timedelta(days=1)):
    """Evaluate some times, and give what was asked for each time, with the last result."""
    cursor, asked = None, []
    with em.DagsterInstance.ephemeral() as instance:
        for number in range(count):
            at = begin + number * step
            told = em.evaluate_automation_conditions(assets, instance, None, at, cursor)
            cursor = wire.decode(wire.encode(told.cursor), AutomationState)
            asked.append(told.total_requested)
    return asked, told


def asset(condition: C, name: str = "x", **options):
    return em.asset(name=name, automation_condition=condition, **options)(lambda: 1)


def test_a_condition_sees_the_time_and_its_parameters() -> None:
    assert ticks([asset(OnWeekdays(0, 2))], 4)[0] == [1, 0, 1, 0]


def test_it_is_combined_with_others() -> None:
    assert ticks([asset(~OnWeekdays(0, 2) & C.missing())], 4)[0] == [0, 1, 0, 1]
    assert ticks([asset(OnWeekdays(1) | C.initial_evaluation())], 3)[0] == [1, 1, 0]
    assert ticks([asset(OnWeekdays(1, 2).newly_true())], 4)[0] == [0, 1, 0, 0]
    assert ticks([asset(OnWeekdays(1).since(OnWeekdays(3)))], 5)[0] == [0, 1, 1, 0, 0]


def test_it_is_asked_of_dependencies_too() -> None:
    up = em.asset(name="up")(lambda: 1)
    assert ticks([up, asset(C.any_deps_match(OnWeekdays(1)), deps=[up])], 3)[0] == [0, 1, 0]


def test_it_remembers_what_it_gave_as_its_cursor() -> None:
    assert ticks([asset(EverySecondTime())], 4)[0] == [0, 1, 0, 1]


def test_two_of_a_tree_remember_apart() -> None:
    both = EverySecondTime() & (OnWeekdays(1, 2, 3) & EverySecondTime())
    assert ticks([asset(both)], 4)[0] == [0, 0, 0, 1], "the second is asked only when the first is true"


class Always(EverySecondTime):
    """Asked at each evaluation."""

    requires_cursor = True


def test_it_is_not_asked_where_nothing_is_left_unless_it_says_so() -> None:
    assert ticks([asset(OnWeekdays(1, 3) & EverySecondTime())], 4)[0] == [0, 0, 0, 1]
    assert ticks([asset(OnWeekdays(1, 3) & Always())], 4)[0] == [0, 1, 0, 1]


def test_it_sees_only_the_candidates_that_are_left() -> None:
    seen = []

    class Looks(C):
        def evaluate(self, context):
            seen.append(context.candidate_subset.expensively_compute_partition_keys())
            return em.AutomationResult(context, context.candidate_subset)

    asked, told = ticks([asset(C.in_latest_time_window() & Looks(), partitions_def=DAYS)], 1)
    assert asked == [1] and seen == [{"2026-11-08"}]
    assert told.results[0].true_subset.expensively_compute_partition_keys() == {"2026-11-08"}


def test_it_may_be_asynchronous_and_ask_others_which_are_shown() -> None:
    asked, told = ticks([asset(AsksAnother(OnWeekdays(0)))], 2)
    assert asked == [0, 1]
    lines = told.results[0].pprint().splitlines()
    assert lines == ["AsksAnother: true", "  OnWeekdays(days=[0]): false"]


def test_an_asynchronous_one_may_hold_another() -> None:
    assert ticks([asset(AsksAnother(C.missing() & AsksAnother(OnWeekdays(0))))], 2)[0] == [1, 0]


def test_what_an_asked_condition_remembers_is_kept() -> None:
    assert ticks([asset(AsksAnother(EverySecondTime()))], 4)[0] == [1, 0, 1, 0]
    assert ticks([asset(AsksAnother(C.missing().newly_true()))], 3)[0] == [0, 1, 1]


def test_conditions_that_it_is_made_of_are_seen_by_the_index_and_can_be_replaced() -> None:
    made = AsksAnother(C.missing()).replace("missing", OnWeekdays(1)).with_label("contrary")
    assert made.operands == (OnWeekdays(1),) and made.other == OnWeekdays(1)
    asked, told = ticks([asset(made)], 2)
    assert asked == [1, 0] and told.results[0].pprint().startswith("contrary: false")


def test_the_context_tells_what_is_around() -> None:
    seen = {}

    class Looks(C):
        def evaluate(self, context):
            seen.update(
                key=context.key, number=context.evaluation_id, at=context.evaluation_time, root=context.root_context,
                before=context.previous_evaluation_time, cut=context.partitions_def,
                parents=context.asset_graph.get_parents(context.key), is_root=context.parent_context is None,
                asked=context.get_previous_requested_subset(context.key).size, was=context.previous_true_subset.size,
                up=context.request_subsets_by_key[AssetKey("up")].size, structured=context.get_structured_cursor(dict),
                full=context.asset_graph_view.get_full_subset(key=context.key).size, condition=context.condition,
            )  # fmt: skip
            return em.AutomationResult(context, context.candidate_subset, structured_cursor={"a": 1})

    up, below = asset(C.missing(), "up"), asset(Looks(), "below", deps=["up"])
    ticks([up, below], 2)
    assert seen["root"].condition is seen.pop("condition")
    del seen["root"]
    assert seen == {
        "key": AssetKey("below"), "number": 2, "at": MONDAY + timedelta(days=1), "before": MONDAY, "cut": None,
        "parents": {AssetKey("up")}, "is_root": True, "asked": 1, "was": 1, "up": 1, "structured": {"a": 1}, "full": 1,
    }  # fmt: skip


def test_the_context_tells_what_it_was_asked_about_and_how_far_events_went() -> None:
    told = []

    class Looks(C):
        def evaluate(self, context):
            keys = context.previous_candidate_subset.expensively_compute_partition_keys()
            assert context.previous_true_subset == context.previous_candidate_subset
            told.append((sorted(keys), context.max_storage_id, context.previous_max_storage_id))
            with pytest.raises(DagsterInvariantViolationError, match="candidate_subset, asset_graph_view"):
                context.legacy_context
            return em.AutomationResult(context, context.candidate_subset)

    watched = asset(C.in_latest_time_window() & Looks(), partitions_def=DAYS)
    cursor = None
    with em.DagsterInstance.ephemeral() as instance:
        for number in range(3):
            at = MONDAY + number * timedelta(days=1)
            cursor = em.evaluate_automation_conditions([watched], instance, None, at, cursor).cursor
            cursor = wire.decode(wire.encode(cursor), AutomationState)
            instance.report_runless_asset_event(em.AssetMaterialization("other"))
    (first, second, third) = told
    assert (first[0], second[0], third[0]) == ([], ["2026-11-08"], ["2026-11-09"])
    assert first[2] is None
    assert (second[2], third[2]) == (first[1], second[1])
    assert first[1] < second[1] < third[1]


def test_subsets_lead_from_one_asset_to_another() -> None:
    class WhereTheWeekHasMonday(C):
        def evaluate(self, context):
            days = context.asset_graph_view.get_subset(AssetKey("days"), ["2026-11-02"])
            return em.AutomationResult(context, days.compute_child_subset(context.key))

    days = em.asset(name="days", partitions_def=DAYS)(lambda: 1)
    weeks = em.WeeklyPartitionsDefinition("2026-11-01")
    _, told = ticks([days, asset(WhereTheWeekHasMonday(), "weeks", deps=[days], partitions_def=weeks)], 1)
    (week,) = (one.true_subset for one in told.results)
    assert week.expensively_compute_partition_keys() == {"2026-11-01"}
    assert week.compute_parent_subset(AssetKey("days")).size == 7
    assert (week | week) == (week & week) and (week - week).is_empty


def test_what_its_code_raises_reaches_a_test() -> None:
    with pytest.raises(ZeroDivisionError, match="ball"):
        ticks([asset(Broken())], 1)


def test_what_it_raises_fails_its_evaluation_alone_and_no_update_is_forgotten(monkeypatch) -> None:
    up = em.asset(name="up")(lambda: 1)
    both = [
        asset(C.any_deps_match(C.newly_updated()) & Broken(), "first", deps=[up]),
        asset(C.any_deps_match(C.newly_updated()), "second", deps=[up]),
    ]
    defs = em.Definitions([up, *both])
    sensor = defs.get_sensor_def("default_automation_condition_sensor")
    cursor, told = None, []
    with em.DagsterInstance.ephemeral() as instance:
        for number in range(5):
            if number == 1:
                em.materialize([up], instance=instance)
            if number == 3:
                monkeypatch.setattr(Broken, "ok", True)
            context = em.build_sensor_context(instance=instance, cursor=cursor, definitions=defs)
            answer = sensor.answer(context)
            cursor = answer.cursor
            asked = sorted(key.to_user_string() for one in answer.requests for key in one.asset_selection)
            told.append((asked, {name: str(error) for name, error in answer.failures.items()}))
    broken = {"first": "the ball is broken"}
    assert told == [([], {}), (["second"], broken), ([], broken), (["first"], {}), ([], {})]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (lambda context: None, "returns an AutomationResult"),
        (lambda context: em.AutomationResult(context, True), "true_subset=...\\) is a subset of x"),
        (
            lambda context: em.AutomationResult(context, context.asset_graph_view.get_full_subset(key=AssetKey("y"))),
            "a subset of x",
        ),
        (lambda context: em.AutomationResult(context, context.candidate_subset, cursor=7), "is text, not 7"),
    ],
)
def test_what_is_no_answer_is_refused(said, message: str) -> None:
    class Wrong(C):
        def evaluate(self, context):
            return said(context)

    with pytest.raises(DagsterInvariantViolationError, match=message):
        ticks([asset(Wrong()), asset(C.missing(), "y")], 1)


def test_it_crosses_to_the_host_by_name_and_parameters() -> None:
    made = C.eager() & OnWeekdays(0, 2)
    assert not made.is_serializable
    manifest = Manifest.decode(em.Definitions([asset(made)]).manifest().encode())
    (spec,) = manifest.computations[0].assets
    assert spec.automation_condition.operands[-1].name == "OnWeekdays(days=[0, 2])"
    assert made.operands[-1].description == "On some days of the week."


def test_two_with_other_parameters_are_two() -> None:
    assert OnWeekdays(0) == OnWeekdays(0) != OnWeekdays(1)
    assert OnWeekdays(0).is_own and not C.eager().is_own


@dataclass(frozen=True)
class OnDays(C):
    """On some days of the week, as a dataclass."""

    days: tuple[int, ...]
    other: C | None = None
    seen: list[str] = field(default_factory=list)
    word: InitVar[str] = "seen"

    def __post_init__(self, word: str) -> None:
        self.seen.append(word)

    def evaluate(self, context: em.AutomationContext) -> em.AutomationResult:
        is_one = context.evaluation_time.weekday() in self.days
        return em.AutomationResult(context, context.candidate_subset if is_one else context.get_empty_subset())


def test_it_may_be_a_dataclass() -> None:
    assert ticks([asset(OnDays((0, 2)))], 4)[0] == [1, 0, 1, 0]
    made = OnDays(days=(1,), other=C.missing(), word="told")
    assert (made.days, made.seen, made.operands) == ((1,), ["told"], (C.missing(),))
    assert made.name == "OnDays(days=[1], seen=['told'])"
    assert OnDays((0,)) == OnDays((0,)) != OnDays((1,))
    assert OnDays((0,)).seen is not OnDays((0,)).seen
    assert dataclass_replace(made, days=(3,), word="again").days == (3,)
    assert made.replace("missing", OnWeekdays(1)).other == OnWeekdays(1)
    with pytest.raises(TypeError, match="days"):
        OnDays()


def test_a_dataclass_may_build_on_another_one() -> None:
    @dataclass(frozen=True)
    class OnDaysButOne(OnDays):
        but: int = 0

        def evaluate(self, context):
            found = super().evaluate(context)
            return (
                found
                if context.evaluation_time.day != self.but
                else em.AutomationResult(context, context.get_empty_subset())
            )

    assert ticks([asset(OnDaysButOne((0, 1), but=10))], 3)[0] == [1, 0, 0]


def test_its_time_is_a_number_of_seconds() -> None:
    with pytest.raises(DagsterInvalidDefinitionError, match="max_seconds of the condition Wrong is a number"):

        class Wrong(C):
            max_seconds = "long"


class Hangs(C):
    """Never says anything."""

    max_seconds = 0.5

    def evaluate(self, context):
        time.sleep(60)


def evaluated(assets, **ask):
    """Evaluate a tick of the conditions of some assets, as the process of ticks does."""
    with em.DagsterInstance.ephemeral() as instance:
        place = TickPlace(em.Definitions(assets), instance, lambda: from_datetime(MONDAY))
        told = evaluate_tick(
            TickAsk(kind="sensor", name="default_automation_condition_sensor", tick_id="t", **ask), place
        )
    assert told.error is None, told.error
    wanted = sorted(key.to_user_string() for run in told.runs for key in run.ask.asset_selection)
    return wanted, {one["key"]: one["error"]["message"] for one in told.evaluations if "error" in one}


def test_one_that_hangs_is_interrupted_once_for_its_class_and_the_others_go_on() -> None:
    hanging = [asset(Hangs(), f"hanging_{number}") for number in range(20)]
    began = time.monotonic()
    wanted, failed = evaluated([*hanging, asset(C.missing(), "plain")])
    assert time.monotonic() - began < 10, "each of the twenty would have taken longer"
    assert wanted == ["plain"]
    assert len(failed) == 20
    assert sum("took longer than 0.5 seconds and was interrupted" in one for one in failed.values()) == 1
    assert sum("was not asked: one of its class took longer" in one for one in failed.values()) == 19


def test_several_that_hang_together_leave_time_for_the_others() -> None:
    several = [type(f"Hangs{number}", (Hangs,), {"max_seconds": 10})() for number in range(2)]
    assets = [asset(one, f"hanging_{number}") for number, one in enumerate(several)]
    wanted, failed = evaluated([*assets, asset(C.missing(), "plain")], seconds=2.0)
    assert (wanted, len(failed)) == (["plain"], 2)


def test_an_asynchronous_one_and_one_that_another_asks_are_interrupted_too() -> None:
    class Waits(C):
        max_seconds = 0.05

        async def evaluate(self, context):
            await asyncio.sleep(60)

    class Asks(C):
        async def evaluate(self, context):
            inner = C.missing() & Hangs()
            return await context.for_child_condition(inner, [0], context.candidate_subset).evaluate_async()

    class Patient(Asks):
        max_seconds = 5

    wanted, failed = evaluated([asset(Waits(), "waits"), asset(Patient(), "asks"), asset(C.missing(), "plain")])
    assert wanted == ["plain"]
    assert set(failed) == {"waits", "asks"}


def test_one_that_is_left_out_of_a_tick_is_told_with_the_reason() -> None:
    wanted, failed = evaluated(
        [asset(OnWeekdays(0), "other"), asset(Hangs(), "hanging")], without={"own:Hangs": "it was killed."}
    )
    assert wanted == ["other"]
    assert failed == {"hanging": "The condition Hangs was not asked: it was killed."}
