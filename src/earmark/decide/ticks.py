"""Which ticks of which schedules are due: arithmetic on cron expressions and on what is remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from earmark.partitions.cron import Cron
from earmark.specs.schedule import DEFAULT_CATCH_UP, ScheduleSpec
from earmark.values.clock import Micros
from earmark.values.ids import uuid7

SECOND = 1_000_000
LATE_AFTER = Micros(60 * SECOND)
"""A tick that nobody looked at for so long counts as missed, and is made up for only as the schedule's policy says."""


class ScheduleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule, and what is remembered of it.

    Args:
        id: Its id among all locations.
        cron: When it ticks.
        is_running: Whether it is switched on.
        since: When it was switched on: earlier ticks are not its.
        last_due: The instant of the last tick that was begun, or passed over.
        catch_up: How many missed ticks it makes up for, the latest ones.
        jitter: By up to how many microseconds it is put off.
    """

    id: str
    cron: Cron
    is_running: bool = True
    since: Micros = Micros(0)
    last_due: Micros | None = None
    catch_up: int = DEFAULT_CATCH_UP
    jitter: int = 0

    @staticmethod
    def of(
        id: str, spec: ScheduleSpec, *, is_running: bool, since: Micros, last_due: Micros | None = None
    ) -> ScheduleFacts:
        """Return the facts of a schedule as its location declares it."""
        return ScheduleFacts(
            id=id,
            cron=spec.cron,
            is_running=is_running,
            since=since,
            last_due=last_due,
            catch_up=spec.catch_up,
            jitter=round(spec.jitter_seconds * SECOND),
        )

    @property
    def offset(self) -> int:
        """By how many microseconds its ticks are put off: always the same, so that they keep their order."""
        if self.jitter <= 0:
            return 0
        digest = hashlib.blake2b(self.id.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") * self.jitter >> 64


class DueTick(msgspec.Struct, frozen=True):
    """A tick to begin now: at most one per schedule and instant is ever stored.

    Args:
        schedule: The schedule's id.
        due_at: The instant that it stands for.
        is_missed: Whether it makes up for a tick that was missed.
    """

    schedule: str
    due_at: Micros
    is_missed: bool = False


class TicksDue(msgspec.Struct, frozen=True):
    """What is to be done now, and when to look again.

    Args:
        ticks: The ticks to begin, by instant.
        passed_over: For schedules that missed more than they make up for: the last instant not made up for, to
            remember as ``last_due`` if nothing later is begun.
        next_at: When the next tick is due; ``None`` if nothing is switched on.
    """

    ticks: tuple[DueTick, ...]
    passed_over: dict[str, Micros]
    next_at: Micros | None


def ticks_due(schedules: Iterable[ScheduleFacts], now: Micros, late_after: Micros = LATE_AFTER) -> TicksDue:
    """Return the ticks that are due, each once as long as ``last_due`` follows what was begun.

    Args:
        schedules: The schedules, switched on or not.
        now: The present.
        late_after: After how many microseconds an unseen tick counts as missed.

    Example:
        >>> hourly = ScheduleFacts(id="hourly", cron=Cron("0 * * * *"), since=Micros(0), catch_up=1)
        >>> due = ticks_due([hourly], Micros(2 * 3_600_000_000 + 5))
        >>> [(tick.due_at // 3_600_000_000, tick.is_missed) for tick in due.ticks], due.next_at // 3_600_000_000
        ([(2, False)], 3)
    """
    found: list[DueTick] = []
    passed_over: dict[str, Micros] = {}
    next_at: Micros | None = None
    for one in schedules:
        if not one.is_running:
            continue
        horizon = Micros(now - one.offset)
        following = Micros(one.cron.next_after(horizon) + one.offset)
        next_at = following if next_at is None else min(next_at, following)
        ticks, skipped = _of_schedule(one, horizon, late_after)
        found.extend(ticks)
        if skipped is not None:
            passed_over[one.id] = skipped
    found.sort(key=lambda tick: (tick.due_at, tick.schedule))
    return TicksDue(tuple(found), passed_over, next_at)


def _of_schedule(one: ScheduleFacts, horizon: Micros, late_after: int) -> tuple[list[DueTick], Micros | None]:
    """Return a schedule's ticks to begin, oldest first, and the latest of those that are passed over."""
    # A schedule switched on at the very instant of a tick does that tick.
    after = max(one.since - 1, one.last_due if one.last_due is not None else one.since - 1)
    ticks: list[DueTick] = []
    tick = one.cron.previous_before(Micros(horizon + 1))
    while tick > after:
        is_missed = horizon - tick >= late_after
        allowed = one.catch_up if is_missed else max(one.catch_up, 1)
        if len(ticks) >= allowed:
            return ticks[::-1], tick
        ticks.append(DueTick(one.id, tick, is_missed))
        tick = one.cron.previous_before(tick)
    return ticks[::-1], None


def next_ticks(cron: Cron, after: Micros, count: int) -> list[Micros]:
    """Return the next ``count`` ticks later than an instant, for previews.

    Example:
        >>> [tick // 3_600_000_000 for tick in next_ticks(Cron("0 */6 * * *"), Micros(0), 3)]
        [6, 12, 18]
    """
    found: list[Micros] = []
    while len(found) < count:
        after = cron.next_after(after)
        found.append(after)
    return found


def tick_run_id(tick_id: str, begun_at: Micros, number: int) -> str:
    """Return the id of the ``number``-th run that a tick asks for.

    It is the same whenever it is asked, so a tick that is taken up again after a crash creates no run a second time.

    Args:
        tick_id: The tick.
        begun_at: When the tick was begun (as stored, not as it is now).
        number: The place of the request in the tick's result, from 0.
    """
    digest = hashlib.blake2b(f"{tick_id}\0{number}".encode(), digest_size=8).digest()
    return uuid7(begun_at, int.from_bytes(digest, "big"))


def tick_id_of(instigator: str, due_at: Micros) -> str:
    """Return the id of the tick of a schedule at an instant: the same whoever asks, so that two hosts store one."""
    digest = hashlib.blake2b(f"{instigator}\0{due_at}".encode(), digest_size=8).digest()
    return uuid7(due_at, int.from_bytes(digest, "big"))
