"""The board against a plain oracle that looks at every run each time."""

from __future__ import annotations

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from earmark.decide.buckets import Bucketing
from earmark.decide.queue import QueueBoard, Queued
from earmark.runs.limits import FairShare, PoolLimits, QueuePolicy, RunLimit
from earmark.values.clock import Micros

SECOND = 1_000_000
TEAMS = ["ml", "core", "ops"]
KEYS = {"team": TEAMS, "env": ["dev", "prod"], "gb": ["1", "2", "5", "x"], "customer": [str(n) for n in range(6)]}

LIMITS = [
    lambda n: RunLimit(key="team", value="ml", limit=n),
    lambda n: RunLimit(key="team", per_value=True, limit=n),
    lambda n: RunLimit(key="customer", per_value=True, limit=n),
    lambda n: RunLimit(key="env", limit=n),
    lambda n: RunLimit(where="tag:env=prod not tag:team=ops", limit=n),
    lambda n: RunLimit(where="tag:env", per=("team", "env"), limit=n),
    lambda n: RunLimit(where="priority:>0", limit=n),
    lambda n: RunLimit(key="gb", limit=n, weight="gb"),
    lambda n: RunLimit(key="env", value="dev", limit=n, period=10 * SECOND),
    lambda n: RunLimit(where="*", per=("team",), limit=n, weight="gb", period=7 * SECOND),
]

run_pools = st.sampled_from([(), ("db",), ("gpu",), ("db", "gpu"), ("db", "api", "gpu")])
pool_limits = st.builds(
    lambda db, gpu, default: PoolLimits(default, {"db": db, "gpu": gpu}, by_run=True),
    st.integers(0, 3),
    st.integers(-1, 2),
    st.sampled_from([-1, 1]),
)
run_tags = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in KEYS.items()})


@st.composite
def policies(draw):
    made = draw(st.lists(st.sampled_from(LIMITS), unique=True, max_size=5))
    limits = tuple(make(draw(st.integers(0, 4))) for make in made)
    fair = draw(st.none() | st.just(FairShare("team")) | st.just(FairShare("team", {"ml": 3, "core": 0.5})))
    return QueuePolicy(
        max_concurrent_runs=draw(st.sampled_from([-1, 0, 1, 3, 8])),
        limits=limits,
        ageing=draw(st.sampled_from([None, 2 * SECOND])),
        fair_by=fair,
        pools=draw(st.none() | pool_limits),
    )


class Oracle:
    """The same rules, written for reading: everything is looked at, nothing is remembered but the facts."""

    def __init__(self, policy):
        self.policy = policy
        self.waiting = {}
        self.running = {}
        self.begun = []  # (instant, run) of every start
        self.had = {}
        self.turn = 0

    def group(self, run):
        return run.tags.get("team", "") if self.policy.fair_by else ""

    def add(self, run):
        group = self.group(run)
        if not any(self.group(other) == group for other in self.waiting.values()):
            self.had[group] = max(self.had.get(group, 0), self.turn)
        self.waiting[run.run_id] = run

    def begin(self, run, now):
        self.waiting.pop(run.run_id, None)
        self.running[run.run_id] = run
        self.begun.append((now, run))

    def used(self, bucketing, bucket, now):
        period = bucketing.limit.period
        runs = self.running.values() if period is None else [run for at, run in self.begun if at + period > now]
        placed = [bucketing.place(run) for run in runs]
        return sum(place[1] for place in placed if place is not None and place[0] == bucket)

    def may_start(self, run, now):
        pools = [self.policy.pool_limit(pool) for pool in run.pools]
        for limit in (*self.policy.all_limits(), *(one for one in pools if one is not None)):
            bucketing = Bucketing(limit)
            place = bucketing.place(run)
            if place is not None and self.used(bucketing, place[0], now) + place[1] > limit.limit:
                return False
        return True

    def order(self, run):
        ageing = self.policy.ageing
        key = -run.priority if ageing is None else run.queued_at - run.priority * ageing
        return self.had.get(self.group(run), 0) if self.policy.fair_by else 0, key, run.seq

    def count_turn(self, run):
        fair = self.policy.fair_by
        if fair is None:
            return
        group = self.group(run)
        if not any(self.group(other) == group for other in self.waiting.values()):
            self.had[group] = max(self.had.get(group, 0), self.turn)
        self.turn = max(self.turn, self.had[group])
        self.had[group] += round(1_000_000 / fair.weights.get(group, 1))

    def next_start(self, now):
        ready = [run for run in self.waiting.values() if self.may_start(run, now)]
        if not ready:
            return None
        first = min(ready, key=self.order)
        self.count_turn(first)
        self.begin(first, now)
        return first.run_id


class Board(RuleBasedStateMachine):
    @initialize(policy=policies())
    def make(self, policy):
        self.board = QueueBoard(policy)
        self.oracle = Oracle(policy)
        self.now = 1_000 * SECOND
        self.seq = 0
        self.edited = False

    @rule(tags=run_tags, priority=st.integers(-2, 2), pools=run_pools, count=st.integers(1, 4))
    def runs_arrive(self, tags, priority, pools, count):
        for _ in range(count):
            self.seq += 1
            run = Queued(self.seq, f"r{self.seq}", "etl", priority, Micros(self.now), tags, pools=pools)
            self.board.queued(run)
            self.oracle.add(run)

    @rule(most=st.integers(1, 5))
    def runs_start(self, most):
        for _ in range(most):
            start = self.board.next_start(Micros(self.now))
            assert (start.run_id if start else None) == self.oracle.next_start(self.now)

    @precondition(lambda self: self.oracle.running)
    @rule(data=st.data())
    def a_run_ends(self, data):
        run_id = data.draw(st.sampled_from(sorted(self.oracle.running)))
        self.board.left(run_id)
        del self.oracle.running[run_id]

    @precondition(lambda self: self.oracle.running)
    @rule(data=st.data())
    def a_run_is_back_in_the_queue(self, data):
        run = self.oracle.running.pop(data.draw(st.sampled_from(sorted(self.oracle.running))))
        self.board.queued(run)
        self.oracle.add(run)

    @precondition(lambda self: self.oracle.waiting)
    @rule(data=st.data())
    def a_waiting_run_is_cancelled(self, data):
        run_id = data.draw(st.sampled_from(sorted(self.oracle.waiting)))
        self.board.left(run_id)
        del self.oracle.waiting[run_id]

    @precondition(lambda self: self.oracle.waiting)
    @rule(data=st.data(), tags=run_tags, priority=st.integers(-3, 3))
    def a_waiting_run_is_edited(self, data, tags, priority):
        old = self.oracle.waiting.pop(data.draw(st.sampled_from(sorted(self.oracle.waiting))))
        run = Queued(old.seq, old.run_id, "etl", priority, old.queued_at, tags, pools=old.pools)
        self.board.retagged(run)
        self.oracle.add(run)

    @precondition(lambda self: self.oracle.running)
    @rule(data=st.data(), tags=run_tags)
    def a_run_in_progress_is_edited(self, data, tags):
        old = self.oracle.running[data.draw(st.sampled_from(sorted(self.oracle.running)))]
        run = Queued(old.seq, old.run_id, "etl", old.priority, old.queued_at, tags, pools=old.pools)
        self.board.retagged(run)
        self.oracle.running[run.run_id] = run
        self.edited = True

    @rule(tags=run_tags, pools=run_pools)
    def a_run_starts_past_the_queue(self, tags, pools):
        self.seq += 1
        run = Queued(self.seq, f"r{self.seq}", "etl", 0, Micros(self.now), tags, pools=pools)
        self.board.started(run, Micros(self.now))
        self.oracle.count_turn(run)
        self.oracle.begin(run, self.now)

    @rule(seconds=st.integers(1, 6))
    def time_passes(self, seconds):
        self.now += seconds * SECOND

    @rule(data=st.data())
    def the_numbers_of_limits_change(self, data):
        policy = self.oracle.policy
        limits = tuple(
            RunLimit(
                **{**{f: getattr(limit, f) for f in limit.__struct_fields__}, "limit": data.draw(st.integers(0, 4))}
            )
            for limit in policy.limits
        )
        changed = QueuePolicy(
            max_concurrent_runs=policy.max_concurrent_runs,
            limits=limits,
            ageing=policy.ageing,
            fair_by=policy.fair_by,
            pools=policy.pools,
        )
        assert self.board.adopt(changed)
        self.oracle.policy = changed

    @precondition(lambda self: self.oracle.policy.fair_by is None)
    @rule()
    def the_board_is_made_anew_from_facts(self):
        begun = {run.run_id: (run, Micros(at)) for at, run in self.oracle.begun}
        ended = [one for run_id, one in begun.items() if run_id not in self.oracle.running]
        again = Counter(run.run_id for _, run in self.oracle.begun)
        if self.edited or any(many > 1 for many in again.values()):
            return  # these facts hold one start for each run, with the tags that it has now
        self.board = QueueBoard(
            self.oracle.policy,
            waiting=list(self.oracle.waiting.values()),
            in_progress=[begun[run_id] for run_id in self.oracle.running],
            recent=ended,
            now=Micros(self.now),
        )

    @invariant()
    def the_board_counts_right(self):
        if hasattr(self, "board"):
            assert self.board.waiting == len(self.oracle.waiting)
            assert self.board.holdings.keys() == self.oracle.running.keys()


Board.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestBoard = Board.TestCase
