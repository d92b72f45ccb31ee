"""Errors and metadata of events as pages show them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from earmark.events.kinds import ErrorInfo as EventError
from earmark.specs import metadata as m
from earmark.tags.system import system_tag
from earmark.tags.tag import is_hidden, is_system, value_fault
from earmark.values.clock import Micros, to_datetime
from earmark.views.shapes.tags import TagOrigin, TagWithOrigin, TagWithOriginOverride
from earmark.views.shapes.values import ErrorInfo, ErrorInfoCause, ErrorInfoSource, MetadataEntry

_FRAME = re.compile(r'\s*File "(?P<file>[^"]+)", line (?P<line>\d+)')
_FROM_A_BODY = "DagsterExecutionStepExecutionError"
_LONGEST_TEXT = 500
_LONGEST_TRACEBACK = 20_000
_MOST_ROWS = 50


def meant(error: EventError) -> EventError:
    """Return what user code raised, where an error only says that it came from the body of an op or asset."""
    return error.cause if error.class_name == _FROM_A_BODY and error.cause is not None else error


def error_of(error: EventError | None) -> ErrorInfo | None:
    """Return an exception as pages show it: the user's own lines, innermost last."""
    if error is None:
        return None
    error = meant(error)
    where, source = None, None
    for entry in error.stack:
        found = _FRAME.match(entry)
        if found is None:
            continue
        where = f"{found['file']}:{found['line']}"
        lines = entry.splitlines()
        source = ErrorInfoSource(line=int(found["line"]), text=lines[1] if len(lines) > 1 else "", is_cause=True)
    causes: list[ErrorInfoCause] = []
    cause = error.cause
    while cause is not None and len(causes) < 10:
        causes.append(ErrorInfoCause(kind=cause.class_name, message=cause.message))
        cause = cause.cause
    return ErrorInfo(
        kind=error.class_name,
        message=error.message,
        where=where,
        traceback=error.to_string()[-_LONGEST_TRACEBACK:],
        source=[source] if source is not None and source.text else [],
        causes=causes,
    )


def error_of_text(kind: str, message: str, traceback: str = "") -> ErrorInfo:
    """Return an error that is known by its words only."""
    found = list(_FRAME.finditer(traceback))
    where = f"{found[-1]['file']}:{found[-1]['line']}" if found else None
    return ErrorInfo(
        kind=kind, message=message, where=where, traceback=traceback[-_LONGEST_TRACEBACK:], source=[], causes=[]
    )


def error_of_raw(raw: Any) -> ErrorInfo | None:
    """Return an error that a loop kept as plain data."""
    if not raw:
        return None
    if isinstance(raw, dict):
        stack = raw.get("stack") or ()
        kind, message = str(raw.get("class_name", "Error")), str(raw.get("message", ""))
        return error_of_text(kind, message, "".join(map(str, stack)) + f"{kind}: {message}")
    return error_of_text("Error", str(raw), str(raw))


def first_line(error: EventError | None, otherwise: str = "") -> str:
    """Return the first line of an error, as lists show it."""
    if error is None:
        return otherwise.splitlines()[0][:300] if otherwise else ""
    error = meant(error)
    message = error.message.splitlines()[0] if error.message else ""
    return f"{error.class_name}: {message}"[:300]


def metadata_of(entries: Mapping[str, Any]) -> list[MetadataEntry]:
    """Return metadata of an event or a definition, by name in the order given."""
    return [_entry(name, value) for name, value in entries.items()]


def _entry(name: str, value: Any) -> MetadataEntry:
    match value:
        case m.IntMetadataValue() | m.BoolMetadataValue():
            kind: Any = "int" if isinstance(value, m.IntMetadataValue) else "bool"
            return _made(name, kind, value.value)
        case m.FloatMetadataValue():
            return _made(name, "float", value.value if value.value == value.value else None, str(value.value))
        case m.TextMetadataValue():
            return _made(name, "text", value.value)
        case m.MarkdownMetadataValue():
            return _made(name, "md", value.value)
        case m.UrlMetadataValue():
            return _made(name, "url", value.value)
        case m.PathMetadataValue():
            return _made(name, "path", value.value)
        case m.DagsterRunMetadataValue():
            return _made(name, "run", value.value)
        case m.DagsterAssetMetadataValue():
            return _made(name, "asset", value.value.to_user_string())
        case m.TimestampMetadataValue():
            instant = round(value.value * 1_000_000)
            return _made(name, "timestamp", instant, to_datetime(Micros(instant)).isoformat())
        case m.TableMetadataValue():
            rows = [record.data for record in value.records]
            return _made(name, "table", rows[:_MOST_ROWS], f"{len(rows)} rows")
        case m.TableSchemaMetadataValue():
            columns = msgspec.to_builtins(value.schema.columns)
            return _made(name, "table_schema", columns, f"{len(columns)} columns")
        case m.JsonMetadataValue():
            return _made(name, "json", value.value)
        case m.MetadataValue():
            data = msgspec.to_builtins(value)
            data.pop(m.KIND_FIELD, None)
            return _made(name, "json", data)
        case bool():
            return _made(name, "bool", value)
        case int():
            return _made(name, "int", value)
        case float():
            return _made(name, "float", value)
        case str():
            return _made(name, "text", value)
        case _:
            return _made(name, "json", msgspec.to_builtins(value, str_keys=True))


def _made(name: str, kind: Any, value: Any, text: str | None = None) -> MetadataEntry:
    if text is None:
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        value = str(value)  # a browser's numbers end there
    return MetadataEntry(name=name, kind=kind, value=value, text=text[:_LONGEST_TEXT])


ORIGINS: Mapping[str, TagOrigin] = {
    "graph": "graph",
    "job": "job",
    "asset": "asset",
    "partition": "partition",
    "schedule": "schedule",
    "sensor": "sensor",
    "automation": "automation",
    "backfill": "backfill",
    "parent": "parent",
    "run_request": "request",
    "launch": "request",
    "system": "system",
    "edit": "edit",
}
"""The words of the API for what sets tags of runs."""


def tag_row(
    key: str,
    value: str,
    origin: TagOrigin,
    name: str | None = None,
    overrides: Iterable[TagWithOriginOverride] = (),
) -> TagWithOrigin:
    """Return a tag with what set it, and what is doubtful about it."""
    system = is_system(key)
    row = system_tag(key)
    fault = None if system else value_fault(value)
    return TagWithOrigin(
        key=key,
        value=value,
        origin=origin,
        origin_name=name or None,
        is_system=system,
        is_editable=not system or (row is not None and row.editable),
        overrides=list(overrides),
        warning=None if fault is None else f"The value {fault}.",
    )


def definition_tags(tags: Mapping[str, str], origin: TagOrigin, name: str | None) -> list[TagWithOrigin]:
    """Return the tags of a definition, which itself set them."""
    return [tag_row(key, value, origin, name) for key, value in sorted(tags.items()) if not is_hidden(key)]


def shown(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags sorted by key, without the internal ones."""
    return {key: tags[key] for key in sorted(tags) if not is_hidden(key)}


def edited_tags(before: Mapping[str, str], put: Mapping[str, str], remove: Iterable[str]) -> dict[str, str]:
    """Return tags after an edit."""
    gone = set(remove)
    return {**{key: value for key, value in before.items() if key not in gone}, **put}
