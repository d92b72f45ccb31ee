"""One tick of a schedule or sensor, evaluated in this process because somebody asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from earmark.cli.options import CodeFlags

if TYPE_CHECKING:
    from earmark.cli.automating import Opened
    from earmark.values.clock import Micros
    from earmark.views.catalog import Automation
    from earmark.views.shapes.automation import TickDetail


def tick_once(kind: str, name: str, flags: CodeFlags, *, at: str | None, dry_run: bool, as_json: bool) -> int:
    """Evaluate a tick, queue the runs that it asks for (unless it is only tried), and return the exit code."""
    from earmark.cli import exits
    from earmark.cli.automating import opened
    from earmark.cli.terminal import print_json
    from earmark.daemon.dispatch import tick_order
    from earmark.execute.instance import DagsterInstance
    from earmark.guest.tick_evaluator import TickMaker
    from earmark.guest.tick_keeping import TickKeeper, tried_tick
    from earmark.store.records import Tick
    from earmark.system.ids import new_id
    from earmark.views.automation import tick_detail, tried_detail

    with opened(flags, quiet=as_json) as here:
        (one,) = here.named(kind, [name])
        due_at, state = _instant(here, one, at), here.pages.state_of(one)
        said = here.settings
        instance = DagsterInstance(here.store, here.home, tag_flow=said.tag_flow, tag_policies=said.tag_policies)
        maker = TickMaker(here.codes[one.location].definitions, instance, one.location)
        if dry_run:
            tick = Tick(new_id(), one.id, one.kind, "started", here.store.clock(), due_at)
            told = tried_tick(maker.make(tick_order(tick, state)))
            detail = tried_detail(tick, told, here.store.clock())
            print_json(detail) if as_json else _tell(detail, told.get("error"))
            return exits.RUN_FAILED if detail.error else exits.OK
        begun = here.pages.begin_by_hand(one, new_id(), due_at)
        order = tick_order(begun, state)
        TickKeeper(here.store, one.location).keep([(order, maker.make(order))])
        stored = here.store.ticks.get(begun.id) or begun
        here.wake()
    if as_json:
        print_json(tick_detail(stored))
    else:
        _tell(tick_detail(stored), stored.data.get("error"))
    return exits.RUN_FAILED if stored.status == "failed" else exits.OK


def _instant(here: Opened, one: Automation, at: str | None) -> Micros | None:
    """Return the instant that a schedule's tick stands for: as given, or the last one that was due.

    Raises:
        SettingsError: It is no instant.
    """
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from earmark.specs.schedule import ScheduleSpec
    from earmark.values.clock import from_datetime
    from earmark.values.errors import SettingsError

    if not isinstance(one.spec, ScheduleSpec):
        return None
    if at is None:
        return here.pages.last_due(one)
    try:
        given = datetime.fromisoformat(at)
    except ValueError:
        raise SettingsError(
            f"--at {at!r} is no time.", hint="Write it as 2026-03-02T06:00, in the schedule's zone, or with an offset."
        ) from None
    zone = ZoneInfo(one.spec.timezone or "UTC")
    return from_datetime(given if given.tzinfo is not None else given.replace(tzinfo=zone))


def _tell(told: TickDetail, raised: Any) -> None:
    """Print what a tick came to.

    Args:
        told: The tick.
        raised: What it raised, as it is kept.
    """
    import msgspec

    from earmark.cli.errors import error_text
    from earmark.cli.terminal import out, tags_text
    from earmark.events.kinds import ErrorInfo

    def say(text: str) -> None:
        out().print(text)

    for line in told.logs:
        say(f"  {line.message}")
    if told.output:
        say(told.output.rstrip())
    if raised:
        say(error_text(msgspec.convert(raised, ErrorInfo)))
        return
    if not told.run_ids:
        for request in told.requests:
            say(f"would run {request.job or 'assets'}  {tags_text(request.tags)}")
    for run_id in told.run_ids:
        say(f"queued run {run_id}")
    if told.skip_reason:
        say(f"skipped: {told.skip_reason}")
    if told.cursor:
        say(f"cursor: {told.cursor}")
