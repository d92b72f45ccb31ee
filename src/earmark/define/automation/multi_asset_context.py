"""What the function of a sensor of several assets sees, and the cursor it keeps per asset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from earmark.define.assets.asset_selection import AssetSelection
from earmark.define.automation.instigation import Surroundings, as_definitions
from earmark.define.automation.sensor_context import SensorEvaluationContext
from earmark.partitions import infer_mapping
from earmark.values import wire
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    DagsterInvariantViolationError,
    caller_location,
)
from earmark.values.keys import AssetKey

MAX_TRAILING = 25
"""How many events before the cursor an asset may leave for later."""


class AssetCursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a sensor has dealt with an asset.

    Args:
        partition: The partition of the last event dealt with.
        event_id: The number of that event.
        trailing: Events before it that were passed over, by partition.
    """

    partition: str | None = None
    event_id: int = 0
    trailing: dict[str, int] = {}


class MultiAssetSensorEvaluationContext(SensorEvaluationContext):
    """What the function of a sensor of several assets sees.

    The cursor is kept per asset: :meth:`advance_cursor` says which events were dealt with. Events of other partitions
    before them stay to be dealt with (up to 25 of an asset). :func:`build_multi_asset_sensor_context` makes one for
    tests.

    Args:
        around: Instance, definitions, resources and log.
        monitored_assets: The assets: keys or a selection.
        **options: Other arguments of :class:`SensorEvaluationContext`.

    Example:
        >>> import earmark as em
        >>> @em.asset
        ... def orders(): ...
        >>> instance = em.DagsterInstance.ephemeral()
        >>> em.materialize([orders], instance=instance).success
        True
        >>> context = build_multi_asset_sensor_context(monitored_assets=[em.AssetKey("orders")], instance=instance)
        >>> isinstance(context, em.MultiAssetSensorEvaluationContext)
        True
        >>> [len(context.materialization_records_for_key(key)) for key in context.asset_keys]
        [1]
    """

    def __init__(self, around: Surroundings, monitored_assets: Any, **options: Any) -> None:
        super().__init__(around, **options)
        self._keys = _keys_of(monitored_assets, around)
        self._cursors = read_cursors(self.cursor)
        self._advanced: dict[AssetKey, list[Any]] = {}
        self._new_cursors = dict(self._cursors)

    @property
    def asset_keys(self) -> Sequence[AssetKey]:
        """The assets, as they were given."""
        return self._keys

    @property
    def assets_defs_by_key(self) -> Mapping[AssetKey, Any]:
        """What computes each asset; ``None`` for one that is not here."""
        graph = self.around.repository.resolve_asset_graph()
        resolved = self.around.repository.resolved
        return {key: resolved.definition_of(key) if key in graph else None for key in self._keys}

    def update_cursor(self, cursor: str | None) -> None:
        """Refuse: the cursor is kept per asset.

        Raises:
            DagsterInvariantViolationError: Always, unless the cursor is reset with ``None``.
        """
        if cursor is not None:
            raise DagsterInvariantViolationError(
                "The cursor of a sensor of several assets is kept per asset.",
                hint="Use advance_cursor() or advance_all_cursors().",
                where=caller_location(),
            )
        super().update_cursor(None)

    def latest_materialization_records_by_key(
        self, asset_keys: Sequence[AssetKey] | None = None
    ) -> Mapping[AssetKey, Any]:
        """Return the latest materialization after the cursor of each asset; ``None`` where there is none."""
        found: dict[AssetKey, Any] = {}
        for key in self._keys if asset_keys is None else asset_keys:
            records = self.instance.fetch_materializations(key, limit=1).records
            is_new = bool(records) and records[0].storage_id > self._cursor_of(key).event_id
            found[key] = records[0] if is_new else None
        return found

    def materialization_records_for_key(self, asset_key: AssetKey, limit: int | None = None) -> Sequence[Any]:
        """Return materializations of an asset after its cursor, the oldest first."""
        after = self._cursor_of(asset_key).event_id
        found: list[Any] = []
        cursor = str(after) if after else None
        while True:
            size = 1_000 if limit is None else min(1_000, limit - len(found))
            page = self.instance.fetch_materializations(asset_key, limit=size, cursor=cursor, ascending=True)
            found.extend(page.records)
            cursor = page.cursor
            if not page.has_more or (limit is not None and len(found) >= limit):
                return found

    def latest_materialization_records_by_partition(
        self, asset_key: AssetKey, after_cursor_partition: bool = False
    ) -> Mapping[str, Any]:
        """Return the latest materialization after the cursor of each partition, in the order of partitions.

        Args:
            asset_key: The asset.
            after_cursor_partition: Whether only partitions after that of the cursor are meant.
        """
        latest: dict[str, Any] = {}
        for record in (
            *self.get_trailing_unconsumed_events(asset_key),
            *self.materialization_records_for_key(asset_key),
        ):
            if record.partition_key is not None:
                latest[record.partition_key] = record
        every = self._partitions_of(asset_key).get_partition_keys(dynamic_partitions_store=self.instance)
        after = self._cursor_of(asset_key).partition
        first = every.index(after) + 1 if after_cursor_partition and after in every else 0
        return {key: latest[key] for key in every[first:] if key in latest}

    def latest_materialization_records_by_partition_and_asset(self) -> Mapping[str, Mapping[AssetKey, Any]]:
        """Return, for each partition, the latest materialization of each asset.

        Raises:
            DagsterInvalidInvocationError: The assets are not all cut in the same way.
        """
        first = self._partitions_of(self._keys[0])
        if any(self._partitions_of(key) != first for key in self._keys):
            raise DagsterInvalidInvocationError(
                "All assets must be partitioned and share the same partitions definition.", where=caller_location()
            )
        found: dict[str, dict[AssetKey, Any]] = {}
        for key in self._keys:
            for partition, record in self.latest_materialization_records_by_partition(key).items():
                found.setdefault(partition, {})[key] = record
        return found

    def all_partitions_materialized(self, asset_key: AssetKey, partitions: Sequence[str] | None = None) -> bool:
        """Say whether all of an asset's partitions, or of some, were ever materialized."""
        if partitions is not None and not partitions:
            raise DagsterInvalidInvocationError("Must provide at least one partition in list.", where=caller_location())
        wanted = partitions
        if wanted is None:
            wanted = self._partitions_of(asset_key).get_partition_keys(dynamic_partitions_store=self.instance)
        there: set[str] = self.instance.get_materialized_partitions(asset_key)
        return set(wanted) <= there

    def get_downstream_partition_keys(
        self, partition_key: str, from_asset_key: AssetKey, to_asset_key: AssetKey
    ) -> Sequence[str]:
        """Return the partitions of a downstream asset that need one of an upstream asset."""
        graph = self.around.repository.resolve_asset_graph()
        theirs, ours = self._partitions_of(from_asset_key), self._partitions_of(to_asset_key)
        given = graph.get(to_asset_key).partition_mappings.get(from_asset_key)
        mapping = given if given is not None else infer_mapping(theirs, ours)
        keys: Sequence[str] = mapping.downstream(
            [partition_key], theirs, ours, None, self.instance
        ).get_partition_keys()
        return keys

    def get_cursor_partition(self, asset_key: AssetKey | None) -> str | None:
        """Return the partition of the last event dealt with; of the one asset, if ``None``."""
        if asset_key is None and len(self._keys) != 1:
            raise DagsterInvalidInvocationError("Name the asset; there are several.", where=caller_location())
        return self._cursor_of(asset_key or self._keys[0]).partition

    def get_trailing_unconsumed_events(self, asset_key: AssetKey) -> Sequence[Any]:
        """Return the events before the cursor that were passed over, the oldest first."""
        trailing = self._cursor_of(asset_key).trailing
        if not trailing:
            return []
        first = min(trailing.values())
        wanted = set(trailing.values())
        found: list[Any] = []
        cursor: str | None = str(first - 1) if first > 1 else None
        while len(found) < len(wanted):
            page = self.instance.fetch_materializations(asset_key, limit=1_000, cursor=cursor, ascending=True)
            found.extend(record for record in page.records if record.storage_id in wanted)
            cursor = page.cursor
            if not page.has_more:
                break
        return found

    def advance_cursor(self, materialization_records_by_key: Mapping[AssetKey, Any]) -> None:
        """Say that events were dealt with: for each asset a record, or ``None`` for none."""
        for key, record in materialization_records_by_key.items():
            if key not in self._keys:
                raise DagsterInvariantViolationError(
                    f"{key.to_user_string()} is none of the assets that this sensor watches.", where=caller_location()
                )
            if record is not None:
                self._advanced.setdefault(key, []).append(record)

    def advance_all_cursors(self) -> None:
        """Say that all events up to now were dealt with."""
        for key in self._keys:
            records = self.instance.fetch_materializations(key, limit=1).records
            if records:
                last = records[0]
                self._new_cursors[key] = AssetCursor(last.partition_key, last.storage_id)
                self._advanced.pop(key, None)

    def update_cursor_after_evaluation(self) -> None:
        """Make the cursor say what was dealt with."""
        for key, records in self._advanced.items():
            self._new_cursors[key] = self._advanced_to(key, records)
        self._advanced.clear()
        if self._new_cursors != self._cursors:
            self._cursors = dict(self._new_cursors)
            super().update_cursor(
                wire.encode({key.to_user_string(): one for key, one in sorted(self._cursors.items())}).decode()
            )

    def _advanced_to(self, key: AssetKey, records: Iterable[Any]) -> AssetCursor:
        dealt_with = {record.storage_id for record in records}
        last = max(records, key=lambda record: record.storage_id)
        before = self._cursor_of(key)
        if last.storage_id < before.event_id:
            last_id, last_partition = before.event_id, before.partition
        else:
            last_id, last_partition = last.storage_id, last.partition_key
        left: dict[str, int] = dict(before.trailing)
        for record in self.materialization_records_for_key(key):
            if record.partition_key is not None and record.storage_id <= last_id:
                left[record.partition_key] = record.storage_id
        consumed = {record.partition_key for record in records}
        left = {
            partition: event
            for partition, event in left.items()
            if event not in dealt_with and not (partition in consumed and event <= last_id)
        }
        if len(left) > MAX_TRAILING:
            raise DagsterInvariantViolationError(
                f"The sensor left {len(left)} events of {key.to_user_string()} for later; it may leave {MAX_TRAILING}.",
                hint="Advance the cursor over them, or use advance_all_cursors().",
            )
        return AssetCursor(last_partition, last_id, left)

    def _cursor_of(self, key: AssetKey) -> AssetCursor:
        return self._cursors.get(key, AssetCursor())

    def _partitions_of(self, key: AssetKey) -> Any:
        found = self.around.repository.resolve_asset_graph().get(key).partitions_def
        if found is None:
            raise DagsterInvalidInvocationError(
                f"All assets must be partitioned: {key.to_user_string()} is not.", where=caller_location()
            )
        return found


def read_cursors(cursor: str | None) -> dict[AssetKey, AssetCursor]:
    """Return the cursors per asset that a cursor holds.

    Raises:
        DagsterInvariantViolationError: It is no cursor of such a sensor.
    """
    if not cursor:
        return {}
    try:
        found = wire.decode(cursor, dict[str, AssetCursor])
    except msgspec.MsgspecError as error:
        raise DagsterInvariantViolationError(f"{cursor!r} is no cursor of a sensor of several assets.") from error
    return {AssetKey.from_user_string(key): one for key, one in found.items()}


def _keys_of(monitored: Any, around: Surroundings) -> Sequence[AssetKey]:
    if not isinstance(monitored, AssetSelection):
        return [AssetKey.from_coercible(key) for key in monitored]
    if around.definitions is None:
        raise DagsterInvalidDefinitionError(
            "The assets are given by a selection, which needs definitions.",
            hint="Pass definitions=... when building the context.",
            where=caller_location(),
        )
    return sorted(monitored.resolve(around.definitions.resolve_asset_graph()))


def build_multi_asset_sensor_context(
    *,
    monitored_assets: Sequence[AssetKey] | AssetSelection,
    repository_def: Any = None,
    instance: Any = None,
    cursor: str | None = None,
    repository_name: str | None = None,
    cursor_from_latest_materializations: bool = False,
    resources: Mapping[str, Any] | None = None,
    definitions: Any = None,
    last_sensor_start_time: float | None = None,
) -> MultiAssetSensorEvaluationContext:
    """Return the context of a sensor of several assets, for tests.

    Args:
        monitored_assets: The assets: keys or a selection.
        repository_def: All definitions, by an older name.
        instance: The instance.
        cursor: What the last evaluation left.
        repository_name: The code location.
        cursor_from_latest_materializations: Whether all events up to now count as dealt with.
        resources: Resources by key.
        definitions: All definitions.
        last_sensor_start_time: When the sensor was switched on, in POSIX seconds.

    Example:
        >>> import earmark as em
        >>> @em.asset
        ... def orders(): ...
        >>> instance = em.DagsterInstance.ephemeral()
        >>> em.materialize([orders], instance=instance).success
        True
        >>> context = build_multi_asset_sensor_context(
        ...     monitored_assets=[em.AssetKey("orders")], instance=instance, definitions=em.Definitions([orders])
        ... )
        >>> [key.to_user_string() for key, record in context.latest_materialization_records_by_key().items() if record]
        ['orders']
    """
    if cursor is not None and cursor_from_latest_materializations:
        raise DagsterInvalidInvocationError(
            "cursor and cursor_from_latest_materializations exclude each other.", where=caller_location()
        )
    around = Surroundings(instance, as_definitions(definitions, repository_def), dict(resources or {}))
    context = MultiAssetSensorEvaluationContext(
        around,
        monitored_assets,
        cursor=cursor,
        repository_name=repository_name,
        last_sensor_start_time=last_sensor_start_time,
    )
    if cursor_from_latest_materializations:
        context.advance_all_cursors()
        context.update_cursor_after_evaluation()
    return context
