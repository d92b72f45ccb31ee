"""Metadata with its name and a description, as it was written before metadata was a mapping."""

from __future__ import annotations

from typing import Any

from earmark.specs.metadata.kinds import as_metadata_value
from earmark.specs.metadata.values import MetadataValue


class MetadataEntry:
    """A named metadata value. Kept for projects that still make some; a mapping says the same.

    Args:
        label: The name.
        description: A sentence for people.
        entry_data: The value.
        value: The value, under its newer name.

    Example:
        >>> MetadataEntry("rows", value=3).entry_data
        IntMetadataValue(value=3)
    """

    def __init__(self, label: str, description: str | None = None, entry_data: Any = None, value: Any = None) -> None:
        self.label = label
        self.description = description
        self.entry_data: MetadataValue = as_metadata_value(value if entry_data is None else entry_data)

    @property
    def value(self) -> MetadataValue:
        """The value."""
        return self.entry_data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MetadataEntry) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.label, self.description))

    def __repr__(self) -> str:
        return f"MetadataEntry(label={self.label!r}, description={self.description!r}, entry_data={self.entry_data!r})"
