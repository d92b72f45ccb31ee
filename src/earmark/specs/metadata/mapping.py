"""Metadata as a mapping from names to values: of events (every value of a kind) and of definitions (raw).

Where there is none, the kinds are not loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from earmark.specs.metadata.faults import invalid_metadata
from earmark.values.errors import DagsterInvalidMetadata

if TYPE_CHECKING:
    from earmark.specs.metadata.values import AnyMetadataValue


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
    given = _named(mapping, where)
    if not given:
        return {}
    from earmark.specs.metadata.kinds import as_metadata_value, type_name

    normal: dict[str, Any] = {}
    for name, value in given:
        try:
            normal[name] = as_metadata_value(value)
        except DagsterInvalidMetadata as fault:
            of = f" of {where}" if where else ""
            raise invalid_metadata(
                f"The metadata {name!r}{of} cannot be {value!r:.200} ({type_name(value)}): {fault.message}",
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
    given = _named(mapping, None)
    if not given:
        return {}
    from earmark.specs.metadata.kinds import data_only

    return {name: data_only(value) for name, value in given}


def restore_metadata(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata of a definition that crossed the wire untyped, its kinds recognised again.

    Example:
        >>> restore_metadata({"rows": 3, "link": {"__metadata__": "url", "url": "https://example.org"}})
        {'rows': 3, 'link': UrlMetadataValue(url='https://example.org')}
    """
    if not mapping:
        return {}
    from earmark.specs.metadata.kinds import restored

    return {name: restored(value) for name, value in mapping.items()}


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
