"""The queue by example: who starts, who waits, and what is said about it."""

from __future__ import annotations

import msgspec
import pytest

from earmark.decide.queue import QueueBoard, Queued
from earmark.runs.limits import FairShare, PoolLimits, QueuePolicy, RunLimit, limit_data, read_limit
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvariantViolationError, SettingsError

SECOND = 1_000_000


class Line:
    """A board, and runs that are numbered as they arrive."""

    def __init__(self, *limits: RunLimit, **policy):
        self.board = QueueBoard(QueuePolicy(limits=limits, **policy))
        self.seq = 0

    def add(self, *names: str, priority: int = 0, at: int = 0, job: str = "etl", **tags: str):
        for name in names:
            self.seq += 1
            self.board.queued(Queued(self.seq, name, job, priority, Micros(at), tags))
        return self

    def start(self, at: int = 0, most: int | None = None) -> list[str]:
        return [start.run_id for start in self.board.starts(Micros(at), most)]


def test_without_limits_all_start_by_priority_then_age():
    line = Line().add("old").add("new").add("first", priority=1).add("last", priority=-1)
    assert line.start() == ["first", "old", "new", "last"]


def test_no_more_than_ten_runs_are_in_progress_by_default():
    line = Line().add(*(f"r{number}" for number in range(12)))
    assert len(line.start()) == 10
    line.board.left("r0")
    assert line.start() == ["r10"]


def test_zero_runs_at_once_means_none_and_minus_one_any_number():
    assert Line(max_concurrent_runs=0).add("a").start() == []
    assert len(Line(max_concurrent_runs=-1).add(*(str(n) for n in range(50))).start()) == 50


def test_a_blocked_run_holds_back_none_behind_it():
    line = Line(RunLimit(key="team", value="ml", limit=1)).add("a", "b", "c", team="ml", priority=9).add("d")
    assert line.start() == ["a", "d"]


def test_without_a_value_all_runs_with_the_key_share_one_limit():
    line = Line(RunLimit(key="team", limit=2)).add("a", team="x").add("b", team="y").add("c", team="z").add("d")
    assert line.start() == ["a", "b", "d"]


def test_each_value_may_have_its_own():
    line = Line(RunLimit(key="team", per_value=True, limit=1))
    line.add("a", "b", team="x").add("c", team="y").add("d")
    assert line.start() == ["a", "c", "d"]


def test_no_slot_is_taken_by_a_run_that_another_gate_stops():
    line = Line(RunLimit(key="a", limit=1), RunLimit(key="b", limit=1))
    line.add("holds-b", b="").add("needs-both", a="", b="").add("needs-a", a="")
    assert line.start() == ["holds-b", "needs-a"]


def test_a_limit_by_a_query_is_split_by_tags():
    line = Line(RunLimit(where="tag:team=ml not tag:tier=gold", per=("env",), limit=1))
    line.add("a", "b", team="ml", env="dev").add("c", team="ml", env="prod").add("d", "e", team="ml", tier="gold")
    line.add("f", "g", team="ml")
    assert line.start() == ["a", "c", "d", "e", "f"]


def test_a_query_may_ask_for_the_job():
    assert Line(RunLimit(where="job:etl_*", limit=1)).add("a", "b", job="etl_x").add("c", job="y").start() == ["a", "c"]


def test_a_heavy_run_waits_and_a_light_one_behind_it_does_not():
    line = Line(RunLimit(key="gb", weight="gb", limit=10))
    line.add("a", gb="6").add("heavy", gb="8").add("light", gb="4").add("one", gb="unknown")
    assert line.start() == ["a", "light"]
    line.board.left("a")
    assert line.start() == ["one"]
    line.board.left("light")
    assert line.start() == ["heavy"]


def test_so_many_starts_in_a_period_and_then_time_opens_the_gate():
    line = Line(RunLimit(key="api", limit=2, period=60 * SECOND)).add("a", "b", "c", api="")
    assert line.start(at=0) == ["a", "b"]
    line.board.left("a")
    line.board.left("b")
    assert line.start(at=59 * SECOND) == []
    assert line.board.opens_at == 60 * SECOND
    assert line.start(at=60 * SECOND) == ["c"]


def test_with_ageing_waiting_counts_as_priority():
    line = Line(max_concurrent_runs=1, ageing=60 * SECOND).add("patient", at=0)
    line.add("urgent", priority=2, at=100 * SECOND).add("late", priority=2, at=130 * SECOND)
    assert line.start() == ["urgent"]
    line.board.left("urgent")
    assert line.start() == ["patient"]


def test_teams_take_turns_by_their_weight_whatever_the_priority():
    line = Line(max_concurrent_runs=1, fair_by=FairShare("team", {"ml": 2}))
    line.add(*(f"m{n}" for n in range(9)), team="ml", priority=9).add(*(f"c{n}" for n in range(9)), team="core")
    order = []
    for _ in range(9):
        (run_id,) = line.start()
        order.append(run_id[0])
        line.board.left(run_id)
    assert (order.count("m"), order.count("c")) == (6, 3)


def test_a_team_that_was_away_does_not_make_up_for_all_it_missed():
    line = Line(max_concurrent_runs=1, fair_by=FairShare("team"))
    line.add(*(f"m{n}" for n in range(20)), team="ml")
    for _ in range(10):
        line.board.left(line.start()[0])
    line.add(*(f"c{n}" for n in range(9)), team="core")
    order = []
    for _ in range(6):
        (run_id,) = line.start()
        order.append(run_id[0])
        line.board.left(run_id)
    assert order.count("c") == 3


def test_a_paused_queue_starts_nothing():
    line = Line().add("a")
    line.board.paused = True
    assert line.start() == []
    line.board.paused = False
    assert line.start() == ["a"]


def test_a_raised_number_holds_at_once_and_a_new_limit_needs_a_new_board():
    line = Line(RunLimit(key="team", limit=1)).add("a", "b", "c", team="x")
    assert line.start() == ["a"]
    assert line.board.adopt(QueuePolicy(limits=(RunLimit(key="team", limit=2),)))
    assert line.start() == ["b"]
    assert not line.board.adopt(QueuePolicy(limits=(RunLimit(key="env", limit=2),)))
    assert line.board.policy.limits[0].key == "team"


def test_a_run_told_to_have_started_twice_holds_one_slot():
    line = Line(RunLimit(key="team", limit=2)).add("a", "b", team="x")
    (first,) = line.start(most=1)
    line.board.started(Queued(1, first, "etl", 0, Micros(0), {"team": "x"}), Micros(0))
    assert line.start() == ["b"]


def test_edited_tags_move_a_waiting_run_and_keep_its_age():
    line = Line(RunLimit(key="team", value="ml", limit=0)).add("a", team="ml").add("b")
    line.board.retagged(Queued(0, "a", "etl", 0, Micros(0), {"team": "core"}))
    assert line.start() == ["a", "b"]


def test_edited_tags_move_what_a_run_in_progress_holds():
    line = Line(RunLimit(key="team", per_value=True, limit=1)).add("a", team="x").add("b", team="x").add("c", team="y")
    assert line.start(most=1) == ["a"]
    line.board.retagged(Queued(0, "a", "etl", 0, Micros(0), {"team": "y"}))
    assert line.start() == ["b"]


def test_a_board_is_made_from_facts():
    tags = {"team": "x", "api": ""}
    policy = QueuePolicy(limits=(RunLimit(key="team", limit=2), RunLimit(key="api", limit=2, period=60 * SECOND)))
    board = QueueBoard(
        policy,
        waiting=[Queued(3, "c", "etl", 0, Micros(0), tags), Queued(4, "d", "etl", 0, Micros(0), {"team": "x"})],
        in_progress=[(Queued(2, "b", "etl", 0, Micros(0), tags), Micros(50 * SECOND))],
        recent=[(Queued(1, "a", "etl", 0, Micros(0), tags), Micros(10 * SECOND))],
        now=Micros(60 * SECOND),
    )
    assert [start.run_id for start in board.starts(Micros(60 * SECOND))] == ["d"]
    board.left("b")
    assert [start.run_id for start in board.starts(Micros(70 * SECOND))] == ["c"]


def test_a_start_keeps_the_record_of_the_gates_it_passed():
    line = Line(RunLimit(key="team", per_value=True, limit=2)).add("a", team="x", at=5)
    (start,) = line.board.starts(Micros(25))
    assert start.waited == 20
    assert {(gate.limit, gate.bucket, gate.used, gate.allowed) for gate in start.gates} == {
        ("max_concurrent_runs", "max_concurrent_runs", 1, 10),
        ("each team", "each team (team=x)", 1, 2),
    }


def test_a_waiting_run_is_explained_by_the_gates_in_its_way():
    line = Line(RunLimit(key="team", value="ml", limit=2), RunLimit(key="env", limit=9))
    line.add("a", "b", "c", "d", team="ml", env="prod").add("e", env="dev")
    line.start()
    told = line.board.explain("d")
    assert (told.position, told.waiting) == (2, 2)
    (shut,) = told.blocked_by
    assert (shut.bucket, shut.used, shut.allowed, shut.holders, shut.before) == ("team=ml", 2, 2, ("a", "b"), 1)
    assert shut.to_open == "a run that holds it would have to end, or the limit 'team=ml' be raised"
    assert told.lines()[:3] == [
        "Run d waits since 1970-01-01 00:00:00+00:00, with priority 0, in place 2 of 2.",
        "team=ml: shut, 2 of 2 taken; 1 before it in line.",
        "  held by a, b",
    ]


def test_a_run_that_is_too_heavy_for_ever_is_told_so():
    line = Line(RunLimit(key="gb", weight="gb", limit=10)).add("a", gb="64")
    line.start()
    assert "more than there ever is" in line.board.explain("a").blocked_by[0].to_open


def test_a_run_behind_a_rate_is_told_when_the_gate_opens():
    line = Line(RunLimit(key="api", limit=1, period=60 * SECOND)).add("a", "b", api="")
    line.start(at=5 * SECOND)
    (shut,) = line.board.explain("b").blocked_by
    assert shut.opens_at == 65 * SECOND
    assert "1970-01-01 00:01:05" in shut.to_open


def test_a_paused_queue_is_the_explanation():
    line = Line().add("a")
    line.board.paused = True
    assert "The queue is paused: nothing starts until it is resumed." in line.board.explain("a").lines()


def test_only_a_waiting_run_has_an_explanation():
    line = Line().add("a")
    line.start()
    with pytest.raises(DagsterInvariantViolationError, match="it is in progress"):
        line.board.explain("a")
    with pytest.raises(DagsterInvariantViolationError, match="not in the queue"):
        line.board.explain("x")


def test_what_is_over_leaves_nothing_behind():
    line = Line(RunLimit(key="customer", per_value=True, limit=1), RunLimit(key="api", limit=1, period=SECOND))
    for number in range(100):
        line.add(f"r{number}", customer=str(number), api="")
        line.start(at=number * SECOND)
        line.board.left(f"r{number}")
    line.start(at=200 * SECOND)
    assert sum(len(state.buckets) for state in line.board.limits) == 0
    assert not line.board.holdings


@pytest.mark.parametrize(
    "raw",
    [
        {"key": "database", "value": "redshift", "limit": 4},
        {"key": "customer", "value": {"applyLimitPerUniqueValue": True}, "limit": 1},
        {"where": "tag:a or job:b", "per": ["team", "env"], "limit": 0, "name": "some"},
        {"key": "gb", "weight": "gb", "limit": 64, "period": "1h"},
        {"where": "*", "limit": 1, "period": 90},
    ],
)
def test_a_limit_survives_being_kept_as_a_setting(raw):
    limit = read_limit(raw)
    assert read_limit(limit_data(limit)) == limit


@pytest.mark.parametrize("weight", [0, -1, 1e9])
def test_a_share_is_above_nothing(weight):
    with pytest.raises(SettingsError, match="above 0"):
        FairShare("team", {"ml": weight})


def _pooled(policy: QueuePolicy, *runs: tuple[str, tuple[str, ...]]) -> QueueBoard:
    board = QueueBoard(policy)
    for seq, (run_id, pools) in enumerate(runs):
        board.queued(Queued(seq, run_id, "etl", 0, Micros(seq), {}, None, pools))
    return board


def test_a_run_holds_all_its_pools_from_its_start_to_its_end_where_runs_wait_for_pools():
    policy = QueuePolicy(pools=PoolLimits(default=-1, limits={"db": 1, "gpu": 1}, by_run=True))
    board = _pooled(
        policy, ("both", ("gpu", "db")), ("db", ("db",)), ("gpu", ("gpu",)), ("api", ("api",)), ("none", ())
    )
    assert [start.run_id for start in board.starts(Micros(10))] == ["both", "api", "none"]
    found = board.explain("db")
    (shut,) = found.blocked_by
    assert (shut.limit, shut.holders, shut.used, shut.allowed) == ("pool:db", ("both",), 1, 1)
    assert "the limit 'pool:db' be raised" in shut.to_open
    board.left("both")
    assert [start.run_id for start in board.starts(Micros(11))] == ["db", "gpu"]


def test_a_run_that_lacks_one_of_its_pools_takes_none_of_the_others():
    policy = QueuePolicy(pools=PoolLimits(limits={"db": 1, "gpu": 1}, by_run=True))
    board = _pooled(policy, ("gpu", ("gpu",)), ("both", ("db", "gpu")), ("db", ("db",)))
    assert [start.run_id for start in board.starts(Micros(10))] == ["gpu", "db"]
    board.left("gpu")
    assert board.starts(Micros(11)) == []
    board.left("db")
    assert [start.run_id for start in board.starts(Micros(12))] == ["both"]


def test_pools_hold_no_run_back_where_steps_wait_for_them():
    board = _pooled(QueuePolicy(), ("a", ("db",)), ("b", ("db",)))
    assert len(board.starts(Micros(10))) == 2


def test_changed_slots_of_pools_need_a_board_made_anew():
    policy = QueuePolicy(pools=PoolLimits(limits={"db": 1}, by_run=True))
    board = _pooled(policy, ("a", ("db",)))
    assert not board.adopt(msgspec.structs.replace(policy, pools=PoolLimits(limits={"db": 2}, by_run=True)))
