"""How ``@graph`` and ``@job`` functions become graphs: calling a node inside one records it."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Protocol

import msgspec

from earmark.define.ports import runner
from earmark.define.tags import op_tags
from earmark.specs.graph import CollectedFrom, FanIn, FromAsset, FromGraphInput, GraphSpec, InputSource, OutputOf
from earmark.specs.naming import check_name
from earmark.specs.op import OpSpec
from earmark.specs.policy import RetryPolicy
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    caller_location,
    did_you_mean,
)
from earmark.values.keys import AssetKey


class NodeDefinition(Protocol):
    """An op or a graph, as far as composing graphs is concerned."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def node_type_str(self) -> str:
        """``op`` or ``graph``."""

    @property
    def spec(self) -> OpSpec | GraphSpec:
        """It as data."""

    @property
    def required_resource_keys(self) -> frozenset[str]:
        """The keys of resources that it asks for."""

    @property
    def hook_defs(self) -> frozenset[Any]:
        """Hooks that follow it wherever it is used."""


class Node(msgspec.Struct, frozen=True):
    """One use of an op or graph inside a graph."""

    name: str
    definition: NodeDefinition
    inputs: dict[str, InputSource] = {}
    tags: dict[str, str] = {}
    hooks: frozenset[Any] = frozenset()
    retry_policy: RetryPolicy | None = None


class OutputHandle(msgspec.Struct, frozen=True):
    """Stands for an output of a node while a graph is being composed; give it to other nodes, or return it."""

    node_name: str
    output_name: str
    node_type: str = "op"

    def __iter__(self) -> Any:
        raise DagsterInvariantError(self, "iterated over")

    def __getitem__(self, item: object) -> Any:
        raise DagsterInvariantError(self, "indexed")

    def alias(self, _name: str) -> Any:
        """Refuse, and say how to do it right."""
        raise DagsterInvariantError(self, "given an alias; do so before calling the op")


def DagsterInvariantError(handle: OutputHandle, what: str) -> DagsterInvalidDefinitionError:
    """Say that a handle was used as if it were a value."""
    return DagsterInvalidDefinitionError(
        f"The output {handle.output_name!r} of {handle.node_name!r} was {what} inside a graph. A graph's function only"
        " wires nodes together; it runs before there are any values.",
        where=caller_location(),
        hint="For several outputs use out={...}; for any number of values use DynamicOut.",
    )


class CollectedHandle(msgspec.Struct, frozen=True):
    """Stands for all values of a dynamic output, as a list."""

    node_name: str
    output_name: str


class DynamicHandle(msgspec.Struct, frozen=True):
    """Stands for a dynamic output: ``map`` it, or ``collect`` it."""

    node_name: str
    output_name: str

    def map(self, function: Callable[[Any], Any]) -> Any:
        """Call ``function`` with one element; what it adds to the graph runs once for each element."""
        given = function(OutputHandle(self.node_name, self.output_name))
        if isinstance(given, OutputHandle):
            return DynamicHandle(given.node_name, given.output_name)
        if isinstance(given, DynamicHandle):
            return given
        if isinstance(given, tuple) and all(isinstance(one, OutputHandle) for one in given):
            mapped = [DynamicHandle(one.node_name, one.output_name) for one in given]
            made: Any = type(given)
            return made(*mapped) if hasattr(given, "_fields") else tuple(mapped)
        if given is None:
            return None
        raise DagsterInvalidDefinitionError(
            f"The function given to .map() returns an output of a node, several, or None, not {given!r}.",
            where=caller_location(),
        )

    def collect(self) -> CollectedHandle:
        """Return what stands for the list of all elements."""
        return CollectedHandle(self.node_name, self.output_name)


class GraphInputHandle(msgspec.Struct, frozen=True):
    """Stands for an input of the graph being composed."""

    name: str


class Composition:
    """A graph being composed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: dict[str, Node] = {}

    def add(self, pending: PendingNodeInvocation, inputs: dict[str, InputSource]) -> str:
        """Add a use of a node and return the name it has in the graph.

        Raises:
            DagsterInvalidDefinitionError: The alias it was given is taken.
        """
        wanted = pending.given_alias or pending.node_def.name
        name = wanted
        count = 1
        while name in self.nodes:
            if pending.given_alias:
                raise DagsterInvalidDefinitionError(
                    f"{self.name} has two nodes called {name!r}; give one of them another alias.",
                    where=caller_location(),
                )
            count += 1
            name = f"{wanted}_{count}"
        self.nodes[name] = Node(
            name, pending.node_def, inputs, dict(pending.tags or {}), pending.hook_defs, pending.retry_policy
        )
        return name


_current: ContextVar[Composition | None] = ContextVar("composition", default=None)


def is_composing() -> bool:
    """Say whether a graph's function runs right now."""
    return _current.get() is not None


def compose(name: str, function: Callable[..., Any], arguments: Mapping[str, Any]) -> tuple[dict[str, Node], Any]:
    """Run a graph's function and return the nodes it added and what it returned."""
    composition = Composition(name)
    token = _current.set(composition)
    try:
        returned = function(**arguments)
    finally:
        _current.reset(token)
    return composition.nodes, returned


class PendingNodeInvocation:
    """An op or graph with an alias, tags, hooks or a retry policy, before it is called inside a graph.

    Example:
        >>> @em.op
        ... def one():
        ...     return 1
        >>> isinstance(one.alias("uno"), PendingNodeInvocation)
        True
        >>> @em.job
        ... def counting():
        ...     one.alias("uno").tag({"language": "es"})()
        >>> counting.execute_in_process().output_for_node("uno")
        1
    """

    __slots__ = ("given_alias", "hook_defs", "node_def", "retry_policy", "tags")

    def __init__(
        self,
        node_def: NodeDefinition,
        alias: str | None = None,
        tags: Mapping[str, str] | None = None,
        hooks: frozenset[Any] = frozenset(),
        retry_policy: RetryPolicy | None = None,
    ) -> None:
        self.node_def = node_def
        self.given_alias = alias
        self.tags = tags
        self.hook_defs = hooks
        self.retry_policy = retry_policy

    def alias(self, name: str) -> PendingNodeInvocation:
        """Return it under another name."""
        return self._with(alias=check_name(name, "op"))

    def tag(self, tags: Mapping[str, Any] | None) -> PendingNodeInvocation:
        """Return it with more tags; given tags win."""
        return self._with(tags={**(self.tags or {}), **op_tags(tags)})

    def with_hooks(self, hook_defs: Any) -> PendingNodeInvocation:
        """Return it with more hooks."""
        return self._with(hooks=self.hook_defs | frozenset(hook_defs))

    def with_retry_policy(self, retry_policy: RetryPolicy) -> PendingNodeInvocation:
        """Return it with another retry policy."""
        return self._with(retry_policy=retry_policy)

    def to_job(self, **options: Any) -> Any:
        """Make a job of the graph; arguments as :meth:`GraphDefinition.to_job`."""
        graph = self._graph()
        options.setdefault("name", self.given_alias or graph.name)
        options["tags"] = {**(self.tags or {}), **(options.get("tags") or {})}
        options["hooks"] = self.hook_defs | frozenset(options.get("hooks") or ())
        return graph.to_job(**options)

    def execute_in_process(self, **options: Any) -> Any:
        """Execute the graph; arguments as :meth:`GraphDefinition.execute_in_process`."""
        job = self.to_job(resource_defs=options.pop("resources", None), input_values=options.pop("input_values", None))
        return job.execute_in_process(**options)

    def _graph(self) -> Any:
        if self.node_def.node_type_str == "graph":
            return self.node_def
        raise DagsterInvalidInvocationError(f"{self.node_def.name!r} is an op; only a graph can be made a job.")

    def _with(self, **changes: Any) -> PendingNodeInvocation:
        fields = {
            "alias": self.given_alias,
            "tags": self.tags,
            "hooks": self.hook_defs,
            "retry_policy": self.retry_policy,
        }
        return PendingNodeInvocation(self.node_def, **{**fields, **changes})

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        composition = _current.get()
        if composition is None:
            return runner().invoke(self.node_def, args, kwargs)
        inputs = _bind(self.node_def, args, kwargs, composition)
        name = composition.add(self, inputs)
        return _handles(name, self.node_def)


def _bind(
    node: NodeDefinition, args: Sequence[Any], kwargs: Mapping[str, Any], composition: Composition
) -> dict[str, InputSource]:
    names = [spec.name for spec in node.spec.inputs]
    if len(args) > len(names):
        raise DagsterInvalidDefinitionError(
            f"{node.name!r} takes {len(names)} inputs ({', '.join(names)}), but was given {len(args)} in"
            f" {composition.name!r}.",
            where=caller_location(),
        )
    given = dict(zip(names, args, strict=False))
    for key, value in kwargs.items():
        if key not in names:
            # "start" and the like: an input of type Nothing may be given under any name that the op declares.
            raise DagsterInvalidDefinitionError(
                f"{node.name!r} has no input {key!r}; it has {', '.join(names) or 'none'}.{did_you_mean(key, names)}",
                where=caller_location(),
            )
        if key in given:
            raise DagsterInvalidDefinitionError(
                f"{node.name!r} was given {key!r} twice in {composition.name!r}.", where=caller_location()
            )
        given[key] = value
    return {key: source_of(value, f"input {key!r} of {node.name!r}") for key, value in given.items()}


def source_of(value: Any, what: str) -> InputSource:
    """Return what an argument given to a node inside a graph stands for.

    Raises:
        DagsterInvalidDefinitionError: It is a plain value; graphs are wired before there are values.
    """
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        sources = tuple(source_of(one, what) for one in value)
        return FanIn(tuple(one for one in sources if isinstance(one, (OutputOf, CollectedFrom, FromGraphInput))))
    match value:
        case OutputHandle():
            return OutputOf(value.node_name, value.output_name)
        case CollectedHandle():
            return CollectedFrom(value.node_name, value.output_name)
        case GraphInputHandle():
            return FromGraphInput(value.name)
        case DynamicHandle():
            raise DagsterInvalidDefinitionError(
                f"The {what} was given the dynamic output of {value.node_name!r} as it is.",
                where=caller_location(),
                hint="Call .map(...) for one step per element, or .collect() for a list of all.",
            )
    key = getattr(value, "key", None)
    if isinstance(key, AssetKey):
        return FromAsset(key)
    if isinstance(value, tuple):
        raise DagsterInvalidDefinitionError(
            f"The {what} was given all outputs of a node that has several: {', '.join(value._fields)}.",  # type: ignore[attr-defined]
            where=caller_location(),
            hint="Name the one that is meant.",
        )
    raise DagsterInvalidDefinitionError(
        f"The {what} was given {value!r} ({type(value).__name__}) inside a graph; it takes outputs of other nodes"
        " and inputs of the graph.",
        where=caller_location(),
        hint="Pass plain values by run configuration, or by a default of the input.",
    )


def _handles(name: str, node: NodeDefinition) -> Any:
    outputs = node.spec.outputs
    made = [
        DynamicHandle(name, out.name) if out.is_dynamic else OutputHandle(name, out.name, node.node_type_str)
        for out in outputs
    ]
    if not made:
        return None
    if len(made) == 1:
        return made[0]
    fields = [out.name for out in outputs]
    kind: Any = namedtuple(f"_{name}_outputs", fields, rename=True)  # type: ignore[misc]
    return kind(*made)
