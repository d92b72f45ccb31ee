"""One value of metadata: the kind that shows a raw value best, and the way back."""

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
    raise invalid_metadata(f"There is no kind of metadata for a {type_name(value)}.", value)


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


def data_only(value: Any) -> Any:
    """Return a value of a definition as data: itself, its kind, or an :class:`OpaqueMetadataValue`."""
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
    return OpaqueMetadataValue(type_name(value), text[:_REPR_LIMIT])


def restored(value: Any) -> Any:
    """Return a value that crossed the wire untyped, its kind recognised again."""
    if isinstance(value, dict) and KIND_FIELD in value:
        return msgspec.convert(value, AnyMetadataValue)
    return value


def type_name(value: Any) -> str:
    """Return the name of a value's type, for messages."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
