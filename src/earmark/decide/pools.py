"""Which waiting steps get a slot of their pool."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from earmark.runs.limits import UNLIMITED, PoolLimits
from earmark.values.clock import Micros


class PoolClaim(msgspec.Struct, frozen=True, order=True):
    """A step that has a slot of a pool, or waits for one."""

    pool: str
    run_id: str
    step_key: str


class Claimed(msgspec.Struct, frozen=True):
    """A claim with what it is ordered by: the higher priority first, then who asked first."""

    claim: PoolClaim
    priority: int = 0
    asked_at: Micros = Micros(0)


def grant_slots(limits: PoolLimits, holding: Iterable[PoolClaim], waiting: Iterable[Claimed]) -> list[PoolClaim]:
    """Return the waiting claims that get a slot now, in the order in which they get it.

    A pool that holds more than its limit (it was lowered) grants nothing until it holds less. No pool waits for
    another.

    Args:
        limits: How many slots each pool has, and whether a run counts once.
        holding: The claims that have a slot.
        waiting: The claims that wait.

    Example:
        >>> db = [Claimed(PoolClaim("db", f"run-{n}", "load"), priority=n) for n in range(3)]
        >>> [claim.run_id for claim in grant_slots(PoolLimits(limits={"db": 2}), [], db)]
        ['run-2', 'run-1']
    """
    taken: dict[str, dict[object, int]] = {}
    for claim in holding:
        units = taken.setdefault(claim.pool, {})
        units[_unit(limits, claim)] = units.get(_unit(limits, claim), 0) + 1
    granted: list[PoolClaim] = []
    for claimed in sorted(waiting, key=lambda one: (-one.priority, one.asked_at, one.claim)):
        claim = claimed.claim
        limit = limits.of(claim.pool)
        units, unit = taken.setdefault(claim.pool, {}), _unit(limits, claim)
        if limit == UNLIMITED or unit in units or len(units) < limit:
            units[unit] = units.get(unit, 0) + 1
            granted.append(claim)
    return granted


def waits_for(limits: PoolLimits, holding: Iterable[PoolClaim], claim: PoolClaim) -> str:
    """Say why a claim waits: its pool, how much of it is taken, and by which runs.

    Example:
        >>> waits_for(PoolLimits(default=1), [PoolClaim("db", "run-1", "load")], PoolClaim("db", "run-2", "load"))
        "pool 'db': 1 of 1 slots taken, by run-1"
    """
    held = [one for one in holding if one.pool == claim.pool]
    taken = len({_unit(limits, one) for one in held})
    runs = ", ".join(sorted({one.run_id for one in held}))
    by = f", by {runs}" if runs else ""
    return f"pool {claim.pool!r}: {taken} of {limits.of(claim.pool)} slots taken{by}"


def _unit(limits: PoolLimits, claim: PoolClaim) -> object:
    """Return what takes one slot: a step, or where runs count once, its run."""
    return claim.run_id if limits.by_run else (claim.run_id, claim.step_key)
