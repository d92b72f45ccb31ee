"""What a definition says about its inputs and outputs: In, Out, DynamicOut, GraphIn, GraphOut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from earmark.define.function import EMPTY
from earmark.define.types.dagster_type import DagsterType
from earmark.define.types.types import resolve_type
from earmark.specs.naming import asset_key_of
from earmark.values.keys import AssetKey


class In(msgspec.Struct, frozen=True):
    """One input of an op.

    Args:
        dagster_type: Its type; the parameter's annotation if not given.
        description: Text for people.
        default_value: What the input is where nothing gives one.
        metadata: Facts about it; an IO manager sees them as ``context.definition_metadata``.
        asset_key: The asset that the input is, for an op that reads one.
        asset_partitions: The partitions of that asset.
        input_manager_key: The resource that loads it, instead of the IO manager that stored it.

    Example:
        >>> In(int, default_value=3).has_default_value
        True
    """

    dagster_type: Any = EMPTY
    description: str | None = None
    default_value: Any = EMPTY
    metadata: Mapping[str, Any] | None = None
    asset_key: Any = None
    asset_partitions: Any = None
    input_manager_key: str | None = None

    def __post_init__(self) -> None:
        if self.asset_key is not None and not isinstance(self.asset_key, AssetKey) and not callable(self.asset_key):
            msgspec.structs.force_setattr(self, "asset_key", asset_key_of(self.asset_key))

    @property
    def has_default_value(self) -> bool:
        """Whether a default was given."""
        return self.default_value is not EMPTY

    def with_annotation(self, annotation: Any) -> In:
        """Return the input typed by a parameter's annotation, unless it has a type of its own."""
        if self.dagster_type is not EMPTY or annotation is EMPTY:
            return self
        return msgspec.structs.replace(self, dagster_type=annotation)


class Out(msgspec.Struct, frozen=True):
    """One output of an op.

    Args:
        dagster_type: Its type; the return annotation if not given.
        description: Text for people.
        is_required: Whether the op must give it; steps that take an output which was not given are skipped.
        io_manager_key: The resource that stores it and loads it for those who take it.
        metadata: Facts about it; an IO manager sees them as ``context.definition_metadata``.
        code_version: Changes when the code that computes it does.

    Example:
        >>> Out(int, is_required=False).io_manager_key is None
        True
    """

    dagster_type: Any = EMPTY
    description: str | None = None
    is_required: bool = True
    io_manager_key: str | None = None
    metadata: Mapping[str, Any] | None = None
    code_version: str | None = None

    @property
    def is_dynamic(self) -> bool:
        """Whether the op gives any number of values, each under a mapping key."""
        return isinstance(self, DynamicOut)

    def with_annotation(self, annotation: Any) -> Out:
        """Return the output typed by an annotation, unless it has a type of its own."""
        if self.dagster_type is not EMPTY or annotation is EMPTY:
            return self
        return msgspec.structs.replace(self, dagster_type=annotation)


class DynamicOut(Out, frozen=True):
    """An output of any number of values, each under a mapping key; arguments as :class:`Out`.

    Inside a graph, ``.map(f)`` calls ``f`` once for each value and ``.collect()`` gathers the values into a list.

    Example:
        >>> DynamicOut(int).is_dynamic
        True
    """


def type_of(slot: In | Out) -> DagsterType:
    """Return the type of an input or output; ``Any`` where nothing names one."""
    return resolve_type(Any if slot.dagster_type is EMPTY else slot.dagster_type)


class GraphIn(msgspec.Struct, frozen=True):
    """One input of a graph: its description, for people.

    Example:
        >>> GraphIn("the raw rows").description
        'the raw rows'
    """

    description: str | None = None


class GraphOut(msgspec.Struct, frozen=True):
    """One output of a graph: its description, for people.

    Example:
        >>> GraphOut("the cleaned rows").description
        'the cleaned rows'
    """

    description: str | None = None
