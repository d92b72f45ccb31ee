"""A subset of an asset's partitions, or of an asset that has none."""

from __future__ import annotations

from typing import Any, Union

from earmark.partitions.subset import PartitionsSubset, SubsetData


class Whole:
    """An asset without partitions: all of it, or nothing. It answers as a subset of partitions does.

    Example:
        >>> (Whole(True) - Whole(False)).get_partition_keys(), (Whole(True) & Whole(False)).is_empty
        ([None], True)
    """

    __slots__ = ("is_there",)

    def __init__(self, is_there: bool) -> None:
        self.is_there = is_there

    @property
    def is_empty(self) -> bool:
        """Whether it is nothing."""
        return not self.is_there

    def get_partition_keys(self) -> list[Any]:
        """Return ``[None]`` for all of it, else no key."""
        return [None] if self.is_there else []

    def to_data(self) -> bool:
        """Return what is stored of it."""
        return self.is_there

    def __len__(self) -> int:
        return int(self.is_there)

    def __or__(self, other: Whole) -> Whole:
        return self if self.is_there else other

    def __and__(self, other: Whole) -> Whole:
        return other if self.is_there else self

    def __sub__(self, other: Whole) -> Whole:
        return NOTHING if other.is_there else self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Whole) and other.is_there is self.is_there

    def __hash__(self) -> int:
        return hash(self.is_there)

    def __repr__(self) -> str:
        return f"Whole({self.is_there})"


NOTHING = Whole(False)
EVERYTHING = Whole(True)

Subset = Union[PartitionsSubset, Whole]
Stored = Union[bool, SubsetData]
"""A subset as it is stored."""


def restored(data: Stored, definition: Any) -> Any:
    """Return a stored subset; what no longer fits (the asset was cut otherwise meanwhile) is empty."""
    if definition is None:
        return EVERYTHING if data is True else NOTHING
    return definition.empty_subset() if isinstance(data, bool) else definition.subset_from_data(data)
