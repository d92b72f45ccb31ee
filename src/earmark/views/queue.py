"""Why runs wait: every limit in the way of each, who holds it, and the place in line."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from earmark.decide.buckets import Bucketing, BucketKey, LimitedRun
from earmark.decide.serving import Obstacle, Place, Serving
from earmark.locations.published import read_serving
from earmark.runs.limits import MAX_CONCURRENT_RUNS, QueuePolicy, RunLimit
from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.store.records import Waiting
from earmark.tags.query.fields import word_of
from earmark.values.clock import Micros
from earmark.values.states import DagsterRunStatus
from earmark.views.setup import Rules
from earmark.views.shapes.deployment import Holder, LimitKind
from earmark.views.shapes.runs import Explanation, ExplanationAhead, Gate, Wait
from earmark.views.tail import Tail

_LOOKED_AT = 5_000
"""How far down the line places are known; behind it only limits are."""

_SHOWN = 10
_RECENT = 5_000
_FRESH = 500_000


@dataclass
class Count:
    """One bucket of a limit: what takes it up."""

    used: int = 0
    holders: list[DagsterRun] = field(default_factory=list)
    waiting: int = 0
    waiters: list[Waiting] = field(default_factory=list)


class Board:
    """The queue at one moment: limits, who holds them, who waits. Never changed.

    Args:
        policy: The limits.
        waiting: Queued runs in the order in which they leave.
        running: The runs that hold slots.
        recent: Runs that began within the longest period of a limit.
        paused: Whether nothing is admitted.
        now: The moment.
        serving: Who could start runs.
    """

    def __init__(
        self,
        policy: QueuePolicy,
        waiting: list[Waiting],
        running: list[DagsterRun],
        recent: list[DagsterRun],
        paused: bool,
        now: Micros,
        serving: Serving,
    ) -> None:
        self.policy = policy
        self.serving = serving
        self.paused = paused
        self.now = now
        self.waiting = sorted(waiting, key=self._rank)
        self.places = {one.run_id: place for place, one in enumerate(self.waiting, start=1)}
        used = sorted({pool for runs in (waiting, running) for run in runs for pool in run.pools})
        pools = [limit for limit in map(policy.pool_limit, used) if limit is not None]
        self.limits = [Bucketing(limit) for limit in (*policy.all_limits(), *pools)]
        self.counts: list[dict[BucketKey, Count]] = [{} for _ in self.limits]
        for limit, counts in zip(self.limits, self.counts, strict=True):
            self._fill(limit, counts, running, recent)
            self._line_up(limit, counts)

    def _rank(self, run: Waiting) -> tuple[float, int]:
        if self.policy.ageing is None:
            return -run.priority, run.seq
        return run.queued_at - run.priority * self.policy.ageing, run.seq

    def _fill(
        self, limit: Bucketing, counts: dict[BucketKey, Count], running: list[DagsterRun], recent: list[DagsterRun]
    ) -> None:
        period = limit.limit.period
        for run in running if period is None else recent:
            if period is not None and (run.starting_at or run.started_at or Micros(0)) < self.now - period:
                continue
            place = limit.place(run)
            if place is not None:
                count = counts.setdefault(place[0], Count())
                count.used += place[1]
                count.holders.append(run)

    def _line_up(self, limit: Bucketing, counts: dict[BucketKey, Count]) -> None:
        for run in self.waiting:
            place = limit.place(run)
            if place is not None:
                count = counts.setdefault(place[0], Count())
                count.waiting += 1
                if len(count.waiters) < _SHOWN:
                    count.waiters.append(run)

    def gates(self, run: LimitedRun) -> list[Gate]:
        """Return all limits that a run has to pass, those that are closed first."""
        found = []
        if self.paused:
            found.append(_paused_gate())
        obstacle = self.serving.obstacle(run.code_location)
        if obstacle is not None:
            found.append(_obstacle_gate(obstacle))
        for limit, counts in zip(self.limits, self.counts, strict=True):
            place = limit.place(run)
            if place is not None:
                key, weight = place
                found.append(self._gate(limit, key, weight, counts.get(key) or Count(), run))
        return sorted(found, key=lambda gate: gate.is_open)

    def _gate(self, limit: Bucketing, key: BucketKey, weight: int, count: Count, run: LimitedRun) -> Gate:
        allowed = limit.limit.limit
        is_open = count.used + weight <= allowed
        before = next((at for at, one in enumerate(count.waiters, start=1) if one.run_id == run.run_id), None)
        return Gate(
            limit_id=limit.limit.name,
            kind=kind_of_limit(limit.limit),
            label=label_of(limit, key),
            used=count.used,
            limit=allowed,
            is_open=is_open,
            holders=[holder_of(one, limit.limit) for one in count.holders[:_SHOWN]],
            position=before,
            would_open=_would_open(limit, count, weight, is_open),
        )

    def wait_of(self, run: DagsterRun) -> Wait | None:
        """Return the one gate that binds first of a queued run; ``None`` for any other."""
        if run.status is not DagsterRunStatus.QUEUED:
            return None
        position = self.places.get(run.run_id, len(self.waiting) + 1)
        closed = next((gate for gate in self.gates(run) if not gate.is_open), None)
        if closed is None:
            return Wait(
                sentence=f"about to start, position {position}",
                limit_id=None,
                label="the queue",
                used=0,
                limit=0,
                holder=None,
                position=position,
            )
        holder = closed.holders[0].run_id if closed.holders else None
        return Wait(
            sentence=_sentence(closed, position),
            limit_id=closed.limit_id,
            label=closed.label,
            used=closed.used,
            limit=closed.limit,
            holder=holder,
            position=position,
        )

    def explain(self, run: DagsterRun) -> Explanation:
        """Return why a run waits, with everything that is in its way."""
        queued = run.status is DagsterRunStatus.QUEUED
        gates = self.gates(run) if queued else []
        position = self.places.get(run.run_id) if queued else None
        wait = self.wait_of(run)
        ahead = self.waiting[: position - 1] if position is not None else []
        age = 0 if self.policy.ageing is None else (self.now - (run.queued_at or run.created_at)) // self.policy.ageing
        sentence = f"The run is {word_of(run.status)}; it waits for nothing."
        if wait is not None:
            sentence = wait.sentence[0].upper() + wait.sentence[1:] + "."
        return Explanation(
            run_id=run.run_id,
            status=run.status.value,  # type: ignore[arg-type]
            sentence=sentence,
            decided_at=self.now,
            priority=run.priority,
            effective_priority=run.priority + max(0, age),
            position=position,
            ahead=[
                ExplanationAhead(run_id=one.run_id, job=one.job_name, priority=one.priority) for one in ahead[-_SHOWN:]
            ],
            gates=gates,
        )


def _paused_gate() -> Gate:
    return Gate(
        limit_id=None,
        kind="paused",
        label="the queue is paused",
        used=0,
        limit=0,
        is_open=False,
        holders=[],
        position=None,
        would_open="Somebody resumes the queue.",
    )


def _obstacle_gate(obstacle: Obstacle) -> Gate:
    return Gate(
        limit_id=None,
        kind="start" if obstacle.place is Place.HOST else "location",
        label=obstacle.sentence.rstrip("."),
        used=0,
        limit=0,
        is_open=False,
        holders=[],
        position=None,
        would_open=f"{obstacle.to_clear[0].upper()}{obstacle.to_clear[1:]}.",
    )


_WITHOUT_NUMBERS = ("paused", "start", "location")


def _sentence(gate: Gate, position: int) -> str:
    if gate.kind in _WITHOUT_NUMBERS:
        return f"waiting: {gate.label[0].lower()}{gate.label[1:]}, position {position}"
    held = f", held by {gate.holders[0].run_id[-8:]}" if gate.holders else ""
    return f"waiting: {gate.label} {gate.used}/{gate.limit}{held}, position {position}"


def _would_open(limit: Bucketing, count: Count, weight: int, is_open: bool) -> str:
    if is_open:
        return "It is open."
    if limit.limit.limit < weight:
        return "Somebody raises the limit: the run alone takes more."
    if limit.limit.period is not None:
        return "Time passes: the oldest start leaves the period."
    needed = count.used + weight - limit.limit.limit
    return f"{needed} of {count.used} held {'slot is' if needed == 1 else 'slots are'} given back."


def label_of(limit: Bucketing, key: BucketKey) -> str:
    """Return a bucket of a limit as people read it, such as ``team=ml``."""
    if limit.limit.name == MAX_CONCURRENT_RUNS:
        return "runs in progress"
    if limit.limit.per_value and limit.limit.key is not None and not limit.limit.per:
        return f"{limit.limit.key}={key[0]}"
    return limit.describe(key)


def kind_of_limit(limit: RunLimit) -> LimitKind:
    """Return of which kind a limit is."""
    if limit.name == MAX_CONCURRENT_RUNS:
        return "runs"
    if limit.pool is not None:
        return "pool"
    if limit.period is not None:
        return "rate"
    return "tag" if limit.key is not None else "query"


def holder_of(run: DagsterRun, limit: RunLimit | None = None) -> Holder:
    """Return a run that holds a slot."""
    key = limit.key if limit is not None else None
    return Holder(
        run_id=run.run_id,
        job=run.job_name,
        step=None,
        since=run.starting_at or run.started_at or run.created_at,
        value=run.tags.get(key) if key is not None else None,
    )


class BoardCache:
    """Gives the board of the present, read anew when runs have moved or limits changed.

    Args:
        store: The store.
        rules: The limits.
        tail: What has changed.
    """

    def __init__(self, store: Store, rules: Rules, tail: Tail) -> None:
        self._store = store
        self._rules = rules
        self._tail = tail
        self._lock = threading.Lock()
        self._made: tuple[tuple[object, ...], Board] | None = None

    def get(self) -> Board:
        """Return the board as of now."""
        self._tail.catch_up()
        policy, paused, serving = self._rules.policy(), self._rules.paused(), read_serving(self._store)
        version = (self._tail.runs_version, policy, paused, serving)
        with self._lock:
            made = self._made
            now = self._store.clock()
            if made is None or made[0] != version or (_has_rates(policy) and now - made[1].now > _FRESH):
                self._made = made = (version, self._read(policy, paused, now, serving))
            return made[1]

    def _read(self, policy: QueuePolicy, paused: bool, now: Micros, serving: Serving) -> Board:
        waiting = self._store.queue.waiting(limit=_LOOKED_AT)
        running = self._store.queue.in_progress()
        recent: list[DagsterRun] = []
        if _has_rates(policy):
            longest = max(limit.period or 0 for limit in policy.limits)
            since = f"started:>-{max(1, longest // 1_000_000)}s"
            recent = list(self._store.runs.find(since, limit=_RECENT).runs)
        return Board(policy, waiting, running, recent, paused, now, serving)


def _has_rates(policy: QueuePolicy) -> bool:
    return any(limit.period is not None for limit in policy.limits)
