"""Metadata as a mapping from names to values: of events (every value of a kind) and of definitions (raw)."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Union

import msgspec

from earmark.specs.metadata.faults import invalid_metadata
from earmark.specs.metadata.jsonable import json_data
from earmark.specs.metadata.table import TableColumnLineage, TableSchema
from earmark.specs.metadata.values import (
    KIND_FIELD,
    AnyMetadataValue,
    BoolMetadataValue,
    DagsterAssetMetadataValue,
    FloatMetadataValue,
    IntMetadataValue,
    JsonMetadataValue,
    MetadataValue,
    NullMetadataValue,
    OpaqueMetadataValue,
    PathLike,
    PathMetadataValue,
    TableColumnLineageMetadataValue,
    TableSchemaMetadataValue,
    TextMetadataValue,
    TimestampMetadataValue,
)
from earmark.values.errors import DagsterInvalidMetadata
from earmark.values.keys import AssetKey

RawMetadataValue = Union[
    MetadataValue,
    TableSchema,
    TableColumnLineage,
    AssetKey,
    PathLike,
    dict[Any, Any],
    list[Any],
    float,
    int,
    bool,
    str,
    datetime,
    None,
]
"""What user code may write as the value of an event's metadata."""

RawMetadataMapping = Mapping[str, RawMetadataValue]

_REPR_LIMIT = 200


def as_metadata_value(value: Any) -> MetadataValue:
    """Return a raw value as the kind that shows it best.

    Raises:
        DagsterInvalidMetadata: There is no such kind; wrap the value with a constructor of
            :class:`MetadataValue`.

    Example:
        >>> as_metadata_value({"rows": 3})
        JsonMetadataValue(data={'rows': 3})
    """
    if isinstance(value, MetadataValue):
        return value
    if isinstance(value, str):
        return TextMetadataValue(value)
    if isinstance(value, bool):
        return BoolMetadataValue(value)
    if isinstance(value, int):
        return IntMetadataValue(value)
    if isinstance(value, float):
        return FloatMetadataValue(value)
    if value is None:
        return NullMetadataValue()
    if isinstance(value, (dict, list, tuple)):
        return JsonMetadataValue(value)
    if isinstance(value, AssetKey):
        return DagsterAssetMetadataValue(value)
    if isinstance(value, PathLike):
        return PathMetadataValue(value)  # type: ignore[arg-type]
    if isinstance(value, TableSchema):
        return TableSchemaMetadataValue(value)
    if isinstance(value, TableColumnLineage):
        return TableColumnLineageMetadataValue(value)
    if isinstance(value, datetime):
        return TimestampMetadataValue(value)  # type: ignore[arg-type]
    if isinstance(value, numbers.Integral):
        return IntMetadataValue(int(value))
    if isinstance(value, numbers.Real):
        return FloatMetadataValue(float(value))
    raise invalid_metadata(f"There is no kind of metadata for a {_type_name(value)}.", value)


def normalize_metadata(mapping: Mapping[str, Any] | None, where: str | None = None) -> dict[str, AnyMetadataValue]:
    """Return the metadata of an event, every value as one of the kinds.

    Args:
        mapping: Names to raw values or :class:`MetadataValue`; ``None`` is an empty mapping.
        where: What the metadata belongs to, for the error, such as ``"output 'result'"``.

    Raises:
        DagsterInvalidMetadata: A name is not text, or a value is of no kind; the error says which.

    Example:
        >>> normalize_metadata({"rows": 3, "ratio": 0.5})
        {'rows': IntMetadataValue(value=3), 'ratio': FloatMetadataValue(value=0.5)}
    """
    normal: dict[str, Any] = {}
    for name, value in _named(mapping, where):
        if isinstance(value, MetadataValue):
            normal[name] = value
            continue
        try:
            normal[name] = as_metadata_value(value)
        except DagsterInvalidMetadata as fault:
            of = f" of {where}" if where else ""
            raise invalid_metadata(
                f"The metadata {name!r}{of} cannot be {value!r:.200} ({_type_name(value)}): {fault.message}",
                value,
                hint="Wrap it with a constructor of MetadataValue, such as MetadataValue.text(str(value)).",
            ) from fault
    return normal


def definition_metadata(mapping: Mapping[str, Any] | None, where: str | None = None) -> dict[str, Any]:
    """Return the metadata of a definition, values as the user wrote them.

    Raises:
        DagsterInvalidMetadata: It is not a mapping, or a name is not text.
    """
    return dict(_named(mapping, where))


def data_only_metadata(mapping: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the metadata of a definition as data: what is not becomes an :class:`OpaqueMetadataValue`.

    Text, numbers, bools, ``None`` and JSON stay raw; keys, paths, schemas and floats that are not finite
    become their kinds. The result is equal to what :func:`restore_metadata` makes of it after the wire.

    Example:
        >>> data_only_metadata({"rows": 3, "format": ("csv",), "reader": object()})["format"]
        ['csv']
    """
    return {name: _data_only(value) for name, value in _named(mapping, None)}


def restore_metadata(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata of a definition that crossed the wire untyped, its kinds recognised again.

    Example:
        >>> restore_metadata({"rows": 3, "link": {"__metadata__": "url", "url": "https://example.org"}})
        {'rows': 3, 'link': UrlMetadataValue(url='https://example.org')}
    """
    return {name: _restored(value) for name, value in mapping.items()}


def numeric_value(value: MetadataValue) -> float | None:
    """Return the number that a plot shows for a value, or ``None`` if there is none.

    Whole numbers and finite floats have one; bools, texts and instants have not.
    """
    if isinstance(value, IntMetadataValue):
        try:
            return float(value.value)
        except OverflowError:
            return None
    if isinstance(value, FloatMetadataValue) and math.isfinite(value.value):
        return float(value.value)
    return None


def _named(mapping: Any, where: str | None) -> list[tuple[str, Any]]:
    of = f" of {where}" if where else ""
    if mapping is None:
        return []
    if not isinstance(mapping, Mapping):
        raise invalid_metadata(
            f"The metadata{of} is a dict from names to values, not {mapping!r} ({type(mapping).__name__}).",
            mapping,
        )
    for name in mapping:
        if not isinstance(name, str):
            raise invalid_metadata(f"A name in the metadata{of} is text, not {name!r} ({type(name).__name__}).", name)
    return list(mapping.items())


def _data_only(value: Any) -> Any:
    if value is None or isinstance(value, MetadataValue) or type(value) in (str, int, bool):
        return value
    if isinstance(value, (dict, list, tuple)):
        return _raw_json(value)
    if type(value) is float and math.isfinite(value):
        return value
    try:
        kind = as_metadata_value(value)
    except DagsterInvalidMetadata:
        return _opaque(value)
    raw = isinstance(kind, (TextMetadataValue, IntMetadataValue)) or (
        isinstance(kind, FloatMetadataValue) and math.isfinite(kind.value)
    )
    return kind.value if raw else kind


def _raw_json(value: Any) -> Any:
    try:
        data = json_data(value)
    except DagsterInvalidMetadata:
        return _opaque(value)
    if isinstance(data, dict) and KIND_FIELD in data:
        return JsonMetadataValue(data)
    return data


def _opaque(value: Any) -> OpaqueMetadataValue:
    try:
        text = repr(value)
    except Exception as error:  # a user's __repr__ may raise anything; the type still says what it was
        text = f"<repr raised {type(error).__name__}>"
    return OpaqueMetadataValue(_type_name(value), text[:_REPR_LIMIT])


def _restored(value: Any) -> Any:
    if isinstance(value, dict) and KIND_FIELD in value:
        return msgspec.convert(value, AnyMetadataValue)
    return value


def _type_name(value: Any) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
