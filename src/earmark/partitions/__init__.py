"""Partitions and cron: arithmetic on keys, windows and ticks, without a database."""

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
