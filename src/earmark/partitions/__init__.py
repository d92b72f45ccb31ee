"""Partitions and cron: arithmetic on keys, windows and ticks, without a database.

The names below are loaded when one of them is first asked for, so that a struct may name them in its annotations
(``partitions.AnyPartitionsDefinition``) and cost nothing where nothing is partitioned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from earmark.partitions.definition import PartitionKeyRange, PartitionsDefinition, TimeWindow
    from earmark.partitions.multi import AnyPartitionsDefinition, MultiPartitionKey, MultiPartitionsDefinition
    from earmark.partitions.multi_mapping import AnyPartitionMapping, infer_mapping

__all__ = [
    "AnyPartitionMapping",
    "AnyPartitionsDefinition",
    "MultiPartitionKey",
    "MultiPartitionsDefinition",
    "PartitionKeyRange",
    "PartitionsDefinition",
    "TimeWindow",
    "infer_mapping",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    from earmark.partitions import definition, multi, multi_mapping

    home = next(module for module in (definition, multi, multi_mapping) if hasattr(module, name))
    found = globals()[name] = getattr(home, name)
    return found
