"""Why a run waits: each gate in its way, who holds it, its place in line, and what would have to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from earmark.decide.line import Bucket, Entry, Gate, Holding, Line
from earmark.decide.serving import Obstacle
from earmark.values.clock import Micros, to_datetime

MOST_HOLDERS = 10
"""How many of the runs that hold a bucket are named."""


class GateReport(msgspec.Struct, frozen=True):
    """A gate that a waiting run has to pass.

    Args:
        limit: The limit's name.
        bucket: The bucket of it, with the values it is split by.
        used: How many units are taken.
        allowed: How many there are.
        takes: How many the run takes.
        is_open: Whether the run could pass now.
        holders: Runs that take units of it, the earliest start first; at most ten.
        other_holders: How many more there are.
        before: How many runs wait for the same bucket and are before it in line.
        opens_at: Of a limit on starts in a period: when enough of them are past, if nothing else starts.
        to_open: What would have to change for it to open; empty if it is open.
    """

    limit: str
    bucket: str
    used: int
    allowed: int
    takes: int
    is_open: bool
    holders: tuple[str, ...] = ()
    other_holders: int = 0
    before: int = 0
    opens_at: Micros | None = None
    to_open: str = ""


class Explanation(msgspec.Struct, frozen=True):
    """What the scheduler knows of a waiting run.

    Args:
        run_id: The run.
        position: Its place in line, from 1.
        waiting: How many runs are in the line.
        priority: Its priority.
        queued_at: Since when it waits.
        paused: Whether the queue is paused.
        gates: The gates it has to pass, those that are shut first.
        obstacle: Why nobody could start it even so; ``None`` if somebody could, or that was not asked.
    """

    run_id: str
    position: int
    waiting: int
    priority: int
    queued_at: Micros
    paused: bool
    gates: tuple[GateReport, ...]
    obstacle: Obstacle | None = None

    @property
    def blocked_by(self) -> tuple[GateReport, ...]:
        """The gates that are shut for it."""
        return tuple(gate for gate in self.gates if not gate.is_open)

    def lines(self) -> list[str]:
        """Return the whole as sentences, one a line."""
        since = to_datetime(self.queued_at).isoformat(sep=" ", timespec="seconds")
        told = [
            f"Run {self.run_id} waits since {since}, with priority {self.priority},"
            f" in place {self.position} of {self.waiting}."
        ]
        if self.paused:
            told.append("The queue is paused: nothing starts until it is resumed.")
        if self.obstacle is not None:
            told += [self.obstacle.sentence, f"  {self.obstacle.to_clear}"]
        for gate in self.gates:
            told += _gate_lines(gate)
        if not self.blocked_by and not self.paused and self.obstacle is None:
            told.append(
                "Every gate is open: it starts next."
                if self.position == 1
                else "Every gate is open: it starts after those before it that may start too."
            )
        return told


def explain_waiting(
    entry: Entry,
    line: Line,
    holdings: Mapping[str, Holding],
    starts: Iterable[tuple[Micros, Bucket, int]],
    paused: bool,
) -> Explanation:
    """Return what stands in the way of a run in the line.

    Args:
        entry: Its place in the line.
        line: The line.
        holdings: The runs in progress.
        starts: For limits on starts in a period: when each start no longer counts, its bucket, and its units.
        paused: Whether the queue is paused.
    """
    gates = list(entry.leaf.gates())
    ahead = dict.fromkeys((gate.bucket for gate in gates), 0)
    position = 1
    for leaf, number in line.before(entry):
        position += number
        for gate in leaf.gates():
            if gate.bucket in ahead:
                ahead[gate.bucket] += number
    leaving = sorted(((at, bucket, units) for at, bucket, units in starts if bucket in ahead), key=lambda one: one[0])
    reports = [_report(gate, ahead[gate.bucket], holdings, leaving) for gate in reversed(gates)]
    return Explanation(
        run_id=entry.run_id,
        position=position,
        waiting=len(line),
        priority=entry.priority,
        queued_at=Micros(entry.queued_at),
        paused=paused,
        gates=tuple(sorted(reports, key=lambda report: report.is_open)),
    )


def _report(
    gate: Gate, before: int, holdings: Mapping[str, Holding], leaving: list[tuple[Micros, Bucket, int]]
) -> GateReport:
    bucket = gate.bucket
    held = [one for one in holdings.values() if any(taken is bucket for taken, _ in one.takes)]
    held.sort(key=lambda one: (one.since, one.run_id))
    opens_at = _opens_at(gate, leaving)
    return GateReport(
        limit=bucket.bucketing.limit.name,
        bucket=bucket.describe(),
        used=bucket.used,
        allowed=bucket.allowed,
        takes=gate.weight,
        is_open=gate.is_open(),
        holders=tuple(one.run_id for one in held[:MOST_HOLDERS]),
        other_holders=max(0, len(held) - MOST_HOLDERS),
        before=before,
        opens_at=opens_at,
        to_open=_to_open(gate, opens_at),
    )


def _opens_at(gate: Gate, leaving: list[tuple[Micros, Bucket, int]]) -> Micros | None:
    if gate.is_open() or not gate.bucket.bucketing.is_rate or gate.weight > gate.bucket.allowed:
        return None
    used = gate.bucket.used
    for at, bucket, units in leaving:
        if bucket is gate.bucket:
            used -= units
            if used + gate.weight <= bucket.allowed:
                return at
    return None


def _to_open(gate: Gate, opens_at: Micros | None) -> str:
    if gate.is_open():
        return ""
    bucket, name = gate.bucket, repr(gate.bucket.bucketing.limit.name)
    if gate.weight > bucket.allowed:
        if bucket.allowed == 0:
            return f"the limit {name} allows none: it would have to be raised"
        return f"the run takes {gate.weight}, more than there ever is: the limit {name} would have to be raised"
    if opens_at is not None:
        moment = to_datetime(opens_at).isoformat(sep=" ", timespec="seconds")
        return f"it opens at {moment}, or if the limit {name} is raised"
    lacking = bucket.used + gate.weight - bucket.allowed
    what = "run that holds it" if lacking == 1 else f"runs that hold {lacking} of it"
    return f"{'a' if lacking == 1 else 'the'} {what} would have to end, or the limit {name} be raised"


def _gate_lines(gate: GateReport) -> list[str]:
    state = "open" if gate.is_open else "shut"
    takes = "" if gate.takes == 1 else f", the run takes {gate.takes}"
    told = [f"{gate.bucket}: {state}, {gate.used} of {gate.allowed} taken{takes}; {gate.before} before it in line."]
    if gate.is_open:
        return told
    if gate.holders:
        more = f" and {gate.other_holders} more" if gate.other_holders else ""
        told.append(f"  held by {', '.join(gate.holders)}{more}")
    told.append(f"  {gate.to_open}")
    return told
