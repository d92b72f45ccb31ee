"""One tick of a schedule or sensor, evaluated in this process because somebody asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from earmark.cli.options import CodeFlags

if TYPE_CHECKING:
    from earmark.cli.automating import Opened
    from earmark.guest.tick_keeping import MadeTick
    from earmark.runs.tick import TickOrder
    from earmark.values.clock import Micros
    from earmark.views.catalog import Automation


def tick_once(kind: str, name: str, flags: CodeFlags, *, at: str | None, dry_run: bool, as_json: bool) -> int:
    """Evaluate a tick, queue the runs that it asks for (unless it is only tried), and return the exit code."""
    from earmark.cli import exits
    from earmark.cli.automating import opened
    from earmark.cli.terminal import print_json
    from earmark.execute.instance import DagsterInstance
    from earmark.guest.tick_evaluator import TickMaker
    from earmark.guest.tick_keeping import TickKeeper
    from earmark.store.records import Tick
    from earmark.views.automation import tick_detail

    with opened(flags, quiet=as_json) as here:
        (one,) = here.named(kind, [name])
        order = _order(here, one, _instant(here, one, at))
        instance = DagsterInstance(here.store, here.home, tag_flow=here.settings.tag_flow)
        maker = TickMaker(here.codes[one.location].definitions, instance, one.location)
        if dry_run:
            made = maker.make(order)
            print_json(_tried(made)) if as_json else _tell(_tried(made))
            return exits.RUN_FAILED if made.result.error else exits.OK
        begun = Tick(
            id=order.ask.tick_id,
            instigator=one.id,
            kind=one.kind,
            status="started",
            created_at=order.begun_at,
            data={"by_hand": True, "at": order.ask.due_at},
        )
        if here.store.instigators.get(one.id) is None and kind == "sensor":
            here.store.instigators.put(here.state_of(one))
        here.store.ticks.begin(begun)
        TickKeeper(here.store, one.location).keep([(order, maker.make(order))])
        stored = here.store.ticks.get(begun.id) or begun
        here.wake()
    if as_json:
        print_json(tick_detail(stored))
    else:
        _tell({"tick": stored.id, "status": stored.status, **stored.data})
    return exits.RUN_FAILED if stored.status == "failed" else exits.OK


def _instant(here: Opened, one: Automation, at: str | None) -> Micros | None:
    """Return the instant that a schedule's tick stands for: as given, or the last one that was due.

    Raises:
        SettingsError: It is no instant.
    """
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from earmark.specs.schedule import ScheduleSpec
    from earmark.values.clock import Micros, from_datetime
    from earmark.values.errors import SettingsError

    if not isinstance(one.spec, ScheduleSpec):
        return None
    if at is None:
        return one.spec.cron.previous_before(Micros(here.store.clock() + 1))
    try:
        given = datetime.fromisoformat(at)
    except ValueError:
        raise SettingsError(
            f"--at {at!r} is no time.", hint="Write it as 2026-03-02T06:00, in the schedule's zone, or with an offset."
        ) from None
    zone = ZoneInfo(one.spec.timezone or "UTC")
    return from_datetime(given if given.tzinfo is not None else given.replace(tzinfo=zone))


def _order(here: Opened, one: Automation, due_at: Micros | None) -> TickOrder:
    from earmark.daemon.dispatch import tick_order
    from earmark.store.records import Tick
    from earmark.system.ids import new_id

    tick = Tick(new_id(), one.id, one.kind, "started", here.store.clock(), due_at)
    return tick_order(tick, here.state_of(one))


def _tried(made: MadeTick) -> dict[str, Any]:
    import msgspec

    result = made.result
    return {
        "status": result.status,
        "runs": [
            {"job": one.run.job_name, "tags": one.run.tags, "run_config": one.run.run_config} for one in made.runs
        ],
        "skip_reason": result.skip_message,
        "cursor": result.cursor,
        "partitions": [msgspec.to_builtins(one) for one in result.partitions],
        "error": None if result.error is None else msgspec.to_builtins(result.error),
        "logs": [{"level": line.level, "message": line.message} for line in result.lines],
        "output": result.output,
    }


def _tell(told: dict[str, Any]) -> None:
    import msgspec

    from earmark.cli.errors import error_text
    from earmark.cli.terminal import out, tags_text
    from earmark.events.kinds import ErrorInfo

    console = out()

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False)

    for line in told.get("logs", ()):
        say(f"  {line['message']}")
    if told.get("output"):
        say(str(told["output"]).rstrip())
    if told.get("error"):
        say(error_text(msgspec.convert(told["error"], ErrorInfo)))
        return
    for run in told.get("runs", ()):
        say(f"would run {run['job']}  {tags_text(run['tags'])}")
    for run_id in told.get("run_ids", ()):
        say(f"queued run {run_id}")
    if told.get("skip_reason"):
        say(f"skipped: {told['skip_reason']}")
    if told.get("cursor"):
        say(f"cursor: {told['cursor']}")
