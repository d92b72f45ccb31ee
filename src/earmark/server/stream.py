"""Server-sent events: one thread reads the end of the log, every open page hears what changed."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import Any

import anyio.to_thread
import msgspec
import structlog

from earmark.events import kinds
from earmark.events.envelope import Event
from earmark.server.pages import Pages
from earmark.values.errors import StoreError
from earmark.views.shapes.live import Change, Changes
from earmark.views.tail import asset_of

LOG = structlog.get_logger("earmark.server")

BATCH = 0.1
"""For how many seconds a change of another process may go unseen, and how far apart messages to a page are at least."""

KEEP_ALIVE = 15.0
MOST_STREAMS = 200
_MOST_MISSED = 2_000
_LONGEST_QUEUE = 500
_TOPICS = {"settings": "limit", "instigators": "automation", "ticks": "tick", "backfills": "backfill", "slots": "limit"}
_STATUS = {
    kinds.RunEnqueued: "QUEUED",
    kinds.RunRequeued: "QUEUED",
    kinds.RunStarting: "STARTING",
    kinds.RunStarted: "STARTED",
    kinds.RunSucceeded: "SUCCESS",
    kinds.RunFailed: "FAILURE",
    kinds.RunCanceling: "CANCELING",
    kinds.RunCanceled: "CANCELED",
}


class Listener:
    """One open page: what it has not heard yet."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._woken = asyncio.Event()
        self._pending: deque[tuple[str, Change]] = deque()
        self.overflowed = False
        self.closed = False

    def put(self, cursor: str, changes: Iterable[Change]) -> None:
        """Keep changes for it; called from other threads."""
        for change in changes:
            if len(self._pending) >= _LONGEST_QUEUE:
                self.overflowed = True
                self._pending.clear()
            self._pending.append((cursor, change))
        self._wake()

    def close(self) -> None:
        """Let it end."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._woken.set)
        except RuntimeError:
            self.closed = True  # its loop is gone, and so is the page

    async def wait(self, seconds: float) -> bool:
        """Wait until there is something, at most so long; return whether there is."""
        if not self._pending and not self.closed:
            try:
                await asyncio.wait_for(self._woken.wait(), seconds)
            except TimeoutError:
                return False
        self._woken.clear()
        return bool(self._pending)

    def take(self) -> tuple[str, list[Change]]:
        """Return the cursor after what is pending, and each change once."""
        cursor = ""
        found: dict[tuple[str, str], Change] = {}
        while self._pending:
            cursor, change = self._pending.popleft()
            found[change.kind, change.id] = change
        return cursor, list(found.values())


class Hub:
    """Reads what changes while somebody listens, and tells all who do.

    Args:
        pages: What is read.
    """

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._stop = threading.Event()
        self._begun = threading.Event()
        self._version = pages.registry.version
        self._thread = threading.Thread(target=self._run, name="stream", daemon=True)
        pages.tail.listen(self._on_events)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Let all listeners end, and the thread."""
        self._stop.set()
        self._begun.set()
        with self._lock:
            listeners = list(self._listeners)
        for one in listeners:
            one.close()
        self._thread.join(3.0)

    def _run(self) -> None:
        while not self._stop.is_set():
            if not self._listeners:
                self._begun.wait(1.0)
                self._begun.clear()
                continue
            try:
                told = self._pages.store.wait(("runs", "assets", *_TOPICS), BATCH)
                self._pages.tail.catch_up()
                self.tell([Change(kind=kind, id="", status=None) for kind in _kinds(told)])
                if self._pages.registry.version != self._version:
                    self._version = self._pages.registry.version
                    self.tell([Change(kind="location", id="", status=None), Change(kind="asset", id="", status=None)])
            except StoreError as error:
                LOG.warning("the store is out of reach", error=str(error))
                self._stop.wait(1.0)

    def _on_events(self, events: list[Event]) -> None:
        if self._listeners:
            self.tell(changes_of(events))

    def tell(self, changes: Iterable[Change]) -> None:
        """Tell all listeners what changed."""
        found = list(changes)
        if not found:
            return
        cursor = self._pages.tail.cursor
        with self._lock:
            listeners = list(self._listeners)
        for one in listeners:
            one.put(cursor, found)

    def join(self, loop: asyncio.AbstractEventLoop) -> Listener | None:
        """Return a new listener; ``None`` if there are too many."""
        listener = Listener(loop)
        with self._lock:
            if len(self._listeners) >= MOST_STREAMS:
                return None
            self._listeners.add(listener)
        self._begun.set()
        return listener

    def leave(self, listener: Listener) -> None:
        """Take a listener away."""
        with self._lock:
            self._listeners.discard(listener)

    # One page --------------------------------------------------------------------------------------------------------

    async def messages(self, listener: Listener, cursor: str, run: str | None) -> AsyncIterator[bytes]:
        """Yield the stream of one page.

        Args:
            listener: The page.
            cursor: Where it was; empty for one that begins.
            run: A run whose log it shows.
        """
        try:
            # Taken down before the first word, so that nothing falls between.
            seen = await anyio.to_thread.run_sync(self._log_end, run) if run else 0
            here = await anyio.to_thread.run_sync(self._here)
            yield await self._welcome(cursor, here)
            quiet = 0.0
            loop = asyncio.get_running_loop()
            told = loop.time() - BATCH
            while not listener.closed:
                patience = BATCH * 2 if run else KEEP_ALIVE
                if await listener.wait(patience):
                    # The first change goes out at once; those that follow on its heels come together.
                    await asyncio.sleep(told + BATCH - loop.time())
                    told = loop.time()
                    if listener.overflowed:
                        listener.overflowed = False
                        listener.take()
                        yield message("reset", self._pages.tail.cursor, b"{}")
                        continue
                    at, changes = listener.take()
                    yield message("change", at, msgspec.json.encode(Changes(changes=changes)))
                    quiet = 0.0
                else:
                    quiet += patience
                if run:
                    end = await anyio.to_thread.run_sync(self._log_end, run)
                    if end > seen:
                        seen, quiet = end, 0.0
                        change = Change(kind="run_events", id=run, status=None)
                        yield message("change", self._pages.tail.cursor, msgspec.json.encode(Changes(changes=[change])))
                if quiet >= KEEP_ALIVE:
                    quiet = 0.0
                    yield b": still here\n\n"
        finally:
            self.leave(listener)

    def require_run(self, run_id: str) -> None:
        """Refuse a run that is not there.

        Raises:
            DagsterRunNotFoundError: There is no such run.
        """
        self._pages.store.runs.status(run_id)

    def _here(self) -> str:
        self._pages.tail.catch_up()
        return self._pages.tail.cursor

    def _log_end(self, run: str) -> int:
        newest = self._pages.store.events.of_run(run, limit=1, newest=True)
        return newest[0].id if newest else 0

    async def _welcome(self, cursor: str, here: str) -> bytes:
        """Say where the page is: up to date, with what it missed, or so far behind that it reads all again."""
        if not cursor:
            return b": welcome\n" + _id(here)
        missed = await anyio.to_thread.run_sync(self._pages.tail.since, cursor, _MOST_MISSED)
        if missed is None:
            return message("reset", here, b"{}")
        if not missed:
            return b": welcome back\n" + _id(here)
        return message("change", here, msgspec.json.encode(Changes(changes=changes_of(missed))))


def changes_of(events: Iterable[Event]) -> list[Change]:
    """Return what events changed, each thing once."""
    found: dict[tuple[str, str], Change] = {}
    for event in events:
        key = asset_of(event)
        if key is not None:
            name = key.to_user_string()
            found["asset", name] = Change(kind="asset", id=name, status=None)
        elif event.run_id is not None:
            known = found.get(("run", event.run_id))
            status = _STATUS.get(type(event.fact)) if not event.late else None
            status = status or (known.status if known is not None else None)
            found["run", event.run_id] = Change(kind="run", id=event.run_id, status=status)
    return list(found.values())


def _kinds(topics: Iterable[str]) -> list[Any]:
    return sorted({_TOPICS[topic] for topic in topics if topic in _TOPICS})


def _id(cursor: str) -> bytes:
    return f"id: {cursor}\n\n".encode()


def message(event: str, cursor: str, data: bytes) -> bytes:
    """Return one message of the stream."""
    return f"event: {event}\nid: {cursor}\n".encode() + b"data: " + data + b"\n\n"
