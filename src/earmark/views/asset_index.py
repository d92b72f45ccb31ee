"""The state of every asset in one word, and queries over it together with what is defined."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property

from earmark.decide.staleness import whole_causes
from earmark.events.kinds import AssetFailedToMaterialize
from earmark.graph.selection import AssetQueries
from earmark.runs.run import DagsterRun
from earmark.specs.computation import ExecutionType
from earmark.store.ports import Store
from earmark.store.records import AssetState
from earmark.tags.query import Key, Node, Term, Text
from earmark.tags.query.evaluate import Facts, Leaf, evaluate_set
from earmark.values.clock import Micros
from earmark.values.keys import AssetKey
from earmark.values.states import DagsterRunStatus
from earmark.views.catalog import Catalog, CatalogCache
from earmark.views.columns import Columns
from earmark.views.shapes.assets import AssetStatus
from earmark.views.stale_partitions import StalePartitions
from earmark.views.tail import Tail

_STATE_FIELDS = frozenset(("status", "materialized"))
_NOTHING_KNOWN = AssetState(AssetKey(("-",)))


class AssetIndex:
    """All assets with their states at one moment. Never changed.

    Args:
        catalog: What is defined.
        states: What is known of the assets that an event has named.
        running: The runs that plan to write assets, by id.
        stale: The assets that are stale as far as partitions have to do with it.
    """

    def __init__(
        self,
        catalog: Catalog,
        states: Mapping[AssetKey, AssetState],
        running: Mapping[str, DagsterRun],
        stale: AbstractSet[AssetKey],
    ) -> None:
        self.catalog = catalog
        self.graph = catalog.graph
        self.running = running
        self._stale = stale
        self.states = [states.get(spec.key, _NOTHING_KNOWN) for spec in self.graph.specs]
        self.statuses: list[AssetStatus] = [self._status(at) for at in range(len(self.states))]

    def _status(self, at: int) -> AssetStatus:
        state = self.states[at]
        planned = self.running.get(state.planned_run_id or "")
        if planned is not None and not planned.is_finished:
            return "queued" if planned.status is DagsterRunStatus.QUEUED else "running"
        if state.failure is not None:
            fact = state.failure.fact
            return "skipped" if isinstance(fact, AssetFailedToMaterialize) and fact.skipped else "failed"
        if state.materialization is not None:
            is_stale = self.graph.specs[at].key in self._stale or self.stale_causes(at)
            return "stale" if is_stale else "materialized"
        computation = self.graph.computation_of(self.graph.specs[at].key)
        return "missing" if computation.execution_type is ExecutionType.MATERIALIZATION else "external"

    def stale_causes(self, at: int) -> list[tuple[AssetKey, str]]:
        """Return why an asset is stale as a whole; see :func:`earmark.decide.staleness.whole_causes`."""

        def state_of(key: AssetKey) -> AssetState:
            return self.states[self.graph.positions[key]]

        return whole_causes(self.graph, self.graph.specs[at].key, state_of)

    @cached_property
    def _by_state(self) -> AssetQueries:
        statuses: dict[AssetKey, tuple[str, ...]] = {}
        times: dict[AssetKey, float] = {}
        for spec, state, status in zip(self.graph.specs, self.states, self.statuses, strict=True):
            statuses[spec.key] = (status,)
            if state.materialization is not None:
                times[spec.key] = state.materialization.timestamp
        return AssetQueries(self.graph, values={"status": statuses}, amounts={"materialized": times})

    @cached_property
    def facts(self) -> list[Facts]:
        """What each asset has in the fields that facets count."""
        jobs, location_of = self.catalog.jobs_of, self.catalog.location_of
        return [
            Facts(
                spec.tags,
                {
                    "key": (spec.key.to_user_string(),),
                    "group": (spec.group,),
                    "kind": tuple(spec.kinds),
                    "owner": spec.owners,
                    "job": jobs.get(spec.key, ()),
                    "code_location": (location_of[spec.key],),
                    "status": (status,),
                },
            )
            for spec, status in zip(self.graph.specs, self.statuses, strict=True)
        ]

    @cached_property
    def columns(self) -> Columns:
        """The same by field, for counting."""
        return Columns(self.facts)

    def select(self, node: Node, now: Micros) -> AbstractSet[int]:
        """Return the positions of the assets that a query matches; not to be changed."""
        return evaluate_set(node, self, self.catalog.queries, now)

    def all(self) -> AbstractSet[int]:
        """Return every position."""
        return self.catalog.queries.all()

    def match(self, leaf: Leaf, now: Micros) -> AbstractSet[int]:
        """Return the positions of the assets that a term, a key or a search matches."""
        match leaf:
            case Key() | Text():
                return self.catalog.queries.match(leaf, now)
            case Term() if leaf.key is None and leaf.field in _STATE_FIELDS:
                return self._by_state.match(leaf, now)
            case _:
                return self.catalog.queries.match(leaf, now)


class AssetIndexCache:
    """Gives the index of the present, made anew when definitions or states have changed.

    Args:
        store: The store.
        catalogs: The definitions.
        tail: What has changed.
    """

    def __init__(self, store: Store, catalogs: CatalogCache, tail: Tail) -> None:
        self._store = store
        self._catalogs = catalogs
        self._tail = tail
        self._lock = threading.Lock()
        self._stale = StalePartitions(store)
        self._made: tuple[tuple[int, int, int, int], AssetIndex] | None = None

    def get(self) -> AssetIndex:
        """Return the index as of now."""
        self._tail.catch_up()
        catalog = self._catalogs.get()
        states = self._tail.asset_states()
        moves = self._tail.runs_version if self._tail.has_plans else 0
        with self._lock:
            self._stale.look(catalog.graph, states, self._tail)
            version = (catalog.version, self._tail.assets_version, moves, self._stale.version)
            if self._made is None or self._made[0] != version:
                planned = {state.planned_run_id for state in states.values() if state.planned_run_id is not None}
                running = {run.run_id: run for run in self._store.runs.get_many(sorted(planned))} if planned else {}
                self._made = (version, AssetIndex(catalog, states, running, self._stale.keys))
            return self._made[1]
