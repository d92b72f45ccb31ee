"""The keys of dynamic partitions, as partitions definitions ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from earmark.store.ports import Store


@dataclass(frozen=True, slots=True)
class StoredPartitions:
    """Dynamic partitions of a store."""

    store: Store

    def get_dynamic_partitions(self, partitions_def_name: str) -> Sequence[str]:
        """Return the keys of the definition with this name, in the order they were added."""
        return self.store.dynamic_partitions.get(partitions_def_name)


def dynamic_partitions(store: Store) -> StoredPartitions:
    """Return the dynamic partitions of a store."""
    return StoredPartitions(store)
