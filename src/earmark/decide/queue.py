"""Which queued run starts next, under all limits at once.

The board is told what happened and answers what may start; the loop that owns it does the starting. It is made anew
from facts whenever those are in doubt, and then says the same.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Protocol

import msgspec

from earmark.decide.buckets import Bucketing, BucketKey, LimitedRun
from earmark.decide.explain import Explanation, explain_waiting
from earmark.decide.line import Bucket, Entry, Gate, Holding, Key, Line
from earmark.runs.limits import QueuePolicy
from earmark.tags.query.evaluate import EPOCH
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvariantViolationError

_TURN = 1_000_000
"""What one start costs a group of weight 1; a whole number, so that sums are exact."""

_SAMPLE = 2_000


class QueuedRun(LimitedRun, Protocol):
    """What the queue asks of a run that waits. The store's entries of the queue have it."""

    @property
    def seq(self) -> int:
        """The run's number: the lower was created earlier."""

    @property
    def queued_at(self) -> Micros:
        """Since when it waits."""


class Queued(msgspec.Struct, frozen=True):
    """A waiting run as plain data, where the store's entry is not at hand."""

    seq: int
    run_id: str
    job_name: str
    priority: int
    queued_at: Micros
    tags: Mapping[str, str] = {}
    code_location: str | None = None
    pools: tuple[str, ...] = ()


class Taken(msgspec.Struct, frozen=True):
    """A gate that a run passed: the limit, its bucket, how much of it is used with this run, and how much there is."""

    limit: str
    bucket: str
    used: int
    allowed: int


class Start(msgspec.Struct, frozen=True):
    """That a run starts now: its slots are taken on the board.

    Args:
        run_id: The run.
        waited: How long it waited, in microseconds.
        gates: What it passed; kept as the record of the decision.
    """

    run_id: str
    waited: int
    gates: tuple[Taken, ...]


class LimitState:
    """One limit with its buckets that are in use or waited for."""

    def __init__(self, bucketing: Bucketing) -> None:
        self.bucketing = bucketing
        self.buckets: dict[BucketKey, Bucket] = {}

    def gate(self, run: LimitedRun) -> Gate | None:
        """Return the gate that a run has to pass, or ``None`` if the limit is not about it."""
        place = self.bucketing.place(run)
        if place is None:
            return None
        key, weight = place
        bucket = self.buckets.get(key)
        if bucket is None:
            bucket = self.buckets[key] = Bucket(self.bucketing, key)
        return bucket.gate(weight)

    def forget(self, bucket: Bucket) -> None:
        """Drop a bucket that nothing is in and nobody waits for."""
        if bucket.used == 0 and not bucket.gates:
            self.buckets.pop(bucket.key, None)


class QueueBoard:
    """The queue as the scheduler sees it.

    A start, an end and a new run cost the logarithm of the queue's length for each limit. A waiting run takes some
    hundred bytes: its tags are not kept.

    Args:
        policy: Limits and order.
        waiting: The queued runs.
        in_progress: The runs that hold slots, each with the instant of its start.
        recent: Runs that have ended, each with the instant of its start; as far back as the longest ``period`` of a
            limit, and for ``fair_by`` as far as the past should count.
        now: The present.

    Example:
        >>> from earmark.runs.limits import RunLimit
        >>> board = QueueBoard(QueuePolicy(limits=(RunLimit(key="team", value="ml", limit=1),)))
        >>> for seq in (1, 2):
        ...     board.queued(Queued(seq, f"ml-{seq}", "etl", 9, Micros(seq), {"team": "ml"}))
        >>> board.queued(Queued(3, "core", "etl", 0, Micros(3), {"team": "core"}))
        >>> [start.run_id for start in board.starts(Micros(10))]
        ['ml-1', 'core']
    """

    def __init__(
        self,
        policy: QueuePolicy | None = None,
        *,
        waiting: Iterable[QueuedRun] = (),
        in_progress: Iterable[tuple[LimitedRun, Micros]] = (),
        recent: Iterable[tuple[LimitedRun, Micros]] = (),
        now: Micros = EPOCH,
    ) -> None:
        self.policy = policy or QueuePolicy()
        self.paused = False
        self.limits = [LimitState(Bucketing(limit)) for limit in self.policy.all_limits()]
        self.line = Line()
        self.holdings: dict[str, Holding] = {}
        self._states = {state.bucketing: state for state in self.limits}
        self._pools: dict[str, LimitState | None] = {}
        self._entries: dict[str, Entry] = {}
        self._had: dict[str, int] = {}
        self._turn = 0
        self._leaving: list[tuple[Micros, int, Bucket, int]] = []
        self._number = 0
        line = iter(waiting)
        sample = list(islice(line, _SAMPLE))
        self._coarse_first(sample)
        started = [(at, run, True) for run, at in in_progress] + [(at, run, False) for run, at in recent]
        for at, run, holds in sorted(started, key=lambda one: one[0]):
            self._take(run, at, holds=holds)
        self._expire(now)
        for queued in chain(sample, line):
            self.queued(queued)

    # What happened --------------------------------------------------------------------------------------------------

    def queued(self, run: QueuedRun) -> None:
        """Take in a run that waits: a new one, one that is back from starting, or one whose tags were edited."""
        self.left(run.run_id)
        group = self._group(run)
        had = max(self._had.get(group, 0), self._turn)
        gates = [state.gate(run) for state in self.limits]
        if self.policy.pools is not None:
            # Runs differ in how many pools they use; the None behind them keeps the ways through the line apart.
            gates += [*(state.gate(run) for state in self._pools_of(run)), None]
        key = self._key(run.priority, run.queued_at, run.seq)
        self._entries[run.run_id] = self.line.add(run.run_id, key, run.priority, run.queued_at, group, had, gates)

    def started(self, run: LimitedRun, at: Micros) -> None:
        """Take in a run that is in progress by another's doing; limits that it exceeds stay closed until they hold."""
        if run.run_id in self.holdings:
            return
        self.left(run.run_id)
        self._take(run, at, holds=True)

    def retagged(self, run: LimitedRun) -> None:
        """Take in new tags of a run: it waits for, or holds slots of, the limits that are about it now."""
        entry = self._entries.get(run.run_id)
        if entry is not None:
            self.queued(
                Queued(
                    entry.key[1], run.run_id, run.job_name, run.priority, Micros(entry.queued_at), run.tags,
                    run.code_location, tuple(run.pools),
                )
            )  # fmt: skip
        held = self.holdings.get(run.run_id)
        if held is None or entry is not None:
            return
        self.left(run.run_id)
        self._hold(run, held.since)

    def left(self, run_id: str) -> None:
        """Take in that a run neither waits nor holds slots any more: it ended, or was cancelled in the queue."""
        entry = self._entries.pop(run_id, None)
        if entry is not None:
            self._tidy(self.line.remove(entry))
        held = self.holdings.pop(run_id, None)
        if held is not None:
            for bucket, weight in held.takes:
                self._give_back(bucket, weight)

    def adopt(self, policy: QueuePolicy) -> bool:
        """Take over a policy if it differs in numbers only.

        Returns:
            ``False`` if it does not: a new board has to be made from facts, and this one is as it was.
        """
        before, after = self.policy, policy
        if (before.ageing, before.fair_by, before.pools) != (after.ageing, after.fair_by, after.pools):
            return False
        new = {limit.name: limit for limit in after.all_limits()}
        if len(new) != len(self.limits):
            return False
        for state in self.limits:
            limit = state.bucketing.limit
            if limit.name not in new or msgspec.structs.replace(new[limit.name], limit=limit.limit) != limit:
                return False
        self.policy = policy
        for state in self.limits:
            state.bucketing.limit = new[state.bucketing.limit.name]
            for bucket in state.buckets.values():
                self.line.opened(bucket)
        return True

    # What follows ---------------------------------------------------------------------------------------------------

    def next_start(self, now: Micros) -> Start | None:
        """Return the run that starts next, its slots taken; ``None`` if none may start now.

        Every gate is decided before any slot is taken. If the start cannot be recorded, say what is true instead:
        :meth:`queued` or :meth:`left`.
        """
        self._expire(now)
        if self.paused:
            return None
        entry = self.line.first()
        if entry is None:
            return None
        gates = list(entry.leaf.gates())
        group = entry.leaf.group
        had = self.line.had(group)
        self._entries.pop(entry.run_id)
        for gate in gates:
            self._occupy(gate.bucket, gate.weight, now)
        takes = tuple((gate.bucket, gate.weight) for gate in gates if not gate.bucket.bucketing.is_rate)
        self.holdings[entry.run_id] = Holding(entry.run_id, now, takes)
        self._tidy(self.line.remove(entry))
        self._count_turn(group, had)
        passed = tuple(
            Taken(gate.bucket.bucketing.limit.name, gate.bucket.describe(), gate.bucket.used, gate.bucket.allowed)
            for gate in reversed(gates)
        )
        return Start(entry.run_id, max(0, now - entry.queued_at), passed)

    def starts(self, now: Micros, most: int | None = None) -> list[Start]:
        """Return all runs that may start now, in order, their slots taken; at most ``most`` of them."""
        found: list[Start] = []
        while most is None or len(found) < most:
            start = self.next_start(now)
            if start is None:
                break
            found.append(start)
        return found

    @property
    def opens_at(self) -> Micros | None:
        """When a limit on starts in a period next lets go of one; ``None`` where time alone changes nothing."""
        return self._leaving[0][0] if self._leaving and len(self.line) else None

    @property
    def waiting(self) -> int:
        """How many runs wait."""
        return len(self.line)

    def entry(self, run_id: str) -> Entry | None:
        """Return the place in line of a waiting run."""
        return self._entries.get(run_id)

    def explain(self, run_id: str, now: Micros | None = None) -> Explanation:
        """Return why a run waits: each gate, who holds it, its place in line, and what would have to change.

        The cost is in proportion to the length of the line.

        Raises:
            DagsterInvariantViolationError: The run does not wait.
        """
        if now is not None:
            self._expire(now)
        entry = self._entries.get(run_id)
        if entry is None:
            why = "it is in progress" if run_id in self.holdings else "it is not in the queue"
            raise DagsterInvariantViolationError(f"Run {run_id} does not wait: {why}.", run_id=run_id)
        starts = ((at, bucket, units) for at, _, bucket, units in self._leaving)
        return explain_waiting(entry, self.line, self.holdings, starts, self.paused)

    # Inside ---------------------------------------------------------------------------------------------------------

    def _key(self, priority: int, queued_at: Micros, seq: int) -> Key:
        if self.policy.ageing is None:
            return -priority, seq
        # Every run ages at the same speed, so who is before whom never changes, and needs no looking at the clock.
        return queued_at - priority * self.policy.ageing, seq

    def _group(self, run: LimitedRun) -> str:
        fair = self.policy.fair_by
        return "" if fair is None else run.tags.get(fair.key, "")

    def _gates(self, run: LimitedRun) -> list[Gate]:
        states = chain(self.limits, self._pools_of(run))
        return [gate for gate in (state.gate(run) for state in states) if gate is not None]

    def _pools_of(self, run: LimitedRun) -> Iterator[LimitState]:
        """Yield the limits on the pools that a run uses, in an order that is the same for all runs."""
        for pool in sorted(run.pools) if self.policy.pools is not None else ():
            if pool not in self._pools:
                limit = self.policy.pool_limit(pool)
                state = self._pools[pool] = None if limit is None else LimitState(Bucketing(limit))
                if state is not None:
                    self._states[state.bucketing] = state
            found = self._pools[pool]
            if found is not None:
                yield found

    def _take(self, run: LimitedRun, at: Micros, holds: bool) -> None:
        gates = self._gates(run)
        for gate in gates:
            if gate.bucket.bucketing.is_rate:
                self._occupy(gate.bucket, gate.weight, at)
        if holds:
            self._hold(run, at)
        self._tidy(gate for gate in gates if gate.nodes == 0)
        group = self._group(run)
        self._count_turn(group, self.line.had(group))

    def _hold(self, run: LimitedRun, since: Micros) -> None:
        gates = self._gates(run)
        held = [gate for gate in gates if not gate.bucket.bucketing.is_rate]
        for gate in held:
            self._occupy(gate.bucket, gate.weight, since)
        self.holdings[run.run_id] = Holding(run.run_id, since, tuple((gate.bucket, gate.weight) for gate in held))
        self._tidy(gate for gate in gates if gate.nodes == 0)

    def _occupy(self, bucket: Bucket, weight: int, at: Micros) -> None:
        bucket.used += weight
        period = bucket.bucketing.limit.period
        if period is not None:
            self._number += 1
            heapq.heappush(self._leaving, (Micros(at + period), self._number, bucket, weight))

    def _expire(self, now: Micros) -> None:
        while self._leaving and self._leaving[0][0] <= now:
            _, _, bucket, weight = heapq.heappop(self._leaving)
            self._give_back(bucket, weight)

    def _give_back(self, bucket: Bucket, weight: int) -> None:
        bucket.used -= weight
        self.line.opened(bucket)
        self._states[bucket.bucketing].forget(bucket)

    def _tidy(self, gates: Iterable[Gate]) -> None:
        for gate in gates:
            gate.bucket.gates.pop(gate.weight, None)
            self._states[gate.bucket.bucketing].forget(gate.bucket)

    def _count_turn(self, group: str, had: int | None) -> None:
        """Count a start for a group; ``had`` is what it has had if it was in the line."""
        fair = self.policy.fair_by
        if fair is None:
            return
        # Who was away does not come back with a claim on all the turns that others took meanwhile.
        before = max(self._had.get(group, 0), self._turn) if had is None else had
        self._turn = max(self._turn, before)
        self._had[group] = before + max(1, round(_TURN / fair.weights.get(group, 1)))
        self.line.set_had(group, self._had[group])
        if len(self._had) > 1_000:
            self._had = {name: had for name, had in self._had.items() if had > self._turn}

    def _coarse_first(self, sample: list[QueuedRun]) -> None:
        """Put limits of few buckets first: the fewer nodes share a bucket, the less there is to look at."""
        if len(self.limits) < 2:
            return
        spread = {id(state): len({state.bucketing.place(run) for run in sample}) for state in self.limits}
        self.limits.sort(key=lambda state: (spread[id(state)], state.bucketing.is_split))
