"""Which count of a limit a run belongs to, and how many units it takes there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from earmark.runs.limits import TAG_OF_FIELD, RunLimit, parse_where
from earmark.tags.query.evaluate import predicate

BucketKey = tuple[str | None, ...]
"""Values of the tags by which a limit is split; empty where it is not."""


class LimitedRun(Protocol):
    """What a limit asks of a run. Runs and entries of the queue have it."""

    @property
    def run_id(self) -> str:
        """The run's id."""

    @property
    def job_name(self) -> str:
        """The name of its job."""

    @property
    def priority(self) -> int:
        """Its priority."""

    @property
    def tags(self) -> Mapping[str, str]:
        """Its tags."""

    @property
    def code_location(self) -> str | None:
        """The location that holds its code."""

    @property
    def pools(self) -> Sequence[str]:
        """The pools that its steps use."""


class _RunThing:
    """A run as queries see it: only what does not change between the queue and the end."""

    __slots__ = ("run",)

    def __init__(self, run: LimitedRun) -> None:
        self.run = run

    def tags_of(self) -> Mapping[str, str]:
        return self.run.tags

    def values_of(self, field: str) -> Collection[str]:
        if field == "job":
            return (self.run.job_name,)
        if field == "code_location":
            return (self.run.code_location,) if self.run.code_location else ()
        if field == "id":
            return (self.run.run_id,)
        value = self.run.tags.get(TAG_OF_FIELD[field])
        return () if value is None else (value,)

    def amount_of(self, field: str) -> float | None:
        return self.run.priority if field == "priority" else None


class Bucketing:
    """Sorts runs into the buckets of one limit.

    Args:
        limit: The limit.

    Example:
        >>> from earmark.runs.run import DagsterRun
        >>> by_team = Bucketing(RunLimit(key="team", per_value=True, limit=2))
        >>> by_team.place(DagsterRun(run_id="1", job_name="etl", tags={"team": "ml"}))
        (('ml',), 1)
    """

    __slots__ = ("_is_about", "_per", "_weight", "limit")

    def __init__(self, limit: RunLimit) -> None:
        self.limit = limit
        self._per = (limit.key, *limit.per) if limit.key is not None and limit.per_value else limit.per
        self._weight = limit.weight
        self._is_about = _membership(limit)

    @property
    def is_split(self) -> bool:
        """Whether the limit has more than one bucket."""
        return bool(self._per)

    @property
    def is_rate(self) -> bool:
        """Whether the limit is on starts in a period, and not on what is in progress."""
        return self.limit.period is not None

    def place(self, run: LimitedRun) -> tuple[BucketKey, int] | None:
        """Return the bucket that a run belongs to and the units it takes; ``None`` if the limit is not about it."""
        if self._is_about is not None and not self._is_about(run):
            return None
        tags = run.tags
        bucket = tuple(tags.get(key) for key in self._per)
        return bucket, 1 if self._weight is None else weight_of(tags, self._weight)

    def describe(self, bucket: BucketKey) -> str:
        """Return a bucket as people read it: the limit's name, and the values that it is split by."""
        if not self._per:
            return self.limit.name
        values = ", ".join(
            f"{key}={value}" if value is not None else f"no {key}" for key, value in zip(self._per, bucket, strict=True)
        )
        return f"{self.limit.name} ({values})"


def weight_of(tags: Mapping[str, str], key: str) -> int:
    """Return how many units a run takes by one of its tags; 1 if that says no whole number above 0.

    Example:
        >>> weight_of({"memory_gb": "16"}, "memory_gb"), weight_of({}, "memory_gb")
        (16, 1)
    """
    text = tags.get(key, "")
    units = int(text) if len(text) <= 12 and text.isascii() and text.isdigit() else 0
    return units or 1


def _membership(limit: RunLimit) -> Callable[[LimitedRun], bool] | None:
    key, value, pool = limit.key, limit.value, limit.pool
    if pool is not None:
        return lambda run: pool in run.pools
    if key is not None:
        if value is not None:
            return lambda run: run.tags.get(key) == value
        return lambda run: key in run.tags
    if limit.where is None:
        return None
    fits = predicate(parse_where(limit.where), "run")
    return lambda run: fits(_RunThing(run))
