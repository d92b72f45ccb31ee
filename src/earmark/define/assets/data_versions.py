"""Data versions of many partitions at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from earmark.define.ops.outputs import DataVersion


@dataclass(frozen=True)
class DataVersionsByPartition:
    """What an observing function returns for a partitioned asset: the data version of each partition it saw.

    Args:
        data_versions_by_partition: From partition keys to versions; texts are taken as :class:`DataVersion`.

    Example:
        >>> DataVersionsByPartition({"2026-11-01": "7"}).data_versions_by_partition["2026-11-01"]
        DataVersion(value='7')
    """

    data_versions_by_partition: Mapping[str, DataVersion]

    def __init__(self, data_versions_by_partition: Mapping[str, DataVersion | str]) -> None:
        versions = {
            key: version if isinstance(version, DataVersion) else DataVersion(version)
            for key, version in data_versions_by_partition.items()
        }
        object.__setattr__(self, "data_versions_by_partition", versions)
