"""What conditions may ask of the world, and the same as read from a store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from earmark.events.kinds import AssetMaterialized, AssetObserved
from earmark.values.clock import Micros
from earmark.values.errors import DagsterRunNotFoundError
from earmark.values.keys import AssetCheckKey, AssetKey


class Update(NamedTuple):
    """The latest update of an asset or partition: the number of the event, its run, data version and instant."""

    event_id: int
    run_id: str | None = None
    data_version: str | None = None
    at: Micros = Micros(0)


class AssetFacts(NamedTuple):
    """What is known of an asset. Partitions are keys; an asset without partitions is the key ``None``.

    Args:
        updates: The latest update of each partition that was written (or observed).
        in_progress: The partitions that an unfinished run intends to write.
        failed: The partitions whose last attempt failed.
        planned_run_id: An unfinished run that intends to write the asset.
    """

    updates: Mapping[str | None, Update]
    in_progress: Collection[str | None] = ()
    failed: Collection[str | None] = ()
    planned_run_id: str | None = None


class CheckFacts(NamedTuple):
    """What is known of a check: whether it passed (``None`` if it was never evaluated), and where it stands."""

    passed: bool | None = None
    event_id: int = 0
    run_id: str | None = None
    in_progress: bool = False


class Known(Protocol):
    """What conditions may ask of the world."""

    def prefetch(self, keys: Iterable[AssetKey]) -> None:
        """Be told of which assets much will be asked, so that they can be read at once."""

    def asset(self, key: AssetKey, is_partitioned: bool) -> AssetFacts:
        """Return what is known of an asset."""

    def check(self, key: AssetCheckKey) -> CheckFacts:
        """Return what is known of a check."""

    def backfilling(self, key: AssetKey) -> Collection[str | None]:
        """Return the partitions that a backfill which is not over is to write."""

    def updates_between(self, key: AssetKey, after: int, until: int) -> Sequence[tuple[str | None, str | None]]:
        """Return partition and run of each update of an asset later than one event and not later than another."""

    def run_tags(self, run_id: str) -> Mapping[str, str]:
        """Return the tags of a run; none if it is gone."""


class AssetsPort(Protocol):
    """The part of a store that tells of assets."""

    def get_many(self, keys: Iterable[AssetKey]) -> dict[AssetKey, Any]:
        """Return the state of each asset."""

    def partitions(self, key: AssetKey) -> list[Any]:
        """Return what is known of the partitions of an asset."""

    def checks(self, keys: Iterable[AssetKey] | None = None) -> list[Any]:
        """Return the latest of the checks of some assets."""


_MOST_UPDATES = 10_000


def _partition_of(fact: AssetMaterialized | AssetObserved) -> str | None:
    told = fact.materialization if isinstance(fact, AssetMaterialized) else fact.observation
    return told.partition


class KnownOfStore:
    """What a store knows, each asset read once.

    Args:
        assets: The store's assets.
        run_tags: From a run's id to its tags.
        updates_between: From an asset and the numbers of two events to the partition and run of each update between.
        backfills: For assets that a backfill is to write, the partitions (``None`` for an asset without).
    """

    def __init__(
        self,
        assets: AssetsPort,
        run_tags: Callable[[str], Mapping[str, str]] = lambda _run_id: {},
        backfills: Mapping[AssetKey, Collection[str | None]] | None = None,
        updates_between: Callable[[AssetKey, int, int], Sequence[tuple[str | None, str | None]]] = lambda *_: (),
    ) -> None:
        self._assets = assets
        self._updates_between = updates_between
        self._run_tags = run_tags
        self._backfills = backfills or {}
        self._states: dict[AssetKey, Any] = {}
        self._facts: dict[AssetKey, AssetFacts] = {}
        self._checks: dict[AssetKey, dict[AssetCheckKey, CheckFacts]] = {}

    @staticmethod
    def of(store: Any, backfills: Mapping[AssetKey, Collection[str | None]] | None = None) -> KnownOfStore:
        """Return what a whole store knows; tags of runs that are gone are none."""

        def tags_of(run_id: str) -> Mapping[str, str]:
            try:
                tags: Mapping[str, str] = store.runs.get(run_id).tags
            except DagsterRunNotFoundError:
                return {}
            return tags

        def updates_between(key: AssetKey, after: int, until: int) -> list[tuple[str | None, str | None]]:
            events = store.events.of_asset(
                key, kinds=(AssetMaterialized, AssetObserved), after=after, before=until + 1, limit=_MOST_UPDATES
            )
            return [(_partition_of(event.fact), event.run_id) for event in events]

        return KnownOfStore(store.assets, tags_of, backfills, updates_between)

    def prefetch(self, keys: Iterable[AssetKey]) -> None:
        """Read many assets at once."""
        missing = [key for key in keys if key not in self._states]
        if missing:
            self._states.update(self._assets.get_many(missing))

    def asset(self, key: AssetKey, is_partitioned: bool) -> AssetFacts:
        """Return what is known of an asset."""
        if key not in self._facts:
            self._facts[key] = self._partitioned(key) if is_partitioned else self._whole(key)
        return self._facts[key]

    def _state(self, key: AssetKey) -> Any:
        self.prefetch((key,))
        return self._states[key]

    def _whole(self, key: AssetKey) -> AssetFacts:
        state = self._state(key)
        events = [event for event in (state.materialization, state.observation) if event is not None]
        updates: dict[str | None, Update] = {}
        if events:
            latest = max(events, key=lambda event: event.id)
            updates[None] = Update(latest.id, latest.run_id, latest.fact.data_version, latest.timestamp)
        return AssetFacts(
            updates,
            (None,) if state.planned_run_id is not None else (),
            (None,) if state.failure is not None else (),
            state.planned_run_id,
        )

    def _partitioned(self, key: AssetKey) -> AssetFacts:
        states = self._assets.partitions(key)
        return AssetFacts(
            {
                one.partition: Update(one.event_id or 0, one.run_id, one.data_version, one.materialized_at)
                for one in states
                if one.materialized_at is not None and one.status != "missing"
            },
            [one.partition for one in states if one.status == "in_progress"],
            [one.partition for one in states if one.status == "failed"],
            self._state(key).planned_run_id,
        )

    def check(self, key: AssetCheckKey) -> CheckFacts:
        """Return what is known of a check."""
        if key.asset_key not in self._checks:
            self._checks[key.asset_key] = {
                one.key: CheckFacts(
                    None if one.evaluation is None else one.evaluation.fact.evaluation.passed,
                    0 if one.evaluation is None else one.evaluation.id,
                    None if one.evaluation is None else one.evaluation.run_id,
                    one.planned_run_id is not None,
                )
                for one in self._assets.checks([key.asset_key])
            }
        return self._checks[key.asset_key].get(key, CheckFacts())

    def backfilling(self, key: AssetKey) -> Collection[str | None]:
        """Return the partitions that a backfill which is not over is to write."""
        return self._backfills.get(key, ())

    def updates_between(self, key: AssetKey, after: int, until: int) -> Sequence[tuple[str | None, str | None]]:
        """Return partition and run of each update of an asset later than one event and not later than another."""
        return self._updates_between(key, after, until)

    def run_tags(self, run_id: str) -> Mapping[str, str]:
        """Return the tags of a run."""
        return self._run_tags(run_id)
