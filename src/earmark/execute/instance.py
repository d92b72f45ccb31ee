"""The handle that user code knows as the instance: a store, a home, a clock. Thin: it holds no state of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earmark.events.assets import AssetMaterialization, AssetObservation
from earmark.events.envelope import Event
from earmark.events.kinds import AssetMaterialized, AssetObserved, AssetWiped, RunTagged
from earmark.runs.run import DagsterRun
from earmark.system import clock as system_clock
from earmark.system.run_files import delete_run_files
from earmark.tags.flow import FlowRule
from earmark.tags.policy import TagPolicy
from earmark.tags.system import Place, check_user_tags
from earmark.tags.tag import normalize_run_tags
from earmark.values.clock import Clock
from earmark.values.errors import DagsterInvalidInvocationError, DagsterRunNotFoundError, caller_location
from earmark.values.keys import AssetKey

if TYPE_CHECKING:
    from earmark.execute.records import DataProvenance
    from earmark.partitions.definition import AssetPartitionStatus
    from earmark.partitions.paginated import PaginatedResults
    from earmark.store.ports import Store


class DagsterInstance:
    """Where runs, events and assets are kept, as user code sees it.

    Made by :meth:`get` (the home), :meth:`ephemeral` (gone with the process) or :meth:`local_temp` (a folder).

    Args:
        store: The store.
        home: The folder for what the store does not keep: stored values, captured logs.
        clock: Where the time comes from.
        owns_home: Whether the folder goes with the instance.
        tag_flow: Which tags of assets reach runs, as the settings declare it.
        tag_policies: What the settings declare about tags; those that are enforced refuse runs that break them.

    Example:
        >>> with DagsterInstance.ephemeral() as instance:
        ...     instance.get_runs()
        []
    """

    def __init__(
        self,
        store: Store,
        home: Path,
        clock: Clock = system_clock.now,
        *,
        owns_home: bool = False,
        tag_flow: Mapping[str, FlowRule] | None = None,
        tag_policies: Sequence[TagPolicy] = (),
    ) -> None:
        self.store = store
        self.home = home
        self.clock = clock
        self._owns_home = owns_home
        self.tag_flow: Mapping[str, FlowRule] = tag_flow or {}
        self.tag_policies = tuple(tag_policies)

    # Making and closing --------------------------------------------------------------------------------------------

    @staticmethod
    def ephemeral(tempdir: str | None = None, preload: Any = None, settings: Any = None) -> DagsterInstance:
        """Return an instance that is gone with the process.

        Args:
            tempdir: The folder for stored values; a temporary one if ``None``.
            preload: Read and not used: the instance begins empty.
            settings: Read and not used: an instance in memory has the settings of the project alone.
        """
        from earmark.store.open import open_store
        from earmark.system.settings import flow_of_project

        home = Path(tempdir or _temporary_folder())
        store = open_store("memory://", clock=system_clock.now)
        return DagsterInstance(store, home, owns_home=tempdir is None, tag_flow=flow_of_project())

    @staticmethod
    def local_temp(tempdir: str | None = None, overrides: Any = None) -> DagsterInstance:
        """Return an instance kept in a folder.

        Args:
            tempdir: The folder; a temporary one if ``None``.
            overrides: Read and not used: which store and which queue there are is not for an instance to say here.
        """
        from earmark.store.open import open_store
        from earmark.system.settings import flow_of_project

        home = Path(tempdir or _temporary_folder())
        store = open_store(home, clock=system_clock.now)
        return DagsterInstance(store, home, owns_home=tempdir is None, tag_flow=flow_of_project())

    @staticmethod
    def get() -> DagsterInstance:
        """Return the instance of the home: ``EARMARK_HOME``, ``DAGSTER_HOME``, or ``.earmark`` of the project.

        Raises:
            StoreError: The home cannot be written, or its store is of a newer version.
        """
        from earmark.store.open import open_store
        from earmark.system.home import find_home
        from earmark.system.settings import read_settings

        home = find_home()
        settings = read_settings(home)
        store = open_store(settings.storage or home.path, clock=system_clock.now)
        return DagsterInstance(store, home.path, tag_flow=settings.tag_flow, tag_policies=settings.tag_policies)

    def dispose(self) -> None:
        """Close the store, and remove the folder if it is a temporary one of this instance."""
        self.store.close()
        if self._owns_home:
            shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self) -> DagsterInstance:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.dispose()

    def __del__(self) -> None:
        if getattr(self, "_owns_home", False):
            shutil.rmtree(self.home, ignore_errors=True)

    def storage_directory(self) -> str:
        """Return the folder in which the default IO manager stores values."""
        return str(self.home / "storage")

    @property
    def root_directory(self) -> str:
        """The home folder."""
        return str(self.home)

    # Runs ----------------------------------------------------------------------------------------------------------

    def get_run_by_id(self, run_id: str) -> DagsterRun | None:
        """Return a run, or ``None`` if there is none of that id."""
        try:
            return self.store.runs.get(run_id)
        except DagsterRunNotFoundError:
            return None

    def has_run(self, run_id: str) -> bool:
        """Say whether there is a run of that id."""
        return self.get_run_by_id(run_id) is not None

    def get_runs(
        self, filters: Any = None, cursor: str | None = None, limit: int | None = None, ascending: bool = False
    ) -> list[DagsterRun]:
        """Return runs, the newest first.

        Args:
            filters: A :class:`RunsFilter`, or a query such as ``"tag:team=ml status:failed"``.
            cursor: A run id; only runs after it (in the order of the answer) are returned.
            limit: How many at the most.
            ascending: Whether the oldest come first.
        """
        from earmark.execute.records import run_query

        found: list[DagsterRun] = []
        while True:
            size = 1000 if limit is None else min(1000, limit - len(found))
            page = self.store.runs.find(run_query(filters), limit=size, cursor=cursor, ascending=ascending)
            found.extend(page.runs)
            cursor = page.cursor
            if cursor is None or (limit is not None and len(found) >= limit):
                return found

    def get_runs_count(self, filters: Any = None) -> int:
        """Return how many runs there are; filters as in :meth:`get_runs`."""
        from earmark.execute.records import run_query

        return self.store.runs.count(run_query(filters))

    def get_run_records(
        self,
        filters: Any = None,
        limit: int | None = None,
        order_by: str | None = None,
        ascending: bool = False,
        cursor: str | None = None,
        bucket_by: Any = None,
    ) -> Sequence[Any]:
        """Return runs with their times; arguments as :meth:`get_runs`.

        Args:
            filters: Which runs.
            limit: How many at the most.
            order_by: ``id`` or ``create_timestamp``, which are the same order here, and the only one.
            ascending: Whether the oldest come first.
            cursor: A run id; only runs after it are returned.
            bucket_by: Nothing: runs are not counted by buckets here.

        Raises:
            DagsterInvalidInvocationError: Another order is asked for, or buckets.
        """
        from earmark.execute.records import RunRecord

        if order_by not in (None, "id", "create_timestamp"):
            raise DagsterInvalidInvocationError(
                f"Runs are given in the order in which they were made, not by {order_by!r}.",
                hint="Leave order_by out, and sort what is returned.",
                where=caller_location(),
            )
        if bucket_by is not None:
            raise DagsterInvalidInvocationError(
                "get_run_records has no buckets (bucket_by).",
                hint="Ask by a query for each: get_run_records('job:nightly', limit=5).",
                where=caller_location(),
            )
        return [RunRecord.of(run) for run in self.get_runs(filters, cursor, limit, ascending)]

    def get_run_record_by_id(self, run_id: str) -> Any:
        """Return a run with its times, or ``None``."""
        from earmark.execute.records import RunRecord

        run = self.get_run_by_id(run_id)
        return None if run is None else RunRecord.of(run)

    def add_run_tags(self, run_id: str, new_tags: Mapping[str, Any]) -> None:
        """Give a run more tags, or other values; they are kept apart from those that it was started with.

        Args:
            run_id: The run, which may have ended.
            new_tags: Tags; values that are not strings are stored as JSON.

        Raises:
            DagsterRunNotFoundError: There is no such run.
            InvalidTagError: A tag breaks a rule, or only the system sets it.
        """
        tags = normalize_run_tags(new_tags)
        check_user_tags(tags, Place.LAUNCH)
        self.store.runs.record(run_id, [Event(RunTagged({**tags}, "code"), self.clock())])

    def delete_run(self, run_id: str) -> None:
        """Delete a finished run, its events and its files; what assets know of their latest state stays.

        Raises:
            DagsterInvariantViolationError: It has not finished.
        """
        self.store.runs.delete([run_id])
        delete_run_files(self.home, [run_id])

    def all_logs(self, run_id: str, of_type: Any = None) -> Sequence[Any]:
        """Return a run's events as :class:`EventLogEntry`, in order; of one type, or a set of types, if given."""
        from earmark.execute.dagster_event import entry_of
        from earmark.execute.event_log import all_events

        job = self.store.runs.get(run_id).job_name
        entries = [entry_of(event, job) for event in all_events(self.store, run_id)]
        if of_type is None:
            return entries
        wanted = of_type if isinstance(of_type, (set, frozenset, list, tuple)) else {of_type}
        return [entry for entry in entries if entry.dagster_event_type in wanted]

    # Assets --------------------------------------------------------------------------------------------------------

    def get_latest_materialization_event(self, asset_key: AssetKey) -> Any:
        """Return the latest materialization of an asset as an :class:`EventLogEntry`, or ``None``."""
        event = self.store.assets.get(asset_key).materialization
        return None if event is None else self.entry(event)

    def entry(self, event: Event, job_name: str | None = None) -> Any:
        """Return an event of the store as an :class:`EventLogEntry`; its run is looked up if the job is not given."""
        from earmark.execute.dagster_event import entry_of

        return entry_of(event, job_name or self._job_of(event))

    def _job_of(self, event: Event) -> str | None:
        run = None if event.run_id is None else self.get_run_by_id(event.run_id)
        return None if run is None else run.job_name

    def get_latest_materialization_events(self, asset_keys: Iterable[AssetKey]) -> Mapping[AssetKey, Any]:
        """Return the latest materialization of each asset."""
        return {key: self.get_latest_materialization_event(key) for key in asset_keys}

    def get_latest_materialization_code_versions(self, asset_keys: Iterable[AssetKey]) -> Mapping[AssetKey, str | None]:
        """Return the code version of each asset's latest materialization."""
        found: dict[AssetKey, str | None] = {}
        for key, state in self.store.assets.get_many(asset_keys).items():
            event = state.materialization
            if event is not None and isinstance(event.fact, AssetMaterialized):
                found[key] = event.fact.code_version
        return found

    def latest_data_version(self, asset_key: AssetKey) -> str | None:
        """Return the data version of an asset's latest materialization or observation that has one."""
        state = self.store.assets.get(asset_key)
        versions: dict[int, str | None] = {
            event.id: event.fact.data_version
            for event in (state.materialization, state.observation)
            if event is not None and isinstance(event.fact, (AssetMaterialized, AssetObserved))
        }
        return next((versions[number] for number in sorted(versions, reverse=True) if versions[number]), None)

    def data_provenance(self, asset_key: AssetKey) -> DataProvenance | None:
        """Return the code version and input data versions of an asset's latest materialization, or ``None``."""
        from earmark.execute.records import DataProvenance

        event = self.store.assets.get(asset_key).materialization
        if event is None or not isinstance(event.fact, AssetMaterialized):
            return None
        versions = {AssetKey.from_user_string(key): one for key, one in event.fact.input_data_versions.items()}
        return DataProvenance(event.fact.code_version or "", versions)

    def has_asset_key(self, asset_key: AssetKey) -> bool:
        """Say whether anything was ever recorded about an asset."""
        state = self.store.assets.get(asset_key)
        return state.materialization is not None or state.observation is not None

    def get_asset_keys(
        self, prefix: Sequence[str] | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Sequence[AssetKey]:
        """Return the keys of assets that something was recorded about, sorted."""
        keys = sorted(state.key for state in self.store.assets.all())
        if prefix is not None:
            keys = [key for key in keys if key.has_prefix(prefix)]
        if cursor is not None:
            keys = [key for key in keys if key.to_user_string() > cursor]
        return keys if limit is None else keys[:limit]

    def all_asset_keys(self) -> Sequence[AssetKey]:
        """Return the keys of all assets that something was recorded about; the older name of that."""
        return self.get_asset_keys()

    def fetch_materializations(
        self, records_filter: Any, limit: int = 100, cursor: str | None = None, ascending: bool = False
    ) -> Any:
        """Return materializations of an asset, a page at a time.

        Args:
            records_filter: The asset's key, or an :class:`AssetRecordsFilter`.
            limit: How many at the most.
            cursor: Where the last page ended.
            ascending: Whether the oldest come first.
        """
        from earmark.execute.records import asset_records

        return asset_records(self.store, AssetMaterialized, records_filter, limit, cursor, ascending)

    def fetch_observations(
        self, records_filter: Any, limit: int = 100, cursor: str | None = None, ascending: bool = False
    ) -> Any:
        """Return observations of an asset, a page at a time; arguments as :meth:`fetch_materializations`."""
        from earmark.execute.records import asset_records

        return asset_records(self.store, AssetObserved, records_filter, limit, cursor, ascending)

    def fetch_run_status_changes(
        self, records_filter: Any, limit: int = 100, cursor: str | None = None, ascending: bool = False
    ) -> Any:
        """Return changes of runs' states, a page at a time.

        Args:
            records_filter: A :class:`DagsterEventType` such as ``RUN_FAILURE``, or a
                :class:`RunStatusChangeRecordsFilter`.
            limit: How many at the most.
            cursor: Where the last page ended.
            ascending: Whether the oldest come first.
        """
        from earmark.execute.records import status_changes

        return status_changes(self.store, records_filter, limit, cursor, ascending)

    def get_event_records(
        self, event_records_filter: Any, limit: int | None = None, ascending: bool = False
    ) -> Sequence[Any]:
        """Return records of events, the latest first; :meth:`fetch_materializations` and its like read by pages.

        Args:
            event_records_filter: An :class:`EventRecordsFilter`.
            limit: How many at the most.
            ascending: Whether the oldest come first.
        """
        from earmark.execute.event_records import event_records

        return event_records(self.store, event_records_filter, limit, ascending)

    def get_asset_records(self, asset_keys: Sequence[AssetKey] | None = None) -> Sequence[Any]:
        """Return what is known now of assets that something was recorded about, of all if none are named."""
        from earmark.execute.records import AssetRecord

        if asset_keys is None:
            return [AssetRecord.of(state) for state in self.store.assets.all()]
        found = self.store.assets.get_many(asset_keys)
        return [AssetRecord.of(found[key]) for key in asset_keys if self.has_asset_key(key)]

    def get_status_by_partition(
        self, asset_key: AssetKey, partition_keys: Sequence[str], partitions_def: Any = None
    ) -> Mapping[str, AssetPartitionStatus | None]:
        """Return the status of each of some partitions of an asset; ``None`` where nothing is known of it."""
        from earmark.partitions.definition import AssetPartitionStatus

        known = {state.partition: state.status for state in self.store.assets.partitions(asset_key, partition_keys)}
        meant: dict[str | None, AssetPartitionStatus] = {
            "materialized": AssetPartitionStatus.MATERIALIZED,
            "failed": AssetPartitionStatus.FAILED,
            "in_progress": AssetPartitionStatus.IN_PROGRESS,
        }
        return {key: meant.get(known.get(key)) for key in partition_keys}

    def get_materialized_partitions(self, asset_key: AssetKey) -> set[str]:
        """Return the partitions of an asset that were ever written."""
        return {
            state.partition for state in self.store.assets.partitions(asset_key) if state.materialized_at is not None
        }

    def report_runless_asset_event(self, asset_event: AssetMaterialization | AssetObservation) -> None:
        """Record a materialization or observation that no run of Earmark made."""
        version = asset_event.tags.get("dagster/data_version")
        fact: AssetMaterialized | AssetObserved = (
            AssetObserved(asset_event, version)
            if isinstance(asset_event, AssetObservation)
            else AssetMaterialized(asset_event, data_version=version)
        )
        self.store.runs.report([Event(fact, self.clock())])

    def wipe_assets(self, asset_keys: Sequence[AssetKey]) -> None:
        """Let the history of assets no longer count."""
        self.store.runs.report([Event(AssetWiped(key), self.clock()) for key in asset_keys])

    # Dynamic partitions --------------------------------------------------------------------------------------------

    def get_dynamic_partitions(self, partitions_def_name: str) -> Sequence[str]:
        """Return the partition keys of a dynamic definition, in the order they were added."""
        return self.store.dynamic_partitions.get(partitions_def_name)

    def get_paginated_dynamic_partitions(
        self, partitions_def_name: str, limit: int, ascending: bool, cursor: str | None = None
    ) -> PaginatedResults[str]:
        """Return a page of the partition keys of a dynamic definition; arguments as for partitions definitions."""
        from earmark.partitions.paginated import PaginatedResults

        keys = self.get_dynamic_partitions(partitions_def_name)
        return PaginatedResults.create_from_sequence(keys, limit, ascending, cursor)

    def keys(self, name: str) -> Sequence[str]:
        """Return the partition keys of a dynamic definition; the name under which arithmetic asks for them."""
        return self.get_dynamic_partitions(name)

    def add_dynamic_partitions(self, partitions_def_name: str, partition_keys: Sequence[str]) -> None:
        """Add partition keys to a dynamic definition; those that are there stay where they are."""
        self.store.dynamic_partitions.add(partitions_def_name, partition_keys)

    def delete_dynamic_partition(self, partitions_def_name: str, partition_key: str) -> None:
        """Remove a partition key from a dynamic definition."""
        self.store.dynamic_partitions.remove(partitions_def_name, partition_key)

    def has_dynamic_partition(self, partitions_def_name: str, partition_key: str) -> bool:
        """Say whether a dynamic definition has a partition key."""
        return self.store.dynamic_partitions.has(partitions_def_name, partition_key)

    # Re-execution --------------------------------------------------------------------------------------------------

    def family_of(self, run: DagsterRun) -> Iterator[DagsterRun]:
        """Give the run that ``run`` re-executes, the run that that one re-executed, and so on."""
        while run.parent_run_id is not None:
            parent = self.get_run_by_id(run.parent_run_id)
            if parent is None:
                return
            yield parent
            run = parent


@contextmanager
def instance_for_test(
    overrides: Mapping[str, Any] | None = None,
    set_dagster_home: bool = True,
    temp_dir: str | None = None,
    synchronous_run_coordinator: bool = False,
    synchronous_run_launcher: bool = False,
) -> Iterator[DagsterInstance]:
    """Give an instance in a folder of its own, and make it the one that :meth:`DagsterInstance.get` returns meanwhile.

    Args:
        overrides: Read and not used: which store and which queue there are is not for an instance to say here.
        set_dagster_home: Whether it is the one of the home meanwhile.
        temp_dir: The folder, which stays; a temporary one if ``None``.
        synchronous_run_coordinator: Read and not used: runs are executed by whoever asks for them, or wait for a host.
        synchronous_run_launcher: Read and not used, for the same reason.

    Example:
        >>> with instance_for_test() as instance:
        ...     instance.get_runs_count()
        0
    """
    import os

    folder = temp_dir or _temporary_folder()
    before = os.environ.get("EARMARK_HOME")
    if set_dagster_home:
        os.environ["EARMARK_HOME"] = folder
    try:
        with DagsterInstance.local_temp(folder) as instance:
            yield instance
    finally:
        if set_dagster_home:
            if before is None:
                os.environ.pop("EARMARK_HOME", None)
            else:
                os.environ["EARMARK_HOME"] = before
        if temp_dir is None:
            shutil.rmtree(folder, ignore_errors=True)


def _temporary_folder() -> str:
    import tempfile

    return tempfile.mkdtemp(prefix="earmark-")
