"""Ops as data: a function's inputs, outputs, needs and labels."""

from __future__ import annotations

from typing import Any

import msgspec

from earmark.specs.config import ConfigSpec
from earmark.specs.metadata import restore_metadata
from earmark.specs.policy import RetryPolicy

RESULT = "result"
"""The name of an op's output where none was given."""

DEFAULT_IO_MANAGER = "io_manager"
"""The resource key of the IO manager where none was given."""


class InputSpec(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One input of an op or graph. ``type_name`` is for people; ``is_nothing`` inputs only order steps.

    ``loader`` says that the type can read the input from configuration.
    """

    name: str
    type_name: str = "Any"
    description: str | None = None
    is_nothing: bool = False
    has_default: bool = False
    input_manager_key: str | None = None
    loader: bool = False
    metadata: dict[str, Any] = {}

    def __post_init__(self) -> None:
        if self.metadata:
            msgspec.structs.force_setattr(self, "metadata", restore_metadata(self.metadata))


class OutputSpec(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One output of an op or graph."""

    name: str = RESULT
    type_name: str = "Any"
    description: str | None = None
    is_nothing: bool = False
    is_required: bool = True
    is_dynamic: bool = False
    io_manager_key: str = DEFAULT_IO_MANAGER
    code_version: str | None = None
    metadata: dict[str, Any] = {}

    def __post_init__(self) -> None:
        if self.metadata:
            msgspec.structs.force_setattr(self, "metadata", restore_metadata(self.metadata))


class OpSpec(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="node", tag="op", gc=False):
    """An op, as data: everything about it but its function."""

    name: str
    inputs: tuple[InputSpec, ...] = ()
    outputs: tuple[OutputSpec, ...] = (OutputSpec(),)
    description: str | None = None
    config: ConfigSpec | None = None
    required_resources: frozenset[str] = frozenset()
    tags: dict[str, str] = {}
    retry_policy: RetryPolicy | None = None
    code_version: str | None = None
    pool: str | None = None

    def output(self, name: str) -> OutputSpec | None:
        """Return the output of that name, or ``None``."""
        return next((output for output in self.outputs if output.name == name), None)
