"""The partitions of an asset: as rows, as a map of spans, and what a box of the map holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import get_args

from earmark.events import kinds
from earmark.partitions import MultiPartitionsDefinition, PartitionKeyRange, PartitionsDefinition
from earmark.partitions.multi import SEPARATOR
from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.store.records import PartitionState
from earmark.tags.query.evaluate import predicate
from earmark.tags.query.faults import fault
from earmark.tags.query.fields import Field, FieldType, word_in, words_near
from earmark.values.errors import meant
from earmark.values.keys import AssetKey
from earmark.views.asset_events import facts_of_run
from earmark.views.dynamic import dynamic_partitions
from earmark.views.faults import BadRequestError
from earmark.views.listing import cut, read_query
from earmark.views.partition_board import PartitionBoard
from earmark.views.shapes.assets import (
    PartitionBox,
    PartitionCounts,
    PartitionMap,
    PartitionMapDimension,
    PartitionMapRow,
    PartitionRow,
    PartitionSpan,
    PartitionStatus,
)
from earmark.views.shapes.common import Page
from earmark.views.values import first_line, shown

_MOST_ROWS_OF_MAP = 400
_MOST_NAMED = 400
"""The keys of a dimension are sent with the map up to this many."""
_MOST_SPANS_OF_ROW = 300
LETTERS: Mapping[PartitionStatus | None, str] = {
    "missing": "m",
    "materialized": "w",
    "failed": "f",
    "running": "r",
    "stale": "s",
    None: "n",
}
"""The letter of each status in the lengths of a row: a materialized partition is *written*."""


def partition_rows(
    store: Store, key: AssetKey, board: PartitionBoard | None, q: str, cursor: str | None, limit: int
) -> Page[PartitionRow]:
    """Return the partitions of an asset, the newest first.

    Args:
        store: The store.
        key: The asset.
        board: How they stand; ``None`` if it has none.
        q: ``status:`` of partitions, and whatever holds of the runs that wrote them.
        cursor: The cursor of the page before.
        limit: How many at most.

    Raises:
        QueryError: The query cannot be read.
    """
    if board is None:
        return Page(items=[], next_cursor=None, total=0)
    keys = _narrowed(store, key, board, q)[::-1]

    def rows(part: Sequence[str]) -> list[PartitionRow]:
        states = {state.partition: state for state in store.assets.partitions(key, part)}
        ids = {state.run_id for state in states.values() if state.run_id}
        runs = {run.run_id: run for run in store.runs.get_many(sorted(ids))}
        return [_partition_row(store, key, board, one, states.get(one), runs) for one in part]

    return cut(keys, cursor, limit, rows)


def _error_of(store: Store, key: AssetKey, state: PartitionState | None) -> str | None:
    if state is None or state.status != "failed":
        return None
    failed = (kinds.AssetFailedToMaterialize,)
    for event in store.events.of_asset(key, kinds=failed, partition=state.partition, limit=1):
        assert isinstance(event.fact, kinds.AssetFailedToMaterialize)
        return first_line(event.fact.error, "An asset upstream failed." if event.fact.skipped else "") or None
    return None


def _partition_row(
    store: Store,
    asset: AssetKey,
    board: PartitionBoard,
    key: str,
    state: PartitionState | None,
    runs: Mapping[str, DagsterRun],
) -> PartitionRow:
    run = None if state is None else runs.get(state.run_id or "")
    return PartitionRow(
        key=key,
        status=board.status_of[key],
        at=None if state is None else state.materialized_at,
        run_id=None if state is None else state.run_id,
        run_tags={} if run is None else shown(run.tags),
        error=_error_of(store, asset, state),
        stale_causes=board.causes_of(key),
    )


def _narrowed(store: Store, asset: AssetKey, board: PartitionBoard, q: str) -> list[str]:
    """Return the keys whose status and run a query matches; only ``status:`` terms are about the partition itself."""
    kept = list(board.keys)
    if not q.strip():
        return kept
    text = " ".join(part for part in q.split() if not part.startswith(("status:", "-status:")))
    for part in q.split():
        if not part.startswith(("status:", "-status:")):
            continue
        wanted = {partition_status(one, q, q.index(part)) for one in part.partition(":")[2].split(",")}
        negated = part.startswith("-")
        kept = [one for one in kept if (board.status_of[one] in wanted) is not negated]
    if not text:
        return kept
    node = read_query("runs", text)
    fits = predicate(node, "run", store.clock())
    states = {state.partition: state for state in store.assets.partitions(asset)}
    ids = sorted({state.run_id for one in kept if (state := states.get(one)) is not None and state.run_id})
    matching = {run.run_id for run in store.runs.get_many(ids) if fits(facts_of_run(run))}
    return [one for one in kept if one in states and states[one].run_id in matching]


_STATUS = Field(
    "status",
    FieldType.WORDS,
    "how a partition stands",
    get_args(PartitionStatus),
    {"success": "materialized", "succeeded": "materialized", "failure": "failed", "in_progress": "running"},
)


def partition_status(word: str, text: str, position: int = 0) -> str:
    """Return the state of a partition that a word stands for.

    Args:
        word: The word.
        text: What it was written in, for the error.
        position: Where in the text.

    Raises:
        QueryError: No partition is ever so.
    """
    known = word_in(_STATUS, word)
    if known is None:
        message = f"A partition is never {word!r}.{meant(words_near(_STATUS, word))}"
        raise fault(text, position, message, [f"one of {', '.join(_STATUS.words)}"])
    return known


def unwritten(store: Store, which: str, assets: Sequence[AssetKey], keys: Sequence[str]) -> list[str]:
    """Return those of some partitions that are still to be written.

    Args:
        store: The store.
        which: ``failed``: those for which any of the assets has failed; ``missing``: also those that any was not
            written for; ``all``.
        assets: The assets; where there are none, all partitions are returned.
        keys: The partitions.
    """
    if which == "all" or not assets:
        return list(keys)
    words = ("failed", "missing") if which == "missing" else ("failed",)
    chosen: set[str] = set()
    for asset in assets:
        known = {state.partition: state.status for state in store.assets.partitions(asset)}
        chosen.update(key for key in keys if known.get(key, "missing") in words)
    return [key for key in keys if key in chosen]


def partition_map(
    store: Store, key: AssetKey, definition: PartitionsDefinition | None, board: PartitionBoard | None, q: str = ""
) -> PartitionMap:
    """Return all partitions of an asset as spans of the same status.

    Args:
        store: The store.
        key: The asset.
        definition: How it is cut.
        board: How its partitions stand; ``None`` if it has none.
        q: Partitions that it does not match count as missing.
    """
    if definition is None or board is None:
        return PartitionMap(dimensions=[], rows=[], counts=count_statuses([]))
    statuses = board.statuses
    if q.strip():
        matching = set(_narrowed(store, key, board, q))
        found = zip(board.keys, board.statuses, strict=True)
        statuses = [status if one in matching else "missing" for one, status in found]
    if not isinstance(definition, MultiPartitionsDefinition):
        row = _row(None, board.keys, statuses)
        dimensions = [_dimension("partition", board.keys)]
        return PartitionMap(dimensions=dimensions, rows=[row], counts=count_statuses(statuses))
    now, dynamic = store.clock(), dynamic_partitions(store)
    keys_of = {each.name: each.partitions_def.get_partition_keys(now, dynamic) for each in definition.partitions_defs}
    return grid_of(keys_of, dict(zip(board.keys, statuses, strict=True)))


def grid_of(dimensions: Mapping[str, Sequence[str]], statuses: Mapping[str, PartitionStatus]) -> PartitionMap:
    """Return partitions of two dimensions as a row of spans for each of the last keys of the first dimension.

    Args:
        dimensions: The keys of each of the two dimensions, by its name.
        statuses: The status of each whole key. A cell without one is in no span.
    """
    outer, inner = dimensions.values()
    rows = [
        _row(one, inner, [statuses.get(f"{one}{SEPARATOR}{other}") for other in inner])
        for one in outer[-_MOST_ROWS_OF_MAP:]
    ]
    named = [_dimension(name, keys) for name, keys in dimensions.items()]
    return PartitionMap(dimensions=named, rows=rows, counts=count_statuses(list(statuses.values())))


def _row(key: str | None, keys: Sequence[str], statuses: Sequence[PartitionStatus | None]) -> PartitionMapRow:
    """Return a row of spans, or of their lengths alone where there are too many to be said at length."""
    neighbours = neighbours_of(statuses)
    if len(neighbours) <= _MOST_SPANS_OF_ROW:
        return PartitionMapRow(key=key, spans=_spans(keys, neighbours), lengths=None)
    return PartitionMapRow(key=key, spans=[], lengths=lengths_of(neighbours))


Neighbours = Sequence[tuple[PartitionStatus | None, int]]
"""How many partitions beside each other are in the same status, in order."""


def neighbours_of(statuses: Iterable[PartitionStatus | None]) -> Neighbours:
    """Return statuses as runs of the same one.

    Example:
        >>> neighbours_of(["failed", "missing", "missing"])
        [('failed', 1), ('missing', 2)]
    """
    return [(status, len(list(same))) for status, same in groupby(statuses)]


def lengths_of(neighbours: Neighbours) -> str:
    """Return how many neighbours are of which status: its letter, then how many, unless one.

    Example:
        >>> lengths_of([("materialized", 2), ("failed", 1), ("stale", 12), (None, 1)])
        'w2fs12n'
    """
    return "".join([LETTERS[status] + (str(count) if count > 1 else "") for status, count in neighbours])


def _dimension(name: str, keys: Sequence[str]) -> PartitionMapDimension:
    first, last = (keys[0], keys[-1]) if keys else ("", "")
    named = list(keys) if len(keys) <= _MOST_NAMED else []
    return PartitionMapDimension(name=name, total=len(keys), first=first, last=last, keys=named)


def partition_box(
    store: Store,
    key: AssetKey,
    definition: PartitionsDefinition | None,
    board: PartitionBoard | None,
    start: int,
    end: int,
    first_row: str | None = None,
    last_row: str | None = None,
) -> PartitionBox:
    """Return what a box of the map of partitions holds.

    Args:
        store: The store.
        key: The asset.
        definition: How it is cut.
        board: How its partitions stand; ``None`` if it has none.
        start: The first column: an index into the keys of the last dimension.
        end: The column after the last.
        first_row: The first key of the first of two dimensions.
        last_row: The last key of the first of two dimensions.

    Raises:
        BadRequestError: It holds nothing, or the rows are not those of two dimensions.
        DagsterInvalidInvocationError: A row is no key of the first dimension.
    """
    if definition is None or board is None:
        raise BadRequestError(f"{key.to_user_string()} has no partitions.")
    now, dynamic = store.clock(), dynamic_partitions(store)
    rows: list[str] | None = None
    columns = definition
    if isinstance(definition, MultiPartitionsDefinition):
        if first_row is None or last_row is None:
            raise BadRequestError("A box of two dimensions has a first_row and a last_row.")
        above, inner = definition.partitions_defs
        span = PartitionKeyRange(first_row, last_row)
        rows, columns = above.partitions_def.get_partition_keys_in_range(span, dynamic, now), inner.partitions_def
    chosen = columns.get_partition_keys(now, dynamic)[start:end]
    keys = list(chosen) if rows is None else [f"{row}|{one}" for row in rows for one in chosen]
    if not keys:
        raise BadRequestError("The box holds no partition.", hint="Its end is behind its start, in both dimensions.")
    counts = count_statuses([board.status_of[one] for one in keys])
    return PartitionBox(first=str(keys[0]), last=str(keys[-1]), counts=counts)


def spans_of(keys: Sequence[str], statuses: Sequence[PartitionStatus | None]) -> list[PartitionSpan]:
    """Return neighbours of the same status as one span each; those without a status are in none.

    Example:
        >>> [(span.from_, span.to, span.status) for span in spans_of("abc", ["failed", "missing", "missing"])]
        [(0, 1, 'failed'), (1, 3, 'missing')]
    """
    return _spans(keys, neighbours_of(statuses))


def _spans(keys: Sequence[str], neighbours: Neighbours) -> list[PartitionSpan]:
    spans: list[PartitionSpan] = []
    start = 0
    for status, count in neighbours:
        stop = start + count
        if status is not None:
            spans.append(PartitionSpan(from_=start, to=stop, status=status, first=keys[start], last=keys[stop - 1]))
        start = stop
    return spans


def count_statuses(statuses: Sequence[PartitionStatus]) -> PartitionCounts:
    """Return how many partitions are in each status; those that are stale are materialized."""
    return PartitionCounts(
        total=len(statuses),
        materialized=statuses.count("materialized") + statuses.count("stale"),
        failed=statuses.count("failed"),
        running=statuses.count("running"),
        missing=statuses.count("missing"),
    )
