"""Queries over the ops of a job: ``*ranker+``, ``++a``, ``graph.op``, ``tag:team=ml``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from earmark.graph.dag import reach
from earmark.tags.query import Exact, Key, Node, Term, parse, walk
from earmark.tags.query.evaluate import EPOCH, Leaf, evaluate_set
from earmark.tags.query.index import InvertedIndex
from earmark.tags.system import COMPUTE_KIND
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvalidSubsetError, did_you_mean


class OpStep(Protocol):
    """What a query asks of a step."""

    @property
    def key(self) -> str:
        """The names of its nodes, joined by dots."""

    @property
    def path(self) -> tuple[str, ...]:
        """The names of its nodes, outermost first."""

    @property
    def tags(self) -> dict[str, str]:
        """Its labels."""

    @property
    def pool(self) -> str | None:
        """The pool whose slots it takes."""


class OpSteps(Protocol):
    """The steps of a job, and what each waits for."""

    @property
    def steps(self) -> Sequence[OpStep]:
        """The steps, upstream first."""

    @property
    def upstream(self) -> Mapping[str, Iterable[str]]:
        """For each step, the steps that it waits for."""


def select_steps(queries: str | Sequence[str], plan: OpSteps) -> list[str]:
    """Return the keys of the steps that queries mean, in the order of the plan; of several, what one of them means.

    A name means an op, or all ops of a graph. ``+`` counts nodes beside the one that is named: a graph beside an op
    is one step away, with all that is in it.

    Raises:
        DagsterInvalidSubsetError: A query means no op, or names one that is not there; the error says what is near.
        QueryError: A query cannot be read; the error points at the character.
    """
    texts = [queries] if isinstance(queries, str) else list(queries)
    if not texts:
        return [step.key for step in plan.steps]
    ops = OpQueries(plan)
    found: set[int] = set()
    for text in texts:
        selected = ops.select(parse(text, "op"))
        if not selected:
            raise DagsterInvalidSubsetError(f"The op selection {text!r} means no op of the job.", op_selection=texts)
        found |= selected
    return [step.key for position, step in enumerate(plan.steps) if position in found]


class OpQueries:
    """Answers queries over the steps of a job.

    Args:
        plan: The steps and what each waits for.
        about: Values that fields have for all of them, such as ``job``.
    """

    def __init__(self, plan: OpSteps, about: Mapping[str, Iterable[str]] | None = None) -> None:
        self._steps = plan.steps
        positions = {step.key: position for position, step in enumerate(plan.steps)}
        upstream = plan.upstream
        self._parents = [[positions[key] for key in upstream[step.key]] for step in plan.steps]
        self._index: InvertedIndex[int] = InvertedIndex("op")
        self._names: set[str] = set()
        for position, step in enumerate(plan.steps):
            names = [".".join(step.path[:count]) for count in range(1, len(step.path) + 1)]
            self._names.update(names)
            kind = step.tags.get(COMPUTE_KIND)
            values: dict[str, Iterable[str]] = {**(about or {}), "key": names, "name": names}
            if step.pool is not None:
                values["pool"] = (step.pool,)
            if kind is not None:
                values["kind"] = (kind,)
            self._index.add(position, step.tags, values)

    def select(self, node: Node) -> AbstractSet[int]:
        """Return the positions of the steps that a query matches.

        Raises:
            DagsterInvalidSubsetError: It names an op that is not there.
        """
        named = [word.text for word in _words(node) if isinstance(word, Exact)]
        for name in named:
            if name not in self._names:
                raise DagsterInvalidSubsetError(
                    f"The job has no op {name!r}.{did_you_mean(name, self._names)}", op_selection=name
                )
        depth = max((name.count(".") + 1 for name in named), default=0)
        return evaluate_set(node, self._index, _Nodes(self._steps, self._parents, depth))

    def match(self, leaf: Leaf, now: Micros = EPOCH) -> AbstractSet[int]:
        """Return the positions of the steps that a term, a key or a search matches."""
        return self._index.match(leaf, now)


def _words(node: Node) -> Iterable[object]:
    for part in walk(node):
        if isinstance(part, Key):
            yield from part.names
        elif isinstance(part, Term) and part.field in ("key", "name"):
            yield from part.values


class _Nodes:
    """The nodes at one depth of a job's graph, as sets of steps: a graph at that depth counts as one node.

    Args:
        steps: The steps of the job.
        parents: For each step, the positions of those it waits for.
        depth: The depth; 0 for the steps themselves.
    """

    def __init__(self, steps: Sequence[OpStep], parents: Sequence[Sequence[int]], depth: int) -> None:
        numbers: dict[tuple[str, ...], int] = {}
        self._node_of: list[int] = []
        for step in steps:
            path = step.path[:depth] if depth else step.path
            self._node_of.append(numbers.setdefault(path, len(numbers)))
        self._steps_of: list[set[int]] = [set() for _ in numbers]
        above: list[set[int]] = [set() for _ in numbers]
        below: list[set[int]] = [set() for _ in numbers]
        for position, node in enumerate(self._node_of):
            self._steps_of[node].add(position)
            for parent in parents[position]:
                other = self._node_of[parent]
                if other != node:
                    above[node].add(other)
                    below[other].add(node)
        self._above = [sorted(one) for one in above]
        self._below = [sorted(one) for one in below]

    def upstream(self, start: AbstractSet[int], depth: int | None) -> AbstractSet[int]:
        """Return the steps of what lies up to ``depth`` nodes upstream."""
        return start | self._around(start, self._above, depth)

    def downstream(self, start: AbstractSet[int], depth: int | None) -> AbstractSet[int]:
        """Return the steps of what lies up to ``depth`` nodes downstream."""
        return start | self._around(start, self._below, depth)

    def _around(self, start: AbstractSet[int], near: Sequence[Sequence[int]], depth: int | None) -> set[int]:
        nodes = {self._node_of[position] for position in start}
        return self._inside(reach(nodes, near, depth) - nodes)

    def _inside(self, nodes: Iterable[int]) -> set[int]:
        found: set[int] = set()
        return found.union(*(self._steps_of[node] for node in nodes))

    def roots(self, among: AbstractSet[int]) -> AbstractSet[int]:
        """Return those steps that wait for no other of them."""
        return among - self._beyond(among, self._below)

    def sinks(self, among: AbstractSet[int]) -> AbstractSet[int]:
        """Return those steps that no other of them waits for."""
        return among - self._beyond(among, self._above)

    def _beyond(self, among: AbstractSet[int], near: Sequence[Sequence[int]]) -> set[int]:
        nodes = {self._node_of[position] for position in among}
        return self._inside(reach({other for node in nodes for other in near[node]}, near))
