"""Graphs as data: nodes, what each of their inputs takes, and what the graph offers outside."""

from __future__ import annotations

from typing import Union

import msgspec

from earmark.specs.config import ConfigSpec
from earmark.specs.op import InputSpec, OpSpec, OutputSpec
from earmark.specs.policy import RetryPolicy
from earmark.values.keys import AssetKey


class OutputOf(msgspec.Struct, frozen=True, tag_field="from", tag="output"):
    """An input takes the output of another node of the same graph."""

    node: str
    output: str = "result"


class CollectedFrom(msgspec.Struct, frozen=True, tag_field="from", tag="collected"):
    """An input takes all values of a dynamic output, as a list."""

    node: str
    output: str = "result"


class FromGraphInput(msgspec.Struct, frozen=True, tag_field="from", tag="graph_input"):
    """An input takes an input of the graph itself."""

    name: str


class FanIn(msgspec.Struct, frozen=True, tag_field="from", tag="fan_in"):
    """An input takes a list: one element for each source."""

    sources: tuple[OutputOf | CollectedFrom | FromGraphInput, ...]


class FromAsset(msgspec.Struct, frozen=True, tag_field="from", tag="asset"):
    """An input is loaded from an asset that the graph itself does not write."""

    asset_key: AssetKey


InputSource = Union[OutputOf, CollectedFrom, FanIn, FromGraphInput, FromAsset]
"""What an input of a node takes. An input without a source is read from config, or has a default."""


class NodeSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """One use of an op or graph inside a graph, under the name it has there."""

    name: str
    definition: OpSpec | GraphSpec
    inputs: dict[str, InputSource] = {}
    tags: dict[str, str] = {}
    hooks: tuple[str, ...] = ()
    retry_policy: RetryPolicy | None = None


class GraphSpec(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="node", tag="graph"):
    """A graph, as data.

    Args:
        name: Its name.
        nodes: Its nodes, in the order they were invoked.
        inputs: What it takes from outside.
        outputs: What it offers.
        output_sources: For each output, the node and output that give it.
        description: Text for people.
        tags: Labels; those of a job's own graph reach the job's runs.
        config: The schema of the graph's own configuration, if it maps one onto its nodes.
    """

    name: str
    nodes: tuple[NodeSpec, ...] = ()
    inputs: tuple[InputSpec, ...] = ()
    outputs: tuple[OutputSpec, ...] = ()
    output_sources: dict[str, OutputOf | CollectedFrom] = {}
    description: str | None = None
    tags: dict[str, str] = {}
    config: ConfigSpec | None = None

    def node(self, name: str) -> NodeSpec | None:
        """Return the node of that name, or ``None``."""
        return next((node for node in self.nodes if node.name == name), None)
