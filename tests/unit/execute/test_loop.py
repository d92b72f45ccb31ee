"""The loop over a run's steps: slots of pools, failures, limits, with workers that only pretend."""

from collections import deque

from earmark import DagsterInstance, job, op
from earmark.decide.steps import TagLimit
from earmark.events.kinds import StepWaiting
from earmark.execute.event_log import all_events
from earmark.execute.executors.loop import StepLoop
from earmark.execute.request import new_run
from earmark.execute.run import RunExecution
from earmark.execute.run_config import resolve_run_config
from earmark.execute.step import StepFailure, StepSuccess
from earmark.runs.request import RunAsk


class Pretending:
    """Workers whose steps go on until somebody waits, and then end one at a time, the first begun first."""

    def __init__(self, failing=()):
        self.failing, self.going, self.most, self.began = set(failing), deque(), 0, []

    @property
    def busy(self):
        return bool(self.going)

    def start(self, step, attempt):
        self.began.append(step.key)
        self.going.append(step)
        self.most = max(self.most, len(self.going))

    def wait(self, seconds):
        step = self.going.popleft()
        failed = step.key in self.failing
        return [(step, StepFailure(ValueError(step.key)) if failed else StepSuccess(frozenset({"result"})))]


class OneSlot:
    """A pool with one slot, which another run holds for the first few times it is asked."""

    def __init__(self, busy_for):
        self.busy_for, self.held = busy_for, None

    def acquire(self, step):
        if self.busy_for > 0:
            self.busy_for -= 1
            return False
        if self.held is not None:
            return False
        self.held = step.key
        return True

    def release(self, step):
        assert self.held == step.key
        self.held = None


def executed(made, workers, **settings):
    def execute(run, *, stop_at_first_failure=False, pools=None):
        loop = StepLoop(run, workers, stop_at_first_failure=stop_at_first_failure, sleep=lambda _: None, **settings)
        return loop.execute()

    with DagsterInstance.ephemeral() as instance:
        plan = made.plan()
        run = new_run(made, plan, instance, RunAsk()).run
        config = resolve_run_config(made, plan, None)
        ended = RunExecution(made, run, plan, instance, config, execute=execute).execute()
        return ended, all_events(instance.store, run.run_id)


def several(*ops):
    @job
    def j():
        for one in ops:
            one()

    return j


def test_a_step_that_waits_for_a_pool_says_so_once_and_starts_when_there_is_a_slot():
    pooled = [op(name=f"p{n}", pool="db")(lambda: None) for n in range(3)]
    free = op(name="q")(lambda: None)
    workers, pool = Pretending(), OneSlot(busy_for=3)
    ended, events = executed(several(*pooled, free), workers, pools=pool)
    assert ended.is_success
    assert workers.began == ["q", "p0", "p1", "p2"]
    waiting = [event.step_key for event in events if isinstance(event.fact, StepWaiting)]
    assert sorted(waiting) == ["p0", "p1", "p2"]
    assert pool.held is None


def test_as_many_steps_run_at_once_as_limits_allow():
    heavy = [op(name=f"h{n}", tags={"weight": "heavy"})(lambda: None) for n in range(3)]
    light = [op(name=f"l{n}")(lambda: None) for n in range(3)]
    workers = Pretending()
    ended, _ = executed(several(*heavy, *light), workers, tag_limits=[TagLimit("weight", 1, "heavy")], max_concurrent=3)
    assert ended.is_success
    assert workers.began[:3] == ["h0", "l0", "l1"]
    assert workers.most == 3


def test_a_failure_is_told_with_all_other_failures_at_the_end_of_the_run():
    ops = [op(name=name)(lambda: None) for name in ("a", "b", "c")]
    ended, events = executed(several(*ops), Pretending(failing=["a", "c"]))
    assert ended.is_failure
    assert events[-1].fact.failed_steps == ("a", "c")
