"""Which partitions were written before something that they need changed: by instants on both sides and a mapping.

What is asked of the mapping is bounded: nothing where all changes are older than what was written, else not once for
each pair but for each partition of one side, and for the usual mappings (the same partition, neighbours in time, all)
hardly at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from earmark.partitions import MultiPartitionsDefinition, PartitionsDefinition, infer_mapping
from earmark.partitions.mapping import IdentityPartitionMapping, PartitionMapping
from earmark.partitions.time_mapping import TimeWindowPartitionMapping
from earmark.partitions.window import TimeWindowPartitionsDefinition
from earmark.values.clock import Micros


class Relation:
    """How the partitions of an asset need those of another.

    Args:
        mapping: The mapping.
        down: How the asset is cut.
        up: How the other is cut.
        now: The time that decides which partitions exist.
        dynamic: Where keys of dynamic partitions are found.
    """

    def __init__(
        self, mapping: PartitionMapping | None, down: PartitionsDefinition, up: PartitionsDefinition,
        now: Micros, dynamic: Any,
    ) -> None:  # fmt: skip
        self.mapping = mapping or infer_mapping(up, down)
        self.down = down
        self.up = up
        self.now = now
        self.dynamic = dynamic

    def needed(self, key: str) -> list[str]:
        """Return the partitions that one needs."""
        found = self.mapping.upstream([key], self.down, self.up, self.now, self.dynamic)
        return found.partitions_subset.get_partition_keys()

    def fed(self, key: str) -> list[str]:
        """Return the partitions that need one."""
        return self.mapping.downstream([key], self.up, self.down, self.now, self.dynamic).get_partition_keys()

    @property
    def _is_by_the_same_keys(self) -> bool:
        if isinstance(self.mapping, IdentityPartitionMapping):
            return True
        return (
            self.up == self.down
            and isinstance(self.up, MultiPartitionsDefinition)
            and self.mapping == infer_mapping(self.up, self.down)
        )

    @property
    def _offsets(self) -> tuple[int, int] | None:
        """The first and last neighbour that is needed, where both sides are the same windows without gaps."""
        mapping = self.mapping
        if not isinstance(mapping, TimeWindowPartitionMapping) or self.up != self.down:
            return None
        if not isinstance(self.up, TimeWindowPartitionsDefinition) or self.up.exclusions:
            return None
        return mapping.start_offset, mapping.end_offset

    def outdated(self, written: Mapping[str, int], changed: Mapping[str, int]) -> set[str]:
        """Return the partitions that were written before something that they need changed.

        Args:
            written: When each partition was written, as the number of an event.
            changed: When each upstream partition changed.
        """
        oldest = min(written.values(), default=None)
        if oldest is None or max(changed.values(), default=oldest) <= oldest:
            return set()
        if self._is_by_the_same_keys or self._offsets == (0, 0):
            return {key for key, at in written.items() if changed.get(key, at) > at}
        if self._offsets is not None:
            return self._outdated_windows(*self._offsets, written, changed)
        return set(self._outdated(written, changed))

    def _outdated_windows(
        self, first: int, last: int, written: Mapping[str, int], changed: Mapping[str, int]
    ) -> set[str]:
        keys = self.down.get_partition_keys(self.now, self.dynamic)
        changes = [changed.get(key, 0) for key in keys]
        found: set[str] = set()
        for place, key in enumerate(keys):
            at = written.get(key)
            if at is not None and max(changes[max(place + first, 0) : max(place + last + 1, 0)], default=0) > at:
                found.add(key)
        return found

    def _outdated(self, written: Mapping[str, int], changed: Mapping[str, int]) -> Iterator[str]:
        """Go through changes, the latest first: it alone decides about the partitions that it reaches.

        If that takes more questions than to ask what the others need, these are asked.
        """
        there = self.up.subset_with_all_partitions(self.now, self.dynamic)
        undecided = dict(sorted(written.items(), key=lambda one: one[1]))
        latest_first = sorted(changed.items(), key=lambda one: one[1], reverse=True)
        for asked, (key, at) in enumerate(latest_first):
            if not undecided or at <= next(iter(undecided.values())):
                return
            if asked > len(undecided):
                break
            if key not in there:
                continue
            for one in self.fed(key):
                if undecided.pop(one, at) < at:
                    yield one
        else:
            return
        here = self.down.subset_with_all_partitions(self.now, self.dynamic)
        for key, at in undecided.items():
            if key in here and any(changed.get(one, 0) > at for one in self.needed(key)):
                yield key
