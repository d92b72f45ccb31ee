"""The board of steps ends every step as a plain reading of the plan says, whatever the order in which steps end."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from earmark.decide.steps import StepBoard, StepState, TagLimit
from earmark.plan.plan import Plan
from earmark.plan.step import (
    FromCollected,
    FromMany,
    FromMapped,
    FromStep,
    Step,
    StepInput,
    StepOutput,
    upstream_steps,
)

BAD = (StepState.FAILED, StepState.ABANDONED)


@dataclass
class Wish:
    """A plan, and for each step how it will end once it runs."""

    plan: Plan
    seed: int
    dynamic: dict[str, str] = field(default_factory=dict)

    def _chance(self, key: str) -> random.Random:
        return random.Random(f"{self.seed}/{key}")

    def fails(self, key: str) -> bool:
        return self._chance(key).random() < 0.2

    def gives(self, step: Step) -> bool:
        return step.outputs[0].is_required or self._chance(f"{step.key}?").random() < 0.5

    def keys(self, key: str) -> tuple[str, ...]:
        return tuple(f"k{number}" for number in range(self._chance(f"{key}!").randrange(4)))


@st.composite
def wishes(draw):
    steps: list[Step] = []
    plain: list[str] = []
    dynamic: list[str] = []
    mapped: list[tuple[str, str]] = []  # step, the dynamic step it is mapped over
    for number in range(draw(st.integers(1, 9))):
        key = f"s{number}"
        kind = draw(st.sampled_from("PPPDMC"))
        if (kind in "MC" and not dynamic) or (kind == "C" and not (dynamic or mapped)):
            kind = "P"
        some = st.lists(st.sampled_from(plain), max_size=2, unique=True) if plain else st.just([])
        inputs = [StepInput(f"i{n}", FromStep(up)) for n, up in enumerate(draw(some))]
        after: tuple[str, ...] = ()
        over: FromStep | None = None
        out = StepOutput("result", is_required=draw(st.booleans()), is_dynamic=kind == "D")
        if kind == "P":
            fan = draw(some)
            if fan and draw(st.booleans()):
                inputs = [StepInput("many", FromMany(tuple(FromStep(up) for up in fan)))]
            elif draw(st.booleans()):
                after = tuple(draw(some))
        elif kind == "M":
            origin = draw(st.sampled_from(dynamic))
            nearer = [origin, *(name for name, its in mapped if its == origin)]
            inputs.append(StepInput("element", FromMapped(draw(st.sampled_from(nearer)))))
            over = FromStep(origin)
            mapped.append((key, origin))
        elif kind == "C":
            inputs.append(StepInput("all", FromCollected(draw(st.sampled_from([*dynamic, *(m for m, _ in mapped)])))))
        if kind == "D":
            dynamic.append(key)
        if kind in "PC":
            plain.append(key)
        tags, priority = draw(st.sampled_from([{}, {"w": "a"}, {"w": "b"}])), draw(st.integers(-1, 1))
        given = tuple(inputs)
        steps.append(Step(key, (key,), key, given, (out,), after, tags=tags, priority=priority, mapped_over=over))
    return Wish(Plan("job", tuple(steps)), draw(st.integers(0, 10_000)))


def read_plainly(wish: Wish) -> dict[str, StepState]:
    """The end of every step, by looking at each after all that it waits for."""
    ends: dict[str, StepState] = {}
    gave: dict[str, bool] = {}

    def end(step: Step, key: str, ups: list[str], sources: list[list[str]]) -> None:
        if any(ends[up] in BAD for up in ups):
            ends[key], gave[key] = StepState.ABANDONED, False
        elif any(found and not any(gave[up] for up in found) for found in sources) or any(
            ends[up] is StepState.SKIPPED for up in step.after
        ):
            ends[key], gave[key] = StepState.SKIPPED, False
        elif wish.fails(key):
            ends[key], gave[key] = StepState.FAILED, False
        else:
            ends[key] = StepState.SUCCEEDED
            gave[key] = step.outputs[0].is_dynamic or wish.gives(Step(key, (key,), key, outputs=step.outputs))

    def sources_of(step: Step, mapping_key: str | None) -> list[list[str]]:
        found = []
        for one in step.inputs:
            source = one.source
            if isinstance(source, FromMany):
                found.append([part.step for part in source.sources])
            elif isinstance(source, FromStep):
                found.append([source.step])
            elif isinstance(source, FromMapped):
                up = wish.plan.by_key[source.step]
                found.append([source.step if up.outputs[0].is_dynamic else f"{source.step}[{mapping_key}]"])
            elif isinstance(source, FromCollected):
                # A collector has its list unless what it collects never was.
                found.append([] if ends[source.step] is not StepState.SKIPPED else [source.step])
        return found

    for step in wish.plan.steps:
        ups = list(upstream_steps(step))
        if step.mapped_over is None:
            end(step, step.key, ups, sources_of(step, None))
            continue
        origin = step.mapped_over.step
        if ends[origin] is not StepState.SUCCEEDED:
            bad = any(ends[up] in BAD for up in ups)
            ends[step.key] = StepState.ABANDONED if bad else StepState.SKIPPED
            gave[step.key] = False
            continue
        made = []
        for mapping_key in wish.keys(origin):
            key = f"{step.key}[{mapping_key}]"
            own = [up if wish.plan.by_key[up].mapped_over is None else f"{up}[{mapping_key}]" for up in ups]
            end(step, key, own, sources_of(step, mapping_key))
            made.append(key)
        bad = any(ends[one] in BAD for one in (*made, *ups))
        ends[step.key] = StepState.ABANDONED if bad else StepState.SUCCEEDED
        gave[step.key] = not bad
    return ends


LIMITS = [
    (),
    (TagLimit("w", 1),),
    (TagLimit("w", 1, "a"),),
    (TagLimit("w", 1, per_value=True),),
    (TagLimit("w", 2), TagLimit("w", 1, "b")),
]


def within(limits: tuple[TagLimit, ...], running: list[Step]) -> bool:
    for limit in limits:
        tagged = [step.tags["w"] for step in running if "w" in step.tags]
        if limit.value is not None:
            tagged = [value for value in tagged if value == limit.value]
        groups = [tagged.count(value) for value in set(tagged)] if limit.per_value else [len(tagged)]
        if any(count > limit.limit for count in groups):
            return False
    return True


@given(wishes(), st.sampled_from(LIMITS), st.sampled_from([None, 1, 2]), st.integers(0, 1000))
def test_every_step_ends_as_the_plan_says_and_limits_hold_on_the_way(wish, limits, most, seed) -> None:
    chance = random.Random(seed)
    board = StepBoard(wish.plan, tag_limits=limits, max_concurrent=most)
    running: list[Step] = []
    began: list[str] = []
    while not board.is_done:
        while (step := board.take()) is not None:
            for up in upstream_steps(step):
                assert board.state(up) is not StepState.RUNNING
            running.append(step)
            began.append(step.key)
            assert within(limits, running)
            assert most is None or len(running) <= most
        assert running, "steps are left, but none may start"
        step = running.pop(chance.randrange(len(running)))
        if chance.random() < 0.1:
            board.retry(step.key)
        elif wish.fails(step.key):
            board.fail(step.key)
        elif step.outputs[0].is_dynamic:
            board.succeed(step.key, ["result"], {"result": wish.keys(step.key)})
        else:
            board.succeed(step.key, ["result"] if wish.gives(step) else [])
    expected = read_plainly(wish)
    assert {key: board.state(key) for key in expected} == expected
    ran = {key for key, state in expected.items() if state in (StepState.SUCCEEDED, StepState.FAILED)}
    placeholders = {step.key for step in wish.plan.steps if step.mapped_over is not None}
    assert set(began) == ran - placeholders
    told = [skip.step.key for skip in board.skips]
    assert len(told) == len(set(told))
    never = {key for key, state in expected.items() if state in (StepState.ABANDONED, StepState.SKIPPED)}
    assert never - placeholders <= set(told) <= never


@given(wishes(), st.integers(0, 1000))
def test_a_single_worker_takes_the_highest_priority_that_is_ready(wish, seed) -> None:
    board = StepBoard(wish.plan, max_concurrent=1)
    while not board.is_done:
        ready = [board.step(key) for key in board.keys_in(StepState.READY)]
        step = board.take()
        assert step is not None
        assert step.priority == max(one.priority for one in ready)
        if wish.fails(step.key):
            board.fail(step.key)
        else:
            dynamic = step.outputs[0].is_dynamic
            board.succeed(step.key, ["result"], {"result": wish.keys(step.key)} if dynamic else None)


def test_thousands_of_steps_behind_one_limit_are_not_looked_at_again_and_again() -> None:
    looked = 0

    class Tags(dict):
        def get(self, *arguments):
            nonlocal looked
            looked += 1
            return super().get(*arguments)

    count = 3000
    steps = tuple(Step(f"s{n}", (f"s{n}",), "s", tags=Tags(w="a")) for n in range(count))
    board = StepBoard(Plan("job", steps), tag_limits=[TagLimit("w", 1)])
    for _ in range(count):
        step = board.take()
        assert step is not None
        assert board.take() is None
        board.succeed(step.key, [])
    assert board.is_done
    assert looked < 20 * count
