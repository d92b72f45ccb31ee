"""The policy of the queue as it holds now: what the settings files say, and what was changed since, in the store."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from earmark.runs.limits import MAX_CONCURRENT_RUNS, PoolLimits, QueuePolicy, RunLimit, limit_data, read_limit
from earmark.store.ports import Store
from earmark.values.errors import DagsterInvariantViolationError, SettingsError, did_you_mean

PREFIX = "limits/"
"""Before the name of a limit: the setting that holds it; ``None`` for one of the files that was removed."""

PAUSED = "queue.paused"
"""The setting that says whether the queue is paused."""


def effective_policy(from_files: QueuePolicy, store: Store) -> QueuePolicy:
    """Return the limits and the order that hold now."""
    if from_files.pools is not None:
        from_files = replace(from_files, pools=effective_pools(from_files.pools, store))
    changes = {setting.key[len(PREFIX) :]: setting.value for setting in store.settings.all(PREFIX)}
    if not changes:
        return from_files
    maximum = changes.pop(MAX_CONCURRENT_RUNS, from_files.max_concurrent_runs)
    limits = {limit.name: limit for limit in from_files.limits}
    for name, raw in changes.items():
        if raw is None:
            limits.pop(name, None)
        else:
            limits[name] = read_limit({**raw, "name": name})
    return replace(from_files, max_concurrent_runs=int(maximum), limits=tuple(limits.values()))


def set_limit(from_files: QueuePolicy, store: Store, raw: Any, author: str) -> RunLimit:
    """Set a limit, or change the one of the same name; it holds from the queue's next look, which is at once.

    Args:
        from_files: What the settings files say.
        store: Where the change is kept, with who made it.
        raw: The limit as it stands in settings: ``{"key": "team", "value": "ml", "limit": 2}``.
        author: Who changes it.

    Raises:
        SettingsError: It is none, or contradicts another.
    """
    limit = read_limit(raw)
    if limit.name == MAX_CONCURRENT_RUNS:
        raise SettingsError(f"{MAX_CONCURRENT_RUNS} is a number of its own.", hint="Set it by set_maximum.")
    current = effective_policy(from_files, store)
    others = tuple(one for one in current.limits if one.name != limit.name)
    replace(current, limits=(*others, limit))
    store.settings.set(f"{PREFIX}{limit.name}", limit_data(limit), author=author)
    return limit


def set_maximum(store: Store, maximum: int, author: str) -> None:
    """Set how many runs may be in progress; -1 for any number.

    Raises:
        SettingsError: It is below -1.
    """
    QueuePolicy(max_concurrent_runs=maximum)
    store.settings.set(f"{PREFIX}{MAX_CONCURRENT_RUNS}", maximum, author=author)


def remove_limit(from_files: QueuePolicy, store: Store, name: str, author: str) -> None:
    """Remove a limit; one of the settings files no longer holds, though it stands there.

    Raises:
        DagsterInvariantViolationError: There is none of that name.
    """
    current = effective_policy(from_files, store)
    names = [limit.name for limit in current.limits]
    if name not in names:
        raise DagsterInvariantViolationError(f"There is no limit {name!r}.{did_you_mean(name, names)}", limit=name)
    if any(limit.name == name for limit in from_files.limits):
        store.settings.set(f"{PREFIX}{name}", None, author=author)
    else:
        store.settings.remove(f"{PREFIX}{name}", author=author)


def effective_pools(from_files: PoolLimits, store: Store) -> PoolLimits:
    """Return the slots of pools that hold now."""
    own = {setting.key.partition("/")[2]: int(setting.value) for setting in store.settings.all("pools/")}
    default = store.settings.get("pools.default_limit")
    return replace(
        from_files,
        limits={**from_files.limits, **own},
        default=from_files.default if default is None else int(default.value),
    )
