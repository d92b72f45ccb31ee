"""Partitions added and removed while the system runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Union

import msgspec

from earmark.partitions.definition import BESIDE, Partition, PartitionsDefinition, checked_keys
from earmark.partitions.loading import DynamicPartitions, Moment, resolve_datetime, resolve_dynamic
from earmark.partitions.subset import (
    AllSubset,
    Everything,
    KeySubset,
    PartitionsSubset,
    SubsetData,
    keys_of_data,
)
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvariantViolationError, caller_location

PartitionFunction = Callable[[Any], Union[Sequence[str], Sequence[Partition]]]


class AddDynamicPartitionsRequest(msgspec.Struct, frozen=True, tag="add"):
    """A request to add keys to a dynamic partitions definition.

    Args:
        partitions_def_name: The name of the definition.
        partition_keys: The keys to add; those that exist stay as they are.

    Example:
        >>> import earmark as em
        >>> customers = em.DynamicPartitionsDefinition(name="customers")
        >>> request = customers.build_add_request(["acme", "globex"])
        >>> request == AddDynamicPartitionsRequest("customers", ["acme", "globex"])
        True
        >>> em.SensorResult(dynamic_partitions_requests=[request]).dynamic_partitions_requests[0].partition_keys
        ('acme', 'globex')
    """

    partitions_def_name: str
    partition_keys: tuple[str, ...]

    def __post_init__(self) -> None:
        keys = checked_keys(self.partition_keys, "AddDynamicPartitionsRequest")
        msgspec.structs.force_setattr(self, "partition_keys", keys)


class DeleteDynamicPartitionsRequest(msgspec.Struct, frozen=True, tag="delete"):
    """A request to remove keys from a dynamic partitions definition.

    Args:
        partitions_def_name: The name of the definition.
        partition_keys: The keys to remove; those that do not exist are ignored.

    Example:
        >>> import earmark as em
        >>> em.DynamicPartitionsDefinition(name="customers").build_delete_request(["acme"])
        DeleteDynamicPartitionsRequest(partitions_def_name='customers', partition_keys=('acme',))
    """

    partitions_def_name: str
    partition_keys: tuple[str, ...]

    def __post_init__(self) -> None:
        keys = checked_keys(self.partition_keys, "DeleteDynamicPartitionsRequest")
        msgspec.structs.force_setattr(self, "partition_keys", keys)


class DynamicPartitionsDefinition(PartitionsDefinition, frozen=True, dict=True, tag="dynamic"):
    """Partitions whose keys are kept by the instance under a name, or computed by a function.

    A function does not travel: what is stored of that form is only that there is one.

    Args:
        partition_fn: A function from the current time (or ``None``) to keys. Deprecated in favour of ``name``.
        name: The name under which the keys are kept.

    Raises:
        DagsterInvalidDefinitionError: Neither or both were given.

    Example:
        >>> class Kept:
        ...     def get_dynamic_partitions(self, partitions_def_name):
        ...         return ["first", "second"]
        >>> DynamicPartitionsDefinition(name="customers").get_partition_keys(dynamic_partitions_store=Kept())
        ['first', 'second']
    """

    name: str | None
    has_function: bool = False

    if TYPE_CHECKING:

        def __init__(self, partition_fn: PartitionFunction | None = None, name: str | None = None) -> None: ...

    @staticmethod
    def _arguments(partition_fn: PartitionFunction | None = None, name: str | None = None) -> dict[str, Any]:
        if partition_fn is None and not name:
            raise DagsterInvalidDefinitionError(
                "A DynamicPartitionsDefinition needs a name under which its keys are kept (or a partition_fn).",
                where=caller_location(),
            )
        if partition_fn is not None and name:
            raise DagsterInvalidDefinitionError(
                f"A DynamicPartitionsDefinition has a name or a partition_fn, not both (name={name!r}).",
                where=caller_location(),
            )
        return {"name": name, "has_function": partition_fn is not None, BESIDE: {"_function": partition_fn}}

    @property
    def partition_fn(self) -> PartitionFunction | None:
        """The function that computes the keys, in the process that has it."""
        return self.__dict__.get("_function")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DynamicPartitionsDefinition):
            return NotImplemented
        return self.name == other.name and self.partition_fn is other.partition_fn

    def __hash__(self) -> int:
        return hash((self.name, self.partition_fn))

    def get_partition_keys(
        self, current_time: Moment = None, dynamic_partitions_store: DynamicPartitions | None = None
    ) -> list[str]:
        """Return the keys in the order they were added (or as the function returns them).

        Args:
            current_time: What the function is called with; a named definition does not use it.
            dynamic_partitions_store: Where the keys are kept; the context's if not given.

        Raises:
            DagsterInvariantViolationError: There is no store, or the function is in another process.
        """
        if self.name is not None:
            return list(resolve_dynamic(dynamic_partitions_store, self.name).get_dynamic_partitions(self.name))
        if self.partition_fn is None:
            raise DagsterInvariantViolationError(
                "The keys of these partitions are computed by a function, and only the process with the user's code"
                " has it.",
                hint="Give the partitions a name and add their keys instead.",
            )
        moment = current_time if current_time is None else resolve_datetime(current_time)
        returned = self.partition_fn(moment)
        return [item.name if isinstance(item, Partition) else item for item in returned]

    def build_add_request(self, partition_keys: Iterable[str]) -> AddDynamicPartitionsRequest:
        """Return the request that adds keys; a sensor returns it in its result."""
        return AddDynamicPartitionsRequest(self._name_for("added"), tuple(partition_keys))

    def build_delete_request(self, partition_keys: Iterable[str]) -> DeleteDynamicPartitionsRequest:
        """Return the request that removes keys; a sensor returns it in its result."""
        return DeleteDynamicPartitionsRequest(self._name_for("removed"), tuple(partition_keys))

    def subset_with_partition_keys(self, partition_keys: Iterable[str]) -> KeySubset:
        """Return the subset of the given keys; whether they exist now is not asked."""
        return KeySubset(self, frozenset(partition_keys))

    def subset_from_data(self, data: SubsetData) -> PartitionsSubset:
        """Return the subset that was stored as ``data``."""
        if isinstance(data, Everything):
            return AllSubset(self)
        return KeySubset(self, frozenset(keys_of_data(data)))

    def _beside(self) -> dict[str, Any]:
        return {"_function": self.partition_fn}

    def _name_for(self, what: str) -> str:
        if self.name is not None:
            return self.name
        raise DagsterInvalidDefinitionError(
            f"Keys can only be {what} where the partitions have a name; these are computed by a function.",
            where=caller_location(),
        )

    def __str__(self) -> str:
        return f'Dynamic partitions: "{self.name}"' if self.name else "Dynamic partitions of a function"
