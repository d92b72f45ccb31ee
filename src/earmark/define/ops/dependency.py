"""The explicit way to wire a graph: dependencies and mappings as objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from earmark.specs.graph import FanIn, FromGraphInput, InputSource, OutputOf
from earmark.specs.op import RESULT
from earmark.specs.policy import RetryPolicy


class DependencyDefinition(msgspec.Struct, frozen=True):
    """An input takes the output of another node.

    Args:
        node: The node's name in the graph.
        output: The output's name.
        description: Text for people.

    Example:
        >>> DependencyDefinition("load").output
        'result'
    """

    node: str
    output: str = RESULT
    description: str | None = None

    def is_fan_in(self) -> bool:
        """Whether the input is a list of several outputs."""
        return False

    def source(self) -> InputSource:
        """Return the dependency as data."""
        return OutputOf(self.node, self.output)


class MultiDependencyDefinition(msgspec.Struct, frozen=True):
    """An input takes a list of outputs of other nodes.

    Example:
        >>> MultiDependencyDefinition([DependencyDefinition("a"), DependencyDefinition("b")]).is_fan_in()
        True
    """

    dependencies: Sequence[DependencyDefinition]

    def is_fan_in(self) -> bool:
        """Whether the input is a list of several outputs."""
        return True

    def get_node_dependencies(self) -> Sequence[DependencyDefinition]:
        """Return the single dependencies."""
        return self.dependencies

    def get_dependencies_and_mappings(self) -> Sequence[DependencyDefinition]:
        """Return the single dependencies."""
        return self.dependencies

    def source(self) -> InputSource:
        """Return the dependency as data."""
        return FanIn(tuple(OutputOf(one.node, one.output) for one in self.dependencies))


class NodeInvocation(msgspec.Struct, frozen=True):
    """One use of an op or graph in a graph that is wired explicitly.

    Example:
        >>> NodeInvocation("double", alias="double_again").alias
        'double_again'
    """

    name: str
    alias: str | None = None
    tags: Mapping[str, Any] | None = None
    hook_defs: frozenset[Any] = frozenset()
    retry_policy: RetryPolicy | None = None

    def __hash__(self) -> int:
        return hash((self.name, self.alias))


class InputMapping(msgspec.Struct, frozen=True):
    """An input of a graph feeds an input of one of its nodes.

    Example:
        >>> InputMapping("rows", "clean", "rows").mapped_node_name
        'clean'
    """

    graph_input_name: str
    mapped_node_name: str
    mapped_node_input_name: str
    fan_in_index: int | None = None
    graph_input_description: str | None = None
    dagster_type: Any = None

    def source(self) -> InputSource:
        """Return what the node's input takes, as data."""
        return FromGraphInput(self.graph_input_name)


class OutputMapping(msgspec.Struct, frozen=True):
    """An output of a node is an output of its graph.

    Example:
        >>> OutputMapping("result", "clean").mapped_node_output_name
        'result'
    """

    graph_output_name: str
    mapped_node_name: str
    mapped_node_output_name: str = RESULT
    graph_output_description: str | None = None
    dagster_type: Any = None
    from_dynamic_mapping: bool = False
