"""What runs cost, by tag, job or asset, period by period: time, numbers in tags, numbers in the metadata of assets."""

from __future__ import annotations

import csv
import io
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from earmark.events.kinds import AssetMaterialized
from earmark.runs.run import DagsterRun
from earmark.specs.metadata.values import FloatMetadataValue, IntMetadataValue
from earmark.store.ports import Store
from earmark.values.clock import Micros, from_datetime, to_datetime
from earmark.values.keys import AssetKey
from earmark.views.catalog import CatalogCache
from earmark.views.faults import BadRequestError
from earmark.views.insights import between, grouping, keys_of
from earmark.views.listing import read_query
from earmark.views.shapes.finding import CostPeriod, CostReport, CostRow
from earmark.views.tally import COST_KEYS, OTHER, cost_of

MOST_RUNS = 2_000_000
"""So many runs are summed up at most, the newest; what is kept of them grows with words and periods, not with runs."""

_SAMPLED = 500
"""In the metadata of so many materializations, the newest, are numbers looked for that can be summed up."""
_METADATA = "metadata:"
_ASSET_TAG = "asset_tag:"
_SECOND = 1_000_000

PeriodName = Literal["day", "week", "month"]
Cell = tuple[str | None, float]
Share = Callable[[DagsterRun], Iterator[Cell]]


class CostPages:
    """Everything that is asked about costs.

    Args:
        store: The store.
        catalogs: The definitions.
    """

    def __init__(self, store: Store, catalogs: CatalogCache) -> None:
        self._store = store
        self._catalogs = catalogs

    def report(
        self, q: str, by: str, measure: str, *, period: PeriodName, count: int, zone: str, limit: int
    ) -> CostReport:
        """Return what runs cost, those that cost most first. A run belongs to the period in which it was created.

        Args:
            q: A query over runs.
            by: What makes a row: ``job``, ``location``, ``source``, ``automation``, ``tag:KEY`` (of the run); of what
                metadata says also ``asset`` and ``asset_tag:KEY``.
            measure: ``run_time`` in seconds, ``runs``, ``cost`` (the number in the tag ``cost`` or ``dagster/cost``),
                or ``metadata:NAME`` (the number that the materializations of assets have under that name).
            period: How time is cut, by the calendar.
            count: Into how many periods, the last of which is going on.
            zone: The time zone of the calendar.
            limit: How many rows at most; the rest is summed as ``(other)``.

        Raises:
            BadRequestError: There is no such measure, grouping or zone, or they do not go together.
            QueryError: The query cannot be read.
        """
        now = self._store.clock()
        starts = _starts(now, period, count, zone)
        share, keys = self._share(by, measure, starts[0])
        node = between(read_query("runs", q), starts[0], now)
        total = self._store.runs.count(node)
        sums: dict[str | None, list[float]] = defaultdict(lambda: [0.0] * count)
        runs: dict[str | None, list[int]] = defaultdict(lambda: [0] * count)
        for run in self._store.runs.sketches(node, keys=keys, limit=MOST_RUNS, with_origins=by == "source"):
            at = bisect_right(starts, run.created_at) - 1
            words = set()
            for word, amount in share(run):
                sums[word][at] += amount
                words.add(word)
            for word in words:
                runs[word][at] += 1
        rows = [CostRow(value=word, amounts=amounts, runs=runs[word]) for word, amounts in sums.items()]
        rows.sort(key=lambda row: (row.value is None, -sum(row.amounts), row.value or ""))
        ends = [*starts[1:], now]
        return CostReport(
            by=by,
            measure=measure,
            periods=[
                CostPeriod(start=start, end=end, is_over=end < now) for start, end in zip(starts, ends, strict=True)
            ],
            totals=_together(None, rows, count),
            rows=_largest(rows, limit, count),
            measures=self._measures(),
            omitted=max(0, total - MOST_RUNS),
        )

    def _share(self, by: str, measure: str, since: int) -> tuple[Share, set[str]]:
        """Return what gives the words of a run with the amount of each, and the tags that it reads."""
        if measure.startswith(_METADATA) and len(measure) > len(_METADATA):
            return self._share_of_metadata(by, measure.removeprefix(_METADATA), since)
        if by == "asset" or by.startswith(_ASSET_TAG):
            raise BadRequestError(
                f"What {measure!r} comes to is known of runs, not of each asset.",
                hint="Take a number that the metadata of assets has, as metadata:NAME, or group by job or tag:KEY.",
            )
        amount_of = _AMOUNTS.get(measure)
        if amount_of is None:
            raise BadRequestError(
                f"Runs have no measure {measure!r}.", hint=f"By {', '.join(_AMOUNTS)} or metadata:NAME."
            )
        word_of = grouping(by)

        def share(run: DagsterRun) -> Iterator[Cell]:
            yield word_of(run), amount_of(run)

        return share, {*keys_of(by), *(COST_KEYS if measure == "cost" else ())}

    def _share_of_metadata(self, by: str, name: str, since: int) -> tuple[Share, set[str]]:
        amounts: dict[str, Counter[AssetKey]] = defaultdict(Counter)
        for event in self._store.events.materializations(Micros(since), mention=name):
            amount = _number(event.fact, name)
            if amount is not None and event.run_id is not None:
                assert isinstance(event.fact, AssetMaterialized)
                amounts[event.run_id][event.fact.materialization.asset_key] += amount  # type: ignore[assignment]
        word_of = self._word_of_asset(by)
        of_run = grouping("job" if word_of is not None else by)

        def share(run: DagsterRun) -> Iterator[Cell]:
            for key, amount in amounts.get(run.run_id, {}).items():
                yield (of_run(run) if word_of is None else word_of(key)), amount

        return share, set(keys_of(by))

    def _word_of_asset(self, by: str) -> Callable[[AssetKey], str | None] | None:
        """Return what groups assets; ``None`` where runs are grouped."""
        if by == "asset":
            return AssetKey.to_user_string
        if not by.startswith(_ASSET_TAG):
            return None
        key, graph = by.removeprefix(_ASSET_TAG), self._catalogs.get().graph
        return lambda asset: graph.get(asset).spec.tags.get(key) if asset in graph else None

    def _measures(self) -> list[str]:
        """Return the names under which the newest materializations have numbers, those that look like costs first."""
        found: Counter[str] = Counter()
        for event in self._store.events.materializations(limit=_SAMPLED):
            if isinstance(event.fact, AssetMaterialized):
                found.update(
                    name for name in event.fact.materialization.metadata if _number(event.fact, name) is not None
                )
        return sorted(found, key=lambda name: ("cost" not in name.lower(), -found[name], name))


def as_csv(report: CostReport, zone: str) -> str:
    """Return a report as a table: a row for each word, a column for each period, and what all come to."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    days = [to_datetime(Micros(one.start)).astimezone(ZoneInfo(zone)).date().isoformat() for one in report.periods]
    rows.writerow([report.by.removeprefix("tag:"), *days, "total"])
    for row in (*report.rows, CostRow(value="(total)", amounts=report.totals.amounts, runs=report.totals.runs)):
        word = "(without)" if row.value is None else _harmless(row.value)
        rows.writerow([word, *(_figure(one) for one in row.amounts), _figure(sum(row.amounts))])
    return text.getvalue()


def _harmless(word: str) -> str:
    """Return a word that a spreadsheet does not take for a formula."""
    return f"'{word}" if word[:1] in ("=", "+", "-", "@", "\t", "\r") else word


def _figure(amount: float) -> str:
    return f"{amount:.6f}".rstrip("0").rstrip(".")


def _run_time(run: DagsterRun) -> float:
    return 0.0 if run.started_at is None or run.ended_at is None else (run.ended_at - run.started_at) / _SECOND


def _cost_in_tags(run: DagsterRun) -> float:
    cost = cost_of(run)
    return cost if isfinite(cost) else 0.0


_AMOUNTS: Mapping[str, Callable[[DagsterRun], float]] = {
    "run_time": _run_time,
    "runs": lambda _run: 1.0,
    "cost": _cost_in_tags,
}


def _number(fact: Any, name: str) -> float | None:
    """Return the number that a materialization has under a name."""
    if not isinstance(fact, AssetMaterialized):
        return None
    value = fact.materialization.metadata.get(name)
    if not isinstance(value, FloatMetadataValue | IntMetadataValue) or value.value is None:
        return None
    return float(value.value) if isfinite(value.value) else None


def _together(value: str | None, rows: list[CostRow], count: int) -> CostRow:
    return CostRow(
        value=value,
        amounts=[sum(row.amounts[at] for row in rows) for at in range(count)],
        runs=[sum(row.runs[at] for row in rows) for at in range(count)],
    )


def _largest(rows: list[CostRow], limit: int, count: int) -> list[CostRow]:
    """Return the rows that cost most, the rest together, and last what has no word."""
    named = [row for row in rows if row.value is not None]
    without = [row for row in rows if row.value is None]
    rest = named[limit:]
    return [*named[:limit], *([_together(OTHER, rest, count)] if rest else []), *without]


def _starts(now: Micros, period: PeriodName, count: int, zone: str) -> list[int]:
    """Return when each period begins, the one that is going on last."""
    try:
        here = to_datetime(now).astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadRequestError(f"There is no time zone {zone!r}.", hint="Such as Europe/Berlin, or UTC.") from None
    first = here.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "month":
        first = first.replace(day=1)
    elif period == "week":
        first -= timedelta(days=first.weekday())
    return [from_datetime(_back(first, period, steps)) for steps in range(count - 1, -1, -1)]


def _back(first: datetime, period: PeriodName, steps: int) -> datetime:
    if period == "month":
        months = first.year * 12 + first.month - 1 - steps
        return first.replace(year=months // 12, month=months % 12 + 1)
    return first - timedelta(days=steps * (7 if period == "week" else 1))
