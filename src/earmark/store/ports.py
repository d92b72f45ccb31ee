"""What the rest of Earmark may ask of a store: one small protocol per concern, and :class:`Store`, which has all.

Every method is one transaction, unless it is called inside :meth:`Store.transact`. Methods are safe to call from
several threads. Errors are :class:`~earmark.values.errors.StoreError` (the store cannot work) and those named below.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from earmark.events.envelope import Event
from earmark.events.kinds import AnyFact
from earmark.runs.run import DagsterRun
from earmark.store.records import (
    AccessToken,
    AssetState,
    AuditEntry,
    Backfill,
    CheckState,
    EventPage,
    Instigator,
    Lease,
    PartitionState,
    RunLease,
    RunPage,
    Setting,
    SettingChange,
    Slot,
    TagCount,
    Tick,
    Waiting,
)
from earmark.store.topics import Topic
from earmark.tags.query.tree import Node
from earmark.values.clock import Clock, Micros
from earmark.values.keys import AssetKey
from earmark.values.states import DagsterRunStatus

T = TypeVar("T")


class Runs(Protocol):
    """Runs: created, moved by their events, found, deleted."""

    def create(self, runs: Sequence[DagsterRun], facts: Sequence[AnyFact] = ()) -> list[DagsterRun]:
        """Store new runs, all or none, and return them as they then are.

        Args:
            runs: Runs as asked for. One without ``created_at`` gets the present.
            facts: What becomes true of each with its creation, such as ``RunEnqueued()``; stored as its events.

        Raises:
            DagsterInvariantViolationError: A run has the id of one that exists.
        """

    def get(self, run_id: str) -> DagsterRun:
        """Return a run.

        Raises:
            DagsterRunNotFoundError: No run has the id.
        """

    def get_many(self, run_ids: Iterable[str]) -> list[DagsterRun]:
        """Return those of the runs that exist, in the order asked for."""

    def status(self, run_id: str) -> DagsterRunStatus:
        """Return the state of a run, without reading the rest of it."""

    def record(self, run_id: str, events: Sequence[Event]) -> list[Event]:
        """Store events of a run, and move the run and the assets they are about, in one transaction.

        Args:
            run_id: The run. The events' own ``run_id``, ``id`` and ``late`` are not read.
            events: In the order in which they happened.

        Returns:
            The events as stored: numbered, and marked late where the run had finished before.

        Raises:
            DagsterInvariantViolationError: The transition table refuses an event; none is stored.
            DagsterRunNotFoundError: No run has the id.
        """

    def record_if_unmoved(self, run: DagsterRun, events: Sequence[Event]) -> bool:
        """Store events of a run as :meth:`record` does, unless it has moved on since it was read.

        The run's row is held from the look to the end of the transaction, so nobody moves it in between.

        Args:
            run: The run as it was read.
            events: What becomes true of it as it was.

        Returns:
            ``False`` if its state, or the launch that is to claim it, is another by now; nothing is stored then.
        """

    def report(self, events: Sequence[Event]) -> list[Event]:
        """Store events that belong to no run (a wiped asset, a reported materialization), as :meth:`record` does."""

    def claim(self, run_id: str, launch_token: str, event: Event) -> bool:
        """Take a starting run for the worker that was launched with ``launch_token``.

        Args:
            run_id: The run.
            launch_token: What ``RunStarting`` said.
            event: The ``RunStarted`` to store with it.

        Returns:
            ``False`` if the run is not starting, or for another token: the worker must not touch user code.
        """

    def find(
        self, query: Node | str = ..., *, limit: int = 25, cursor: str | None = None, ascending: bool = False
    ) -> RunPage:
        """Return a page of the runs that match a query, from the newest (or the oldest) by creation.

        Args:
            query: A query over runs, as a tree or as text in which a bare word searches.
            limit: The length of a page.
            cursor: The ``cursor`` of the page before, or the id of the run after which to go on.
            ascending: Whether to begin with the oldest.

        Raises:
            QueryError: The query cannot be read, or asks what runs cannot answer.
        """

    def count(self, query: Node | str = ...) -> int:
        """Return how many runs match a query, exactly."""

    def count_each(self, query: Node | str, others: Sequence[Node | str]) -> list[int]:
        """Return how many runs match a query and one of others as well, for each of them, exactly and at one instant.

        It costs little more than to count those that match ``query``.
        """

    def ids(self, query: Node | str = ..., *, ascending: bool = False) -> Iterator[str]:
        """Yield the ids of all runs that match a query; runs that come to match meanwhile may be left out."""

    def sketches(
        self, query: Node | str = ..., *, keys: Collection[str], limit: int, with_origins: bool = False
    ) -> Iterator[DagsterRun]:
        """Yield the newest runs that match a query, in no order, with little of each: so a million can be summed up.

        They have an id, a job, a code location, a state and when it changed. The store is read until the last is taken.

        Args:
            query: The query.
            keys: The keys of the tags that they have; the others are left out.
            limit: How many at most.
            with_origins: Whether they say what set each of their tags.
        """

    def delete(self, run_ids: Iterable[str]) -> int:
        """Delete finished runs with their events, and return how many; run keys and the state of assets stay.

        Raises:
            DagsterInvariantViolationError: One of them has not finished; none is deleted.
        """

    def seal(self) -> int:
        """Make the segments that speed up queries where they are missing or out of date; return how many.

        Creating runs does it by itself, each 1,024 runs.
        """


class Events(Protocol):
    """The log."""

    def of_run(
        self,
        run_id: str,
        *,
        after: int = 0,
        limit: int = 1_000,
        kinds: Sequence[type[AnyFact]] = (),
        step_key: str | None = None,
        newest: bool = False,
    ) -> list[Event]:
        """Return events of a run by number.

        Args:
            run_id: The run; one that is not there has no events.
            after: Only events of a higher number. Within a run it is safe to go on from the last number seen.
            limit: How many at most.
            kinds: Only facts of these classes.
            step_key: Only events of this step.
            newest: Whether to begin with the latest.
        """

    def of_asset(
        self,
        key: AssetKey,
        *,
        kinds: Sequence[type[AnyFact]] = (),
        partition: str | None = None,
        before: int | None = None,
        after: int = 0,
        limit: int = 100,
        newest: bool = True,
    ) -> list[Event]:
        """Return events about an asset, the latest first; within an asset numbers are safe to go on from."""

    def materializations(self, since: Micros | None = None, *, mention: str = "", limit: int = ...) -> Iterator[Event]:
        """Yield materializations of all assets, the latest first. The store is read until the last is taken.

        Args:
            since: Only those of this instant and later; all if ``None``.
            mention: Only those in whose record a name stands, such as that of an entry of their metadata.
            limit: How many at most.
        """

    def get(self, event_id: int) -> Event | None:
        """Return one event by its number."""

    def follow(self, cursor: str = ..., *, topic: Topic | None = None, limit: int = 1_000) -> EventPage:
        """Return events of all runs that were committed after ``cursor``, in an order that never gains a row behind it.

        Args:
            cursor: ``"0"`` for the beginning, or the cursor of the page before; meaningful to this store only.
            topic: Only facts that move runs or edit their tags, or only those about assets.
            limit: How many at most.
        """

    def head(self) -> str:
        """Return the cursor after all that :meth:`follow` would return now."""


class Assets(Protocol):
    """What is known of assets, partitions and checks now. It outlives the runs it came from."""

    def get(self, key: AssetKey) -> AssetState:
        """Return the state of an asset; one that no event has named has an empty one."""

    def get_many(self, keys: Iterable[AssetKey]) -> dict[AssetKey, AssetState]:
        """Return the state of each asset."""

    def all(self) -> list[AssetState]:
        """Return the state of every asset that an event has named, by key."""

    def partitions(self, key: AssetKey, among: Sequence[str] | None = None) -> list[PartitionState]:
        """Return what is known of the partitions of an asset, by partition key; those never heard of are left out."""

    def count_partitions(self, keys: Iterable[AssetKey]) -> dict[AssetKey, dict[str, int]]:
        """Return, for each asset, how many of its partitions are in each status."""

    def checks(self, keys: Iterable[AssetKey] | None = None) -> list[CheckState]:
        """Return the latest of the checks of some assets, or of all, by asset and name."""


class Tags(Protocol):
    """The dictionary of the tags that runs carry."""

    def keys(self, *, prefix: str = "", limit: int = 100) -> list[str]:
        """Return keys that runs carry or have carried, sorted."""

    def values(self, key: str, *, prefix: str = "", limit: int = 100) -> list[str]:
        """Return values that runs carry or have carried under a key, sorted."""

    def count(self, key: str, value: str | None = None) -> TagCount:
        """Return how many runs carry a tag, or a key whatever its value, exactly."""


class Queue(Protocol):
    """What admission asks, and the leases of runs in progress."""

    def waiting(self, *, limit: int = 1_000, after: tuple[int, int] | None = None) -> list[Waiting]:
        """Return queued runs, high priority first, then in the order of creation.

        Args:
            limit: How many at most.
            after: The ``(priority, seq)`` of the last one already seen.
        """

    def arrived(self, *, after: int, limit: int = 10_000) -> list[Waiting]:
        """Return runs that are queued now and whose ``seq`` is above ``after``, by ``seq``."""

    def length(self) -> int:
        """Return how many runs are queued."""

    def in_progress(self) -> list[DagsterRun]:
        """Return the runs that hold slots of limits, in the order of creation."""

    def hold(self, run_id: str, holder: str, seconds: float, data: dict[str, Any] | None = None) -> bool:
        """Take or renew the lease of a run for its worker; it goes when the run ends.

        Returns:
            ``False`` if another worker holds it, or the run has ended.
        """

    def held(self, *, expired: bool = False) -> list[RunLease]:
        """Return the leases of runs in progress, or only those that have run out."""


class Leases(Protocol):
    """Leadership, and slots of pools."""

    def acquire(self, name: str, holder: str, seconds: float) -> Lease | None:
        """Take a lease that nobody holds, or renew one's own; ``None`` if another holds it.

        The epoch grows whenever the lease was not held without a break.
        """

    def release(self, lease: Lease) -> bool:
        """Give a lease back before it runs out; return whether it was still held."""

    def get(self, name: str) -> Lease | None:
        """Return who holds a lease now, or ``None``."""

    def require(self, lease: Lease) -> None:
        """Inside :meth:`Store.transact`: let the transaction succeed only while the lease is held in its epoch.

        Raises:
            LeaseLostError: It is not; the transaction is rolled back.
        """

    def claim_slot(
        self,
        pool: str,
        run_id: str,
        step_key: str,
        *,
        limit: int,
        priority: int = 0,
        seconds: float = 60.0,
        by_run: bool = False,
    ) -> Slot:
        """Ask for a slot of a pool for a step, or ask again.

        Args:
            pool: The pool.
            run_id: The run, whose end frees the slot.
            step_key: The step.
            limit: How many slots the pool has; below 0 for any number.
            priority: Higher is served first; then who asked first.
            seconds: How long the slot, or the place in line, is kept without being asked for or renewed.
            by_run: Whether the steps of a run share one slot.

        Returns:
            The slot; ``granted_at`` is ``None`` while the step has to wait.
        """

    def renew_slots(self, run_id: str, seconds: float = 60.0) -> int:
        """Keep the slots of a run, and its places in line, for some more seconds; return how many there are."""

    def free_slot(self, pool: str, run_id: str, step_key: str) -> None:
        """Give a slot, or a place in line, back."""

    def slots(self, pool: str | None = None) -> list[Slot]:
        """Return slots, those taken before those asked for, in the order in which they were or will be given."""


class Ticks(Protocol):
    """Evaluations of schedules, sensors and conditions."""

    def begin(self, tick: Tick) -> bool:
        """Store a new tick; ``False`` if there is one of the same id, or of the same instigator and due instant."""

    def update(self, tick: Tick) -> None:
        """Store the status, end and data of a tick.

        Raises:
            DagsterInvariantViolationError: There is no such tick.
        """

    def get(self, tick_id: str) -> Tick | None:
        """Return a tick, or ``None``."""

    def list(
        self,
        instigator: str | None = None,
        *,
        statuses: Sequence[str] = (),
        before: Micros | None = None,
        limit: int = 100,
    ) -> list[Tick]:
        """Return ticks, the latest first."""

    def prune(self, before: Micros, *, statuses: Sequence[str] = (), kind: str | None = None) -> int:
        """Delete ticks that ended before an instant, of some statuses and one kind or of all; return how many."""


class Instigators(Protocol):
    """Schedules, sensors and conditions: whether they are on, and how far they have come."""

    def get(self, instigator_id: str) -> Instigator | None:
        """Return what is kept, or ``None``."""

    def all(self, kind: str | None = None) -> list[Instigator]:
        """Return all that is kept, of one kind or of all, by id."""

    def put(self, instigator: Instigator) -> Instigator:
        """Keep a state whatever it was before; return it with the time of the change."""

    def change(self, instigator_id: str, to: Callable[[Instigator | None], Instigator | None]) -> Instigator | None:
        """Keep what ``to`` makes of a state, with no other change between; return what is kept then.

        Args:
            instigator_id: The id.
            to: Given the state that is kept, or ``None``, returns the one to keep; ``None``, or the same, where nothing
                is to change. It may be called more than once.
        """


class Backfills(Protocol):
    """Backfills and how far they have come."""

    def create(self, backfill: Backfill) -> Backfill:
        """Store a new backfill; return it with its version.

        Raises:
            DagsterInvariantViolationError: There is one of the same id.
        """

    def update(self, backfill: Backfill) -> Backfill | None:
        """Store how a backfill stands; return it with its new version, or ``None`` if another changed it first."""

    def get(self, backfill_id: str) -> Backfill | None:
        """Return a backfill, or ``None``."""

    def list(self, *, statuses: Sequence[str] = (), before: Micros | None = None, limit: int = 100) -> list[Backfill]:
        """Return backfills, the latest first."""


class Settings(Protocol):
    """Settings that change while Earmark works: limits, pools, pauses. Values are plain data."""

    def get(self, key: str) -> Setting | None:
        """Return a setting, or ``None``."""

    def all(self, prefix: str = "") -> list[Setting]:
        """Return the settings whose key begins with ``prefix``, by key."""

    def set(self, key: str, value: Any, *, author: str = "") -> bool:
        """Set a setting; return whether that changed it."""

    def remove(self, key: str, *, author: str = "") -> bool:
        """Remove a setting; return whether there was one."""

    def history(self, key: str | None = None, *, limit: int = 100) -> list[SettingChange]:
        """Return changes, of one setting or of all, the latest first."""


class DynamicPartitions(Protocol):
    """The keys of dynamic partitions."""

    def add(self, definition: str, partitions: Iterable[str]) -> list[str]:
        """Add keys to a definition; return those that were new, in order."""

    def remove(self, definition: str, partition: str) -> bool:
        """Remove a key; return whether it was there."""

    def has(self, definition: str, partition: str) -> bool:
        """Say whether a key is there."""

    def get(self, definition: str) -> list[str]:
        """Return the keys of a definition in the order they were added."""


class Plans(Protocol):
    """Plans of runs, each stored once under the hash of its content."""

    def put(self, plan_hash: str, data: bytes) -> None:
        """Keep a plan."""

    def has(self, plan_hash: str) -> bool:
        """Say whether a plan is kept; one that is will not be pruned within the next hours, so a run may name it."""

    def get(self, plan_hash: str) -> bytes | None:
        """Return a plan, or ``None``."""

    def prune(self, plan_hashes: Iterable[str], before: Micros) -> int:
        """Delete those of the plans that were neither put nor asked for since an instant, and return how many.

        Args:
            plan_hashes: Plans that no run has.
            before: The instant, 12 hours ago at least: that long :meth:`has` may go without noting that it was asked.
        """


class Manifests(Protocol):
    """The last good manifest of each code location."""

    def put(self, location: str, data: bytes) -> None:
        """Keep the manifest of a location that has just loaded."""

    def get(self, location: str) -> tuple[Micros, bytes] | None:
        """Return when a location last loaded, and its manifest; ``None`` if it never did."""


class Entries(Protocol):
    """Small values by name: cursors of loops, saved views."""

    def get(self, space: str, key: str) -> bytes | None:
        """Return a value, or ``None``."""

    def keys(self, space: str) -> set[str]:
        """Return the keys of a space."""

    def all(self, space: str) -> dict[str, bytes]:
        """Return the values of a space by key."""

    def some(self, space: str, keys: Collection[str] | None) -> dict[str, bytes]:
        """Return the values of some keys of a space, or of all, by key."""

    def set(self, space: str, key: str, value: bytes) -> None:
        """Keep a value."""

    def put(self, space: str, values: Mapping[str, bytes | None]) -> None:
        """Keep many values, and remove those that are ``None``."""

    def change(self, space: str, key: str, to: Callable[[bytes], bytes]) -> bytes:
        """Keep what ``to`` makes of a value, with no other change between; return it.

        Args:
            space: The space.
            key: The name.
            to: Given the value, empty if there is none, returns the one to keep. It may be called more than once.
        """

    def remove(self, space: str, key: str) -> bool:
        """Remove a value; return whether there was one."""


class AccessTokens(Protocol):
    """Tokens and sessions, known by the digest of their secret."""

    def add(self, token: AccessToken) -> None:
        """Keep a token."""

    def by_digest(self, digest: bytes) -> AccessToken | None:
        """Return the token whose secret has this digest, expired or not, or ``None``."""

    def list(self, owner: str | None = None) -> list[AccessToken]:
        """Return tokens, of one owner or of all, the oldest first."""

    def remove(self, token_id: str) -> bool:
        """Forget a token; return whether there was one."""


class Audit(Protocol):
    """Who did what through the command line, the API and the UI."""

    def add(self, author: str, action: str, data: dict[str, Any] | None = None) -> None:
        """Note that somebody did something."""

    def list(self, *, before: int | None = None, since: Micros | None = None, limit: int = 100) -> list[AuditEntry]:
        """Return what was done, the latest first."""


class Store(Protocol):
    """Everything that must outlive a process. Opened by :func:`earmark.store.open.open_store`.

    ``url`` says for people where it lies; ``address`` opens it in another process, and may hold a password.
    """

    clock: Clock
    url: str
    address: str

    @property
    def runs(self) -> Runs:
        """Runs."""

    @property
    def events(self) -> Events:
        """The log."""

    @property
    def assets(self) -> Assets:
        """What is known of assets."""

    @property
    def tags(self) -> Tags:
        """The tags that runs carry."""

    @property
    def queue(self) -> Queue:
        """What admission asks."""

    @property
    def leases(self) -> Leases:
        """Leadership and slots."""

    @property
    def ticks(self) -> Ticks:
        """Ticks."""

    @property
    def instigators(self) -> Instigators:
        """Schedules, sensors, conditions."""

    @property
    def backfills(self) -> Backfills:
        """Backfills."""

    @property
    def settings(self) -> Settings:
        """Settings with history."""

    @property
    def dynamic_partitions(self) -> DynamicPartitions:
        """Keys of dynamic partitions."""

    @property
    def plans(self) -> Plans:
        """Plans by hash."""

    @property
    def manifests(self) -> Manifests:
        """Last good manifests."""

    @property
    def entries(self) -> Entries:
        """Small values by name."""

    @property
    def access_tokens(self) -> AccessTokens:
        """Tokens and sessions."""

    @property
    def audit(self) -> Audit:
        """Who did what."""

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""

    def transact(self, work: Callable[[], T]) -> T:
        """Do all that ``work`` asks of the ports in one transaction, and return its result.

        When it raises, nothing of it is stored. On PostgreSQL it may run again if the database was out of reach
        before it could commit, so it changes nothing outside the store.
        """

    def notify(self, topic: str) -> None:
        """Wake whoever waits for ``topic``, once what this thread is writing is committed.

        The store does so by itself for ``runs``, ``assets``, ``settings``, ``slots``, ``partitions``,
        ``instigators``, ``ticks`` and ``backfills``.
        """

    def wait(self, topics: Iterable[str], timeout: float) -> set[str]:
        """Wait until one of ``topics`` is notified, at most ``timeout`` seconds; return those that were.

        On SQLite only notifications of this process are heard.
        """

    def require_same(self) -> None:
        """Refuse a store that is of another version than when it was opened; whatever writes looks for itself.

        Raises:
            StoreError: It is, or it is out of reach.
        """

    def disconnect(self) -> None:
        """Close idle connections. Forking does it by itself; the next use opens new ones."""

    def close(self) -> None:
        """Close the store for good."""
