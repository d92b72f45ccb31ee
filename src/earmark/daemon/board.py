"""The queue's board, read from the store: for the loop that admits, and for whoever asks why a run waits."""

from __future__ import annotations

from itertools import chain

from msgspec.structs import replace

from earmark.daemon.policy import PAUSED
from earmark.decide.explain import Explanation
from earmark.decide.queue import QueueBoard
from earmark.locations.published import read_serving
from earmark.runs.limits import QueuePolicy
from earmark.runs.run import DagsterRun
from earmark.store.paging import run_pages
from earmark.store.ports import Store
from earmark.store.records import Waiting
from earmark.values.clock import Micros

_PAGE = 10_000


def read_waiting(store: Store) -> list[Waiting]:
    """Return all queued runs, high priority first, then in the order of creation."""
    found: list[Waiting] = []
    after: tuple[int, int] | None = None
    while True:
        page = store.queue.waiting(limit=_PAGE, after=after)
        found.extend(page)
        if len(page) < _PAGE:
            return found
        after = (page[-1].priority, page[-1].seq)


def read_board(store: Store, policy: QueuePolicy, waiting: list[Waiting] | None = None) -> QueueBoard:
    """Return the board as the store has it: the queue, and what is in progress.

    Args:
        store: The store.
        policy: The limits and the order that hold.
        waiting: The queued runs, where they were read already.
    """
    now = store.clock()
    running = store.queue.in_progress()
    board = QueueBoard(
        policy,
        waiting=read_waiting(store) if waiting is None else waiting,
        in_progress=[(run, _start_of(run)) for run in running],
        recent=read_recent(store, policy, now),
        now=now,
    )
    paused = store.settings.get(PAUSED)
    board.paused = bool(paused is not None and paused.value)
    return board


def read_recent(store: Store, policy: QueuePolicy, now: Micros) -> list[tuple[DagsterRun, Micros]]:
    """Return the finished runs whose start still counts for a limit on starts in a period, each with its start."""
    since = Micros(now - policy.longest_period)
    if since == now:
        return []
    # What started within the period and has ended has ended within it too.
    query = f"ended:>-{-(-policy.longest_period // 1_000_000)}s"
    ended = chain.from_iterable(run_pages(store, query, size=_PAGE))
    return [(run, _start_of(run)) for run in ended if run.starting_at and _start_of(run) > since]


def _start_of(run: DagsterRun) -> Micros:
    return run.starting_at or run.started_at or run.created_at


def explain_run(store: Store, policy: QueuePolicy, run_id: str) -> Explanation:
    """Return why a run waits: whether anybody could start it, each gate, its place in line, what would have to change.

    Raises:
        DagsterRunNotFoundError: There is no such run.
        DagsterInvariantViolationError: The run does not wait.
    """
    location = store.runs.get(run_id).code_location
    found = read_board(store, policy).explain(run_id, store.clock())
    return replace(found, obstacle=read_serving(store).obstacle(location))
