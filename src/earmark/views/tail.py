"""The end of the log: what changed since somebody last looked, and the state of assets kept up to date by it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable

from earmark.events import kinds
from earmark.events.envelope import Event
from earmark.store.ports import Store
from earmark.store.records import AssetState
from earmark.store.topics import Topic
from earmark.values.errors import DagsterError
from earmark.values.keys import AssetKey

Listener = Callable[[list[Event]], None]
_ENDINGS = (kinds.RunSucceeded, kinds.RunFailed, kinds.RunCanceled)
_PAGE = 1_000


class Tail:
    """Follows what moves runs and assets. Requests and the stream of changes both call :meth:`catch_up`.

    Args:
        store: The store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._cursors: dict[Topic, str] = {}
        self._listeners: list[Listener] = []
        self._states: dict[AssetKey, AssetState] | None = None
        self._planned: dict[str, set[AssetKey]] = {}
        self._versions: Counter[AssetKey] = Counter()
        self.runs_version = 0
        self.assets_version = 0

    def listen(self, listener: Listener) -> None:
        """Have a function called with each batch of events that moved runs or assets."""
        with self._lock:
            self._listeners.append(listener)

    @property
    def cursor(self) -> str:
        """How far the log was read: nothing that was committed by then is missing before it."""
        with self._lock:
            return "~".join(self._cursors[topic] for topic in (Topic.RUNS, Topic.ASSETS)) if self._cursors else ""

    def since(self, cursor: str, most: int) -> list[Event] | None:
        """Return what moved runs and assets after a cursor; ``None`` if that is too much, or the cursor is none."""
        runs, between, assets = cursor.partition("~")
        if not between:
            return None
        found: list[Event] = []
        for topic, begin in ((Topic.RUNS, runs), (Topic.ASSETS, assets)):
            try:
                page = self._store.events.follow(begin, topic=topic, limit=most + 1)
            except (ValueError, DagsterError):
                return None
            found += page.events
        return found if len(found) <= most else None

    def catch_up(self) -> None:
        """Take in what was committed since the last call."""
        with self._lock:
            if not self._cursors:
                head = self._store.events.head()
                self._cursors = {Topic.RUNS: head, Topic.ASSETS: head}
                self.runs_version += 1
                return
            found = self._read(Topic.RUNS) + self._read(Topic.ASSETS)
            if not found:
                return
            self._take(found)
            for listener in self._listeners:
                listener(found)

    def _read(self, topic: Topic) -> list[Event]:
        found: list[Event] = []
        while True:
            page = self._store.events.follow(self._cursors[topic], topic=topic, limit=_PAGE)
            self._cursors[topic] = page.cursor
            found += page.events
            if len(page.events) < _PAGE:
                return found

    def _take(self, events: Iterable[Event]) -> None:
        touched: set[AssetKey] = set()
        ended: list[str] = []
        moved = False
        for event in events:
            key = asset_of(event)
            if key is not None:
                touched.add(key)
                if isinstance(event.fact, kinds.AssetMaterializationPlanned) and event.run_id is not None:
                    self._planned.setdefault(event.run_id, set()).add(key)
                continue
            moved = True
            if isinstance(event.fact, _ENDINGS) and event.run_id is not None:
                ended.append(event.run_id)
        # Moves of runs stand before events of assets, so what a run planned is known once all have been seen.
        for run_id in ended:
            touched |= self._planned.pop(run_id, set())
        self.runs_version += moved
        if touched:
            self._refresh(touched)

    def _refresh(self, keys: set[AssetKey]) -> None:
        self.assets_version += 1
        self._versions.update(keys)
        if self._states is None:
            return
        for key, state in self._store.assets.get_many(sorted(keys)).items():
            self._keep(key, state)

    def _keep(self, key: AssetKey, state: AssetState) -> None:
        assert self._states is not None
        self._states[key] = state
        if state.planned_run_id is not None:
            self._planned.setdefault(state.planned_run_id, set()).add(key)

    def version_of(self, key: AssetKey) -> int:
        """Return a number that grows with every event about an asset."""
        with self._lock:
            return self._versions[key]

    @property
    def versions(self) -> dict[AssetKey, int]:
        """That number of each asset about which there was an event since this began to look."""
        with self._lock:
            return dict(self._versions)

    @property
    def has_plans(self) -> bool:
        """Whether unfinished runs plan to write assets, so that moves of runs change the state of assets."""
        return bool(self._planned)

    def asset_states(self) -> dict[AssetKey, AssetState]:
        """Return the state of every asset that an event has named, as of the last look; not to be changed."""
        with self._lock:
            if not self._cursors:
                self.catch_up()
            if self._states is None:
                self._states = {}
                for state in self._store.assets.all():
                    self._keep(state.key, state)
            return self._states


def asset_of(event: Event) -> AssetKey | None:
    """Return the asset that an event is about, or ``None``."""
    match event.fact:
        case kinds.AssetMaterializationPlanned() | kinds.AssetFailedToMaterialize() | kinds.AssetWiped():
            return event.fact.asset_key
        case kinds.AssetMaterialized():
            return event.fact.materialization.asset_key
        case kinds.AssetObserved():
            return event.fact.observation.asset_key
        case kinds.AssetCheckPlanned():
            return event.fact.check_key.asset_key
        case kinds.AssetCheckEvaluated():
            return event.fact.evaluation.asset_key
        case _:
            return None
