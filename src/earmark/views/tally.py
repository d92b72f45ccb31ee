"""Runs summed up by a word and by time: how many, how they ended, how long they took and waited, what they cost."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from math import isfinite, nan
from statistics import median

from earmark.runs.run import DagsterRun
from earmark.values.clock import Micros
from earmark.views.shapes.finding import InsightSeries, InsightTotals

COST_KEYS = ("cost", "dagster/cost")
"""The tags that say what a run cost, as a number."""

OTHER = "(other)"
"""What the words are called that are summed up together."""

_SECOND = 1_000_000
_FINISHED, _FAILED = 1, 2


class Tally:
    """Takes down of each run a few numbers, a million runs in some 30 MB, and sums them up in the end.

    Args:
        start: Where time begins, in microseconds.
        size: How long a stretch of time is.
        buckets: How many stretches there are.
    """

    def __init__(self, start: int, size: int, buckets: int) -> None:
        self._start = start
        self._size = size
        self._buckets = buckets
        self._words: dict[str | None, int] = {}
        self._word = array("L")
        self._bucket = array("H")
        self._end = array("B")
        self._waited = array("d")
        self._took = array("d")
        self._cost = array("d")

    def add(self, word: str | None, run: DagsterRun) -> None:
        """Take down a run."""
        self._word.append(self._words.setdefault(word, len(self._words)))
        self._bucket.append(min(self._buckets - 1, max(0, (run.created_at - self._start) // self._size)))
        self._end.append(_FINISHED * run.is_finished | _FAILED * run.is_failure)
        self._waited.append(_seconds(run.queued_at, run.starting_at or run.started_at))
        self._took.append(_seconds(run.started_at, run.ended_at))
        self._cost.append(cost_of(run))

    def summed(self, limit: int) -> tuple[InsightTotals, list[InsightSeries]]:
        """Return what all come to, and each word over time: those with most runs, the rest as ``(other)``."""
        counts = Counter(self._word)
        words = list(self._words)
        ranked = sorted(counts, key=lambda at: (-counts[at], words[at] is None, words[at] or ""))
        names = [words[at] for at in ranked[:limit]] + ([OTHER] if len(ranked) > limit else [])
        place = {word: min(rank, limit) for rank, word in enumerate(ranked)}
        cells = [[array("L") for _ in range(self._buckets)] for _ in names]
        for number, (word, bucket) in enumerate(zip(self._word, self._bucket, strict=True)):
            cells[place[word]][bucket].append(number)
        series = [self._series(name, own) for name, own in zip(names, cells, strict=True)]
        return self._totals(range(len(self._word))), series

    def _series(self, word: str | None, cells: Sequence[Sequence[int]]) -> InsightSeries:
        return InsightSeries(
            value=word,
            totals=self._totals([number for cell in cells for number in cell]),
            runs=[len(cell) for cell in cells],
            failed=[self._failed(cell) for cell in cells],
            queue_p50=[_middle(_known(self._waited, cell)) for cell in cells],
            duration_p50=[_middle(_known(self._took, cell)) for cell in cells],
            cost=[_sum(_known(self._cost, cell)) for cell in cells],
        )

    def _totals(self, numbers: Sequence[int]) -> InsightTotals:
        finished = sum(self._end[number] & _FINISHED for number in numbers)
        failed = self._failed(numbers)
        durations = sorted(_known(self._took, numbers))
        return InsightTotals(
            runs=len(numbers),
            failed=failed,
            failure_rate=failed / finished if finished else None,
            queue_p50=_middle(_known(self._waited, numbers)),
            duration_p50=_middle(durations),
            duration_p95=durations[min(len(durations) - 1, int(len(durations) * 0.95))] if durations else None,
            duration_total=sum(durations),
            cost=_sum(_known(self._cost, numbers)),
        )

    def _failed(self, numbers: Iterable[int]) -> int:
        return sum(self._end[number] >= _FAILED for number in numbers)


def _seconds(start: Micros | None, end: Micros | None) -> float:
    return nan if start is None or end is None else (end - start) / _SECOND


def cost_of(run: DagsterRun) -> float:
    """Return the number that a tag of a run says it cost; no number (``nan``) where none does."""
    for key in COST_KEYS:
        if key in run.tags:
            try:
                return float(run.tags[key])
            except ValueError:
                continue
    return nan


def _known(values: Sequence[float], numbers: Iterable[int]) -> list[float]:
    return [value for number in numbers if isfinite(value := values[number])]


def _middle(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def _sum(values: Sequence[float]) -> float | None:
    return sum(values) if values else None
