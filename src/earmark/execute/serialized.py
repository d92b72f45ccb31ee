"""Values of the API as text, and back: keys, requests, events, metadata, policies."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, get_args, get_origin

import msgspec

from earmark.define.automation.job_selectors import CodeLocationSelector, JobSelector, RepositorySelector
from earmark.define.ops.outputs import DataVersion
from earmark.define.run_request import RunRequest, SkipReason
from earmark.events.assets import AssetCheckEvaluation, AssetMaterialization, AssetObservation
from earmark.partitions.definition import PartitionKeyRange, TimeWindow
from earmark.partitions.dynamic import AddDynamicPartitionsRequest, DeleteDynamicPartitionsRequest
from earmark.runs.run import DagsterRun, TagOrigin
from earmark.specs.metadata import (
    AnyMetadataValue,
    LocalFileCodeReference,
    TableColumn,
    TableColumnConstraints,
    TableColumnDep,
    TableColumnLineage,
    TableConstraints,
    TableRecord,
    TableSchema,
    UrlCodeReference,
)
from earmark.specs.policy import BackfillPolicy, Backoff, Jitter, RetryPolicy
from earmark.specs.severity import AssetCheckSeverity
from earmark.values.errors import DagsterInvariantViolationError, caller_location, did_you_mean
from earmark.values.keys import AssetCheckKey, AssetKey
from earmark.values.states import DagsterRunStatus, FailureReason

_CLASS, _ENUM, _SET, _FROZEN, _ITEMS = "__class__", "__enum__", "__set__", "__frozenset__", "__mapping_items__"
_MARKS = frozenset({_CLASS, _ENUM, _SET, _FROZEN, _ITEMS})

_KNOWN: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *(AddDynamicPartitionsRequest, DeleteDynamicPartitionsRequest, RunRequest, SkipReason),
        *(AssetCheckEvaluation, AssetMaterialization, AssetObservation, DataVersion),
        *(AssetCheckKey, AssetKey, CodeLocationSelector, JobSelector, RepositorySelector),
        *(AssetCheckSeverity, Backoff, DagsterRunStatus, FailureReason, Jitter),
        *(BackfillPolicy, DagsterRun, PartitionKeyRange, RetryPolicy, TagOrigin, TimeWindow),
        *(LocalFileCodeReference, UrlCodeReference, TableColumn, TableColumnConstraints, TableColumnDep),
        *(TableColumnLineage, TableConstraints, TableRecord, TableSchema),
        *get_args(AnyMetadataValue),
    )
}
"""The classes that are written by their name."""


def serialize_value(val: Any, whitelist_map: Mapping[str, type[Any]] | None = None, **json_kwargs: Any) -> str:
    """Return a value as text of JSON that :func:`deserialize_value` reads: for a sensor's cursor, or a file.

    Args:
        val: Plain data (text, numbers, lists, dicts, sets) and values of the API within it: keys, run requests, runs,
            materializations, metadata, policies.
        whitelist_map: Classes of your own by name: dataclasses, named tuples, enums.
        **json_kwargs: Passed on to ``json.dumps``: ``indent``, say.

    Raises:
        DagsterInvariantViolationError: It holds something else; the error says where.

    Example:
        >>> text = serialize_value({"seen": [em.AssetKey("orders")]})
        >>> text
        '{"seen": [{"__class__": "AssetKey", "path": ["orders"]}]}'
        >>> deserialize_value(text)["seen"][0]
        AssetKey(['orders'])
    """
    return json.dumps(_packed(val, {**_KNOWN, **(whitelist_map or {})}, "the value"), **json_kwargs)


def deserialize_value(val: str, as_type: Any = None, whitelist_map: Mapping[str, type[Any]] | None = None) -> Any:
    """Return what :func:`serialize_value` wrote. Tuples come back as lists.

    Args:
        val: The text.
        as_type: The class that it must be, or a tuple of classes, if given.
        whitelist_map: Classes of your own by name, as they were given when it was written.

    Raises:
        DagsterInvariantViolationError: It is no such text, names a class that is not known, or is of another class.

    Example:
        >>> deserialize_value(serialize_value(em.RunRequest(run_key="17")), as_type=em.RunRequest).run_key
        '17'
    """
    try:
        read = json.loads(val)
    except (TypeError, ValueError) as error:
        raise DagsterInvariantViolationError(
            f"This is no text that serialize_value wrote: {error}: {val!r:.200}", where=caller_location()
        ) from error
    found = _unpacked(read, {**_KNOWN, **(whitelist_map or {})})
    if as_type is not None and not isinstance(found, as_type):
        wanted = as_type if isinstance(as_type, tuple) else (as_type,)
        raise DagsterInvariantViolationError(
            f"The text holds {type(found).__name__}, not {' or '.join(one.__name__ for one in wanted)}.",
            where=caller_location(),
        )
    return found


def _packed(value: Any, known: Mapping[str, type[Any]], where: str) -> Any:
    name = type(value).__name__
    if known.get(name) is type(value):
        if isinstance(value, Enum):
            return {_ENUM: f"{name}.{value.name}"}
        fields = {one: _packed(getattr(value, one), known, f"{where}.{one}") for one in _fields_of(type(value))}
        return {_CLASS: name, **fields}
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (set, frozenset)):
        mark = _SET if isinstance(value, set) else _FROZEN
        return {mark: [_packed(one, known, where) for one in sorted(value, key=repr)]}
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return [_packed(one, known, f"{where}[{index}]") for index, one in enumerate(value)]
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value) and not _MARKS & value.keys():
            return {str(key): _packed(one, known, f"{where}[{key!r}]") for key, one in value.items()}
        pairs = ((key, _packed(one, known, f"{where}[{key!r}]")) for key, one in value.items())
        return {_ITEMS: [[_packed(key, known, f"a key of {where}"), one] for key, one in pairs]}
    raise DagsterInvariantViolationError(
        f"serialize_value cannot write {where}, which is {value!r:.200} ({name}).",
        where=caller_location(),
        hint=f"A class of your own is named by whitelist_map={{{name!r}: {name}}}, here and where it is read.",
    )


def _fields_of(kind: type[Any]) -> Iterable[str]:
    if issubclass(kind, msgspec.Struct):
        return kind.__struct_fields__
    if dataclasses.is_dataclass(kind):
        return [one.name for one in dataclasses.fields(kind) if one.init]
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        named: Iterable[str] = kind._fields
        return named
    raise DagsterInvariantViolationError(
        f"whitelist_map names {kind.__name__}, which is neither a dataclass, a named tuple nor an enum.",
        where=caller_location(),
    )


def _unpacked(read: Any, known: Mapping[str, type[Any]]) -> Any:
    if isinstance(read, list):
        return [_unpacked(one, known) for one in read]
    if not isinstance(read, dict):
        return read
    if _CLASS in read:
        kind = _named(read[_CLASS], known)
        fields = _as_declared(kind, {name: _unpacked(one, known) for name, one in read.items() if name != _CLASS})
        try:
            return kind(**fields)
        except TypeError as error:
            raise DagsterInvariantViolationError(
                f"The text of a {kind.__name__} does not fit the class as it is now: {error}."
            ) from error
    if _ENUM in read:
        name, _, member = str(read[_ENUM]).partition(".")
        return getattr(_named(name, known), member)
    if _SET in read:
        return {_unpacked(one, known) for one in read[_SET]}
    if _FROZEN in read:
        return frozenset(_unpacked(one, known) for one in read[_FROZEN])
    if _ITEMS in read:
        return {_unpacked(key, known): _unpacked(one, known) for key, one in read[_ITEMS]}
    return {key: _unpacked(one, known) for key, one in read.items()}


def _as_declared(kind: type[Any], fields: dict[str, Any]) -> dict[str, Any]:
    """Give the fields of a struct that are tuples as such; JSON knows only lists."""
    if not issubclass(kind, msgspec.Struct):
        return fields
    tuples = {one.name for one in msgspec.structs.fields(kind) if tuple in (get_origin(one.type), one.type)}
    return {name: tuple(one) if name in tuples else one for name, one in fields.items()}


def _named(name: str, known: Mapping[str, type[Any]]) -> type[Any]:
    kind = known.get(name)
    if kind is None:
        raise DagsterInvariantViolationError(
            f"The text names the class {name!r}, which deserialize_value does not know.{did_you_mean(name, known)}",
            where=caller_location(),
            hint="A class of your own is given by whitelist_map, as it was when the text was written.",
        )
    return kind
