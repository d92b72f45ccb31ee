"""Moving the stored values of assets from one IO manager to another."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from earmark.decide.automation.index import index_of
from earmark.decide.automation.known import KnownOfStore
from earmark.decide.automation.recalled import AutomationState, KeptInState, Recalled
from earmark.decide.automation.world import World
from earmark.define.assets.asset_selection import AssetSelection
from earmark.define.automation.entity_subset import AssetGraphView, EntitySubset
from earmark.define.definitions import Definitions
from earmark.execute.instance import DagsterInstance
from earmark.execute.io_contexts.build import build_output_context
from earmark.graph.assets import AssetNode
from earmark.partitions.definition import PartitionKeyRange
from earmark.system import clock as system_clock
from earmark.values.errors import DagsterInvalidInvocationError, caller_location
from earmark.values.keys import AssetKey

LOG = logging.getLogger("earmark.migrate")

ShouldSkip = Callable[[AssetKey, str | None], bool]


@dataclass(frozen=True)
class MigrateIOStorageResult:
    """What became of each asset whose value was to be moved. Made by :func:`migrate_io_storage`.

    Attributes:
        migrated: What is stored by the other IO manager now.
        skipped: What ``should_skip`` left out.
        failed: What could not be loaded or stored; the log says why.

    Example:
        >>> MigrateIOStorageResult().failed
        []
    """

    migrated: list[EntitySubset] = field(default_factory=list)
    skipped: list[EntitySubset] = field(default_factory=list)
    failed: list[EntitySubset] = field(default_factory=list)


def migrate_io_storage(
    *,
    definitions: Definitions | None = None,
    destination_io_manager: Any,
    instance: DagsterInstance | None = None,
    context: Any = None,
    selection: Any = None,
    should_skip: ShouldSkip | None = None,
    batch_partitions: bool = False,
    transform: Callable[[Any], Any] | None = None,
) -> MigrateIOStorageResult:
    """Load the value of each asset that was written, and store it by another IO manager.

    An asset or partition that cannot be moved is told in the log, and the others are moved all the same. What was
    stored before stays where it is. No event is recorded.

    Args:
        definitions: The assets, with the IO managers that they are stored by now.
        destination_io_manager: The other one: an object, or a resource that makes one.
        instance: Says what was written.
        context: Not taken: a step knows its own job and no other. Give definitions.
        selection: Which assets; all if ``None``.
        should_skip: Told an asset and a partition (``None`` where there are none), says whether to leave it out.
        batch_partitions: Whether several partitions are loaded and stored at once, as a dict by partition key; as many
            as the asset's backfill policy allows. Both IO managers have to be able to do that.
        transform: Makes of each loaded value the one to store.

    Raises:
        DagsterInvalidInvocationError: There are no definitions or there is no instance, or a context is given.

    Example:
        >>> @em.asset
        ... def orders():
        ...     return [1, 2]
        >>> defs, memory = em.Definitions([orders]), em.InMemoryIOManager()
        >>> with em.DagsterInstance.ephemeral() as instance:
        ...     em.materialize([orders], instance=instance).success
        ...     moved = migrate_io_storage(definitions=defs, destination_io_manager=memory, instance=instance)
        True
        >>> [one.key for one in moved.migrated], list(memory.values.values())
        ([AssetKey(['orders'])], [[1, 2]])
    """
    if context is not None or definitions is None or instance is None:
        raise DagsterInvalidInvocationError(
            "migrate_io_storage takes definitions= and instance=, and no context=.",
            hint="Within a step, context.instance is the instance, and the module has the definitions.",
            where=caller_location(),
        )
    graph = definitions.resolve_asset_graph()
    chosen = AssetSelection.from_coercible("*" if selection is None else selection).select(graph).assets
    # The view shows subsets of assets; what is known of their conditions does not matter to that.
    known, kept = KnownOfStore.of(instance.store), Recalled(KeptInState(AutomationState()))
    view = AssetGraphView(World(index_of(graph), known, system_clock.now(), instance, None, kept), instance)
    result = MigrateIOStorageResult()
    with _entered(destination_io_manager) as destination:
        for key in sorted(chosen):
            mover = _Mover(definitions, instance, destination, graph.get(key), transform)
            mover.move(view, result, should_skip, batch_partitions)
    return result


def _entered(given: Any) -> AbstractContextManager[Any]:
    make = getattr(given, "process_config_and_initialize_cm", None)
    found: AbstractContextManager[Any] = nullcontext(given) if make is None else make()
    return found


@dataclass
class _Mover:
    """Moves the value of one asset."""

    definitions: Definitions
    instance: DagsterInstance
    destination: Any
    node: AssetNode
    transform: Callable[[Any], Any] | None

    def move(
        self, view: AssetGraphView, result: MigrateIOStorageResult, should_skip: ShouldSkip | None, batched: bool
    ) -> None:
        key = self.node.key
        parts = self._written()
        left = [part for part in parts if should_skip is not None and should_skip(key, part)]
        moved: list[str | None] = []
        failed: list[str | None] = []
        for batch in self._batches([part for part in parts if part not in left], batched):
            try:
                self._move(batch)
            except Exception:
                LOG.exception("%s could not be moved: %s", key.to_user_string(), ", ".join(map(str, batch)))
                failed += batch
            else:
                moved += batch
        for found, several in ((moved, result.migrated), (left, result.skipped), (failed, result.failed)):
            if found:
                several.append(EntitySubset(view, key, view.world.some(key, found)))

    def _written(self) -> list[str | None]:
        """Return the partitions that were written, in order; ``None`` stands for the whole asset."""
        if self.node.partitions_def is None:
            state = self.instance.store.assets.get(self.node.key)
            return [] if state.materialization is None else [None]
        written = self.instance.get_materialized_partitions(self.node.key)
        keys = self.node.partitions_def.get_partition_keys(dynamic_partitions_store=self.instance)
        return [str(one) for one in keys if str(one) in written]

    def _batches(self, parts: Sequence[str | None], batched: bool) -> Iterator[list[str | None]]:
        """Give partitions that are moved together: neighbours, as many as one run may write."""
        definition, policy = self.node.partitions_def, self.node.backfill_policy
        if not batched or definition is None or len(parts) < 2:
            yield from ([part] for part in parts)
            return
        most = len(parts) if policy is None or not policy.max_partitions_per_run else policy.max_partitions_per_run
        keys = definition.get_partition_keys(dynamic_partitions_store=self.instance)
        place = {str(key): index for index, key in enumerate(keys)}
        batch: list[str | None] = []
        for part in parts:
            if batch and (len(batch) == most or place[str(part)] != place[str(batch[-1])] + 1):
                yield batch
                batch = []
            batch.append(part)
        yield batch

    def _move(self, batch: Sequence[str | None]) -> None:
        key, node = self.node.key, self.node
        span = PartitionKeyRange(str(batch[0]), str(batch[-1])) if len(batch) > 1 else None
        part = None if span is not None else batch[0]
        value = self.definitions.load_asset_value(
            key, instance=self.instance, partition_key=part, partition_key_range=span
        )
        output = build_output_context(
            asset_key=key,
            partition_key=part,
            asset_partition_key_range=span,
            asset_partitions_def=node.partitions_def,
            definition_metadata=node.spec.metadata,
            asset_spec=node.spec,
            instance=self.instance,
        )
        told = self.destination.handle_output(output, value if self.transform is None else self.transform(value))
        if isinstance(told, Iterator):
            for _ in told:
                continue
