"""Limits on runs as data: what they are, and how they are read from settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from earmark.tags import system
from earmark.tags.query import Key, Node, Term, Text, parse, walk
from earmark.tags.query.times import DURATION_FORM, parse_duration
from earmark.tags.tag import check_key
from earmark.values.errors import InvalidTagError, QueryError, SettingsError, did_you_mean

UNLIMITED = -1
"""What stands for "any number" where a setting is a number."""

MAX_CONCURRENT_RUNS = "max_concurrent_runs"
"""The name of the limit on all runs together, and of the setting that it is read from."""

DEFAULT_MAX_CONCURRENT_RUNS = 10

PER_UNIQUE_VALUE = "applyLimitPerUniqueValue"

TAG_OF_FIELD: Mapping[str, str] = {
    "partition": system.PARTITION,
    "schedule": system.SCHEDULE_NAME,
    "sensor": system.SENSOR_NAME,
    "backfill": system.BACKFILL,
    "user": system.USER,
    "parent": system.PARENT_RUN_ID,
    "root": system.ROOT_RUN_ID,
}
"""Fields of runs that a tag holds."""

STABLE_FIELDS = ("tag", "job", "code_location", "priority", "id", *TAG_OF_FIELD)
"""Fields that say the same of a run while it waits and while it runs."""


class RunLimit(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How much may be in progress at once, or start within a period, of the runs that the limit is about.

    Which runs those are is said by ``key`` (and ``value``) or by the query ``where``; a limit without either is about
    all runs. A limit is split into buckets, each with the whole limit: by ``per_value`` or ``per``.

    Args:
        limit: How many runs, or with ``weight`` how many units.
        name: Unique among limits; made from the rest if empty.
        key: Runs that carry this tag.
        value: Only with this value.
        per_value: The limit holds for each value of ``key`` apart.
        where: A query over runs; fields that change while a run waits (status, times) are refused.
        per: The limit holds apart for each combination of the values of these tags. Lacking one is a value too.
        weight: The tag whose value, a whole number, says how many units a run takes; a run without it takes one.
        period: In microseconds. If set, the limit is on starts within any such stretch of time.
        pool: Only runs that use this pool; see :meth:`QueuePolicy.pool_limit`.

    Raises:
        SettingsError: The parts do not go together, or one is malformed.

    Example:
        >>> RunLimit(key="team", value="ml", limit=3).name
        'team=ml'
        >>> RunLimit(where="tag:team=ml not tag:tier=gold", per=("env",), limit=3).name
        'tag:team=ml not tag:tier=gold per env'
    """

    limit: int
    name: str = ""
    key: str | None = None
    value: str | None = None
    per_value: bool = False
    where: str | None = None
    per: tuple[str, ...] = ()
    weight: str | None = None
    period: int | None = None
    pool: str | None = None

    def __post_init__(self) -> None:
        if self.limit < 0:
            raise _refused(f"a limit is 0 or more, not {self.limit}", self.limit, "Remove it to have none.")
        if self.key is not None and self.where is not None:
            raise _refused("a limit is about a key or about a query, not both: 'key' and 'where'", self.where)
        if self.key is None and (self.value is not None or self.per_value):
            raise _refused("'value' needs a 'key'", self.value)
        if self.value is not None and self.per_value:
            raise _refused("a limit is about one value or about each of them, not both", self.value)
        if self.period is not None and self.period <= 0:
            raise _refused(f"a period is longer than nothing, not {self.period} microseconds", self.period)
        for key in (self.key, self.weight, *self.per):
            if key is not None:
                _check_key(key)
        if self.where is not None:
            _check_query(self.where)
        if not self.name:
            msgspec.structs.force_setattr(self, "name", self._made_name())

    def _made_name(self) -> str:
        if self.key is not None:
            name = self.key if self.value is None else f"{self.key}={self.value}"
            name = f"each {name}" if self.per_value else name
        else:
            name = self.where or "all runs"
        if self.per:
            name += f" per {', '.join(self.per)}"
        if self.weight is not None:
            name += f" by {self.weight}"
        return name if self.period is None else f"{name} in {_duration_text(self.period)}"


class PoolLimits(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many slots the pools have.

    Args:
        default: The slots of a pool that ``limits`` does not name; -1 for any number.
        limits: The slots of each pool.
        by_run: Whether a run takes one slot of each pool that its steps use, for as long as it is in progress, and
            waits in the queue for all of them; otherwise each step waits for its own.
    """

    default: int = UNLIMITED
    limits: dict[str, int] = {}
    by_run: bool = False

    def of(self, pool: str) -> int:
        """Return how many slots a pool has; -1 for any number.

        Example:
            >>> PoolLimits(default=1, limits={"db": 4}).of("db"), PoolLimits(default=1).of("api")
            (4, 1)
        """
        return self.limits.get(pool, self.default)


class FairShare(msgspec.Struct, frozen=True, omit_defaults=True):
    """That runs are started in turn by the values of a tag.

    Args:
        key: The tag. Runs without it are one group.
        weights: How large the share of a value is; 1 where it is not named.

    Raises:
        SettingsError: The key breaks the rule for keys, or a weight is not above 0.
    """

    key: str
    weights: dict[str, float] = {}

    def __post_init__(self) -> None:
        _check_key(self.key)
        for value, weight in self.weights.items():
            if not weight > 0 or weight > 1_000_000:
                raise SettingsError(
                    f"The weight of {self.key}={value} is a number above 0 and at most 1,000,000, not {weight!r}.",
                    value=weight,
                )


class QueuePolicy(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Everything that says which queued run may start, and which is first.

    Args:
        max_concurrent_runs: How many runs may be in progress; -1 for any number.
        limits: Limits on some of the runs.
        ageing: Waiting this long counts as one more point of priority, in microseconds; ``None`` for never.
        fair_by: Whose turn it is, before priority and age; ``None`` for nobody's.
        pools: The slots of pools, where runs wait for them; ``None`` where steps do.
    """

    max_concurrent_runs: int = DEFAULT_MAX_CONCURRENT_RUNS
    limits: tuple[RunLimit, ...] = ()
    ageing: int | None = None
    fair_by: FairShare | None = None
    pools: PoolLimits | None = None

    def __post_init__(self) -> None:
        if self.max_concurrent_runs < UNLIMITED:
            raise SettingsError(
                f"{MAX_CONCURRENT_RUNS} is 0 or more, or -1 for any number, not {self.max_concurrent_runs}.",
                value=self.max_concurrent_runs,
            )
        if self.ageing is not None and self.ageing <= 0:
            raise SettingsError("Ageing is a stretch of time longer than nothing.", value=self.ageing)
        seen: set[str] = set()
        for limit in self.limits:
            if limit.name in seen or limit.name == MAX_CONCURRENT_RUNS:
                raise SettingsError(
                    f"There are two limits named {limit.name!r}.", hint="Give one of them a 'name'.", name=limit.name
                )
            seen.add(limit.name)

    @property
    def longest_period(self) -> int:
        """How far back the starts of ended runs still count, in microseconds; 0 where no limit is on starts."""
        return max((limit.period for limit in self.limits if limit.period is not None), default=0)

    def all_limits(self) -> tuple[RunLimit, ...]:
        """Return the limits, the one on all runs first."""
        if self.max_concurrent_runs == UNLIMITED:
            return self.limits
        return (RunLimit(name=MAX_CONCURRENT_RUNS, limit=self.max_concurrent_runs), *self.limits)

    def pool_limit(self, pool: str) -> RunLimit | None:
        """Return the limit on the runs that use a pool, or ``None`` where there is none.

        Example:
            >>> QueuePolicy(pools=PoolLimits(limits={"db": 2}, by_run=True)).pool_limit("db").name
            'pool:db'
        """
        slots = UNLIMITED if self.pools is None else self.pools.of(pool)
        return None if slots == UNLIMITED else RunLimit(name=f"pool:{pool}", pool=pool, limit=slots)


_OPTIONS = ("name", "key", "value", "where", "per", "limit", "weight", "period")


def read_limits(raw: Any) -> tuple[RunLimit, ...]:
    """Return the limits that a settings file lists.

    Raises:
        SettingsError: It is no list, or one of them is malformed; the message says which, counted from 1.
    """
    if not isinstance(raw, list | tuple):
        raise SettingsError(f"Limits are a list, not {raw!r}.", value=raw)
    limits = []
    for number, one in enumerate(raw, start=1):
        try:
            limits.append(read_limit(one))
        except SettingsError as error:
            raise SettingsError(f"Limit {number}: {error.message}", hint=error.hint, **error.facts) from None
    return tuple(limits)


def read_limit(raw: Any) -> RunLimit:
    """Return a limit from a table of a settings file.

    Args:
        raw: ``{key, limit, value?}`` where ``value`` is a string or ``{applyLimitPerUniqueValue: true}``, or
            ``{where, limit, per?}``; with ``weight`` and ``period`` (``"10m"``, or seconds) if wanted.

    Raises:
        SettingsError: An option is unknown or malformed.

    Example:
        >>> read_limit({"key": "customer", "value": {"applyLimitPerUniqueValue": True}, "limit": 2}).name
        'each customer'
        >>> read_limit({"where": "tag:api", "limit": 100, "period": "1h"}).name
        'tag:api in 1h'
    """
    if isinstance(raw, RunLimit):
        return raw
    if not isinstance(raw, Mapping):
        raise _refused(f"a limit is a table of options, not {raw!r}", raw)
    for option in raw:
        if option not in _OPTIONS:
            near = did_you_mean(str(option), _OPTIONS) or f" It has: {', '.join(_OPTIONS)}."
            raise SettingsError(f"A limit has no option {option!r}.{near}", option=option)
    value, per_value = _read_value(raw.get("value"))
    where = _text(raw, "where")
    if where is None and raw.get("key") is None:
        raise _refused("it says neither 'key' nor 'where'", raw, "Say which runs it is about.")
    return RunLimit(
        limit=_whole(raw.get("limit")),
        name=_text(raw, "name") or "",
        key=_text(raw, "key"),
        value=value,
        per_value=per_value,
        where=where,
        per=_keys(raw.get("per", ())),
        weight=_text(raw, "weight"),
        period=read_duration(raw["period"], "a limit's period") if "period" in raw else None,
    )


def limit_data(limit: RunLimit) -> dict[str, Any]:
    """Return a limit as :func:`read_limit` reads it, to be kept as a setting."""
    data: dict[str, Any] = {"name": limit.name, "limit": limit.limit}
    if limit.key is not None:
        data["key"] = limit.key
    if limit.per_value:
        data["value"] = {PER_UNIQUE_VALUE: True}
    elif limit.value is not None:
        data["value"] = limit.value
    if limit.where is not None:
        data["where"] = limit.where
    if limit.per:
        data["per"] = list(limit.per)
    if limit.weight is not None:
        data["weight"] = limit.weight
    if limit.period is not None:
        data["period"] = _duration_text(limit.period)
    return data


def read_duration(raw: Any, what: str) -> int:
    """Return a stretch of time in microseconds, from a text such as ``10m`` or a number of seconds.

    Raises:
        SettingsError: It is neither, or not longer than nothing.
    """
    found: int | None = None
    if isinstance(raw, str):
        found = parse_duration(raw)
    elif isinstance(raw, int | float) and not isinstance(raw, bool) and raw < 1e10:
        found = round(raw * 1_000_000)
    if found is None or found <= 0:
        raise SettingsError(f"{what.capitalize()} is {DURATION_FORM}, or a number of seconds, not {raw!r}.", value=raw)
    return found


def parse_where(where: str) -> Node:
    """Return the query of a limit as a tree.

    Raises:
        QueryError: It cannot be read, or asks for what changes while a run waits or runs.

    Example:
        >>> parse_where("status:queued")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        earmark.values.errors.QueryError: A limit cannot ask for 'status', which changes while a run waits or runs...
    """
    tree = parse(where, "run", bare="text")
    for node in walk(tree):
        if isinstance(node, Key | Text):
            raise QueryError("A limit is about fields, not about words: write tag:KEY or job:NAME.", text=where)
        if isinstance(node, Term) and node.field not in STABLE_FIELDS:
            raise QueryError(
                f"A limit cannot ask for {node.field!r}, which changes while a run waits or runs."
                f" It may ask for: {', '.join(STABLE_FIELDS)}.",
                text=where,
                expected=list(STABLE_FIELDS),
            )
    return tree


def _check_query(where: str) -> None:
    try:
        parse_where(where)
    except QueryError as error:
        raise SettingsError(f"'where' is no query over runs: {error}", **error.facts) from error


def _read_value(raw: Any) -> tuple[str | None, bool]:
    if raw is None or isinstance(raw, str):
        return raw, False
    if isinstance(raw, Mapping):
        for option in raw:
            if option != PER_UNIQUE_VALUE:
                near = did_you_mean(str(option), [PER_UNIQUE_VALUE]) or f" It has {PER_UNIQUE_VALUE!r}."
                raise SettingsError(f"A limit's value has no option {option!r}.{near}", option=option)
        if isinstance(raw.get(PER_UNIQUE_VALUE), bool):
            return None, raw[PER_UNIQUE_VALUE]
    raise _refused(f"its value is a string or {{{PER_UNIQUE_VALUE}: true}}, not {raw!r}", raw)


def _text(raw: Mapping[str, Any], option: str) -> str | None:
    value = raw.get(option)
    if value is None or (isinstance(value, str) and value.strip()):
        return value
    raise _refused(f"its {option!r} is a text, not {value!r}", value)


def _whole(raw: Any) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if raw is None:
        raise _refused("it has no 'limit'", raw, "Say how many runs at once.")
    raise _refused(f"its 'limit' is a whole number, not {raw!r}", raw)


def _keys(raw: Any) -> tuple[str, ...]:
    keys: Iterable[Any] = (raw,) if isinstance(raw, str) else raw
    if isinstance(keys, list | tuple) and all(isinstance(key, str) for key in keys):
        return tuple(keys)
    raise _refused(f"its 'per' is a list of tag keys, not {raw!r}", raw)


def _check_key(key: str) -> None:
    try:
        check_key(key)
    except InvalidTagError as error:
        raise SettingsError(error.message, **error.facts) from error


def _refused(why: str, value: Any, hint: str | None = None) -> SettingsError:
    return SettingsError(f"This is no limit: {why}.", hint=hint, value=value)


def _duration_text(micros: int) -> str:
    for unit, size in (("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000)):
        if micros % size == 0:
            return f"{micros // size}{unit}"
    return f"{micros}us"
