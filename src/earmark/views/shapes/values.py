"""Errors and metadata as pages show them."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class ErrorInfoSource(msgspec.Struct, frozen=True, kw_only=True):
    """A line of source code."""

    line: int
    text: str
    is_cause: bool


class ErrorInfoCause(msgspec.Struct, frozen=True, kw_only=True):
    """What caused an exception."""

    kind: str
    message: str


class ErrorInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An exception as a page shows it."""

    kind: str
    message: str
    where: str | None
    traceback: str
    """The user's own frames, innermost last."""
    source: list[ErrorInfoSource]
    """Lines around ``where``."""
    causes: list[ErrorInfoCause]


MetadataKind = Literal[
    "int",
    "float",
    "bool",
    "text",
    "md",
    "url",
    "path",
    "json",
    "timestamp",
    "table",
    "table_schema",
    "image",
    "asset",
    "run",
]


class MetadataEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A fact by its name, as value and as text."""

    name: str
    kind: MetadataKind
    value: Any
    text: str
