"""Backfills: from assets (or a job) and partitions to runs, upstream first, so many at a time, each once.

A backfill is planned once: :func:`plan_assets` and :func:`plan_job` cut it into *units*, each of which is one run. How
far it has come is one letter per unit. :func:`advance` says what to do next. The id of a unit's run depends on the
backfill, the unit and the attempt alone, so whoever takes a backfill up after a crash asks for the same runs, and the
store refuses those that it has.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from earmark.decide.backfill_cut import Cut
from earmark.graph.assets import AssetGraph
from earmark.runs.request import RunAsk, Surface
from earmark.specs.job import ASSET_JOB
from earmark.specs.policy import BackfillPolicy
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.ids import uuid7
from earmark.values.keys import AssetKey
from earmark.values.states import DagsterRunStatus

DEFAULT_IN_FLIGHT = 1_000
"""How many runs of a backfill are queued or running at once unless it says so; the queue's limits hold besides."""

DEFAULT_PRIORITY = -1
"""The priority of a backfill's runs unless its tags say so: below that of other runs."""

PRIORITY = "dagster/priority"


class UnitStatus(StrEnum):
    """The state of a unit, in one letter."""

    WAITING = "."
    REQUESTED = "r"
    DONE = "s"
    FAILED = "f"
    BLOCKED = "x"
    """Something upstream of it failed or was canceled."""
    CANCELED = "c"


class BackfillStatus(StrEnum):
    """The state of a backfill, as the store keeps it."""

    RUNNING = "running"
    PAUSED = "paused"
    CANCELING = "canceling"
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self in (BackfillStatus.CANCELED, BackfillStatus.SUCCEEDED, BackfillStatus.FAILED)


class Unit(msgspec.Struct, frozen=True, omit_defaults=True):
    """One run of a backfill.

    Args:
        group: Which of the plan's groups of assets it is of.
        first: The first partition; ``None`` where the assets have none.
        last: The last partition, where it is of several.
        size: How many partitions it is of.
        needs: The numbers of units that come before it.
    """

    group: int
    first: str | None = None
    last: str | None = None
    size: int = 1
    needs: tuple[int, ...] = ()


class BackfillPlan(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a backfill does.

    Args:
        groups: Assets that run together; one empty group for a job.
        units: The runs, each after those that it needs.
        job_name: The job, for a backfill of a job.
        partitions: The keys of the assets that are cut otherwise than the topmost ones, such as by month where those
            are cut by day. An asset without partitions has none.
        dimensions: The keys in each of two dimensions, in their order, of the assets whose partitions have two; of a
            job over ops, under ``""``.
    """

    groups: tuple[tuple[AssetKey, ...], ...]
    units: tuple[Unit, ...]
    job_name: str | None = None
    partitions: dict[str, tuple[str, ...]] = {}
    dimensions: dict[str, dict[str, tuple[str, ...]]] = {}


class BackfillState(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a backfill has come.

    Args:
        status: Of the whole.
        units: A letter of :class:`UnitStatus` per unit.
        attempts: How often a unit was tried before the present attempt, where it was.
        tags: The tags of its runs; may change while it runs.
        in_flight: How many runs are queued or running at once.
    """

    status: BackfillStatus
    units: str
    attempts: dict[int, int] = {}
    tags: dict[str, str] = {}
    in_flight: int = DEFAULT_IN_FLIGHT


class BackfillRun(msgspec.Struct, frozen=True, omit_defaults=True):
    """A run to ask for.

    Args:
        run_id: Its id. A run of that id that exists already is this one.
        unit: The unit's number.
        job_name: The job.
        ask: What is asked for.
        parent_run_id: The failed run of the unit, if this is another attempt.
    """

    run_id: str
    unit: int
    job_name: str
    ask: RunAsk
    parent_run_id: str | None = None


class BackfillStep(msgspec.Struct, frozen=True):
    """What to do next: ask for the runs, cancel those to cancel, then store the state.

    Done in this order, a crash in between asks for the same again and changes nothing.
    """

    state: BackfillState
    runs: tuple[BackfillRun, ...] = ()
    cancel: tuple[str, ...] = ()


def begin(
    plan: BackfillPlan, tags: Mapping[str, str] | None = None, in_flight: int = DEFAULT_IN_FLIGHT
) -> BackfillState:
    """Return the state of a backfill that nothing was done of."""
    if in_flight < 1:
        raise DagsterInvariantViolationError(f"A backfill has at least one run in flight, not {in_flight}.")
    status = BackfillStatus.RUNNING if plan.units else BackfillStatus.SUCCEEDED
    return BackfillState(status, UnitStatus.WAITING.value * len(plan.units), {}, dict(tags or {}), in_flight)


def plan_job(job_name: str, partitions_def: Any, partition_keys: Sequence[str]) -> BackfillPlan:
    """Return the plan of a backfill of a job: one run per partition, in the order given.

    Raises:
        DagsterUnknownPartitionError: A key is no partition.

    Example:
        >>> from earmark.partitions.static import StaticPartitionsDefinition
        >>> plan = plan_job("load", StaticPartitionsDefinition(["eu", "us"]), ["us", "eu"])
        >>> [unit.first for unit in plan.units]
        ['us', 'eu']
    """
    partitions_def.subset_with_partition_keys(partition_keys)
    return BackfillPlan(((),), tuple(Unit(0, str(key)) for key in dict.fromkeys(partition_keys)), job_name)


def plan_assets(
    graph: AssetGraph,
    wanted: Mapping[AssetKey, Iterable[str] | None],
    *,
    now: Micros,
    dynamic: Any = None,
    policy: BackfillPolicy | None = None,
) -> BackfillPlan:
    """Return the plan of a backfill of assets.

    Assets that have the same partitions to fill, the same policy, and need of each other only the same partition, run
    together. A unit needs the units that write what its partitions need upstream, as far as the backfill writes it.

    Args:
        graph: All assets.
        wanted: The partitions to fill of each asset, as keys or a subset; ``None`` for an asset without partitions.
        now: The time that decides which partitions exist.
        dynamic: Where keys of dynamic partitions are found.
        policy: How partitions are cut into runs, instead of each asset's own policy.

    Raises:
        DagsterUnknownPartitionError: A key is no partition of its asset.
        DagsterInvariantViolationError: An asset cannot be written, or keys are given for one without partitions.
    """
    cut = Cut(graph, wanted, now, dynamic, policy)
    return BackfillPlan(cut.groups(), tuple(Unit(*fields) for fields in cut.units()))


def spread(
    graph: AssetGraph,
    assets: Iterable[AssetKey],
    partition_keys: Iterable[str],
    *,
    now: Micros,
    dynamic: Any = None,
) -> dict[AssetKey, Any]:
    """Return which partitions of each asset are meant by keys of the topmost partitioned ones.

    An asset whose parents are among the assets gets what their partitions feed; one that is cut as the topmost asset
    is gets the keys themselves.

    Args:
        graph: All assets.
        assets: The assets.
        partition_keys: Keys of the topmost partitioned assets.
        now: The time that decides which partitions exist.
        dynamic: Where keys of dynamic partitions are found.

    Raises:
        DagsterInvariantViolationError: Topmost assets are cut differently, so the keys cannot be of all of them.
    """
    return Cut.spread(graph, assets, list(partition_keys), now, dynamic)


def run_id_of(backfill_id: str, created_at: Micros, unit: int, attempt: int = 0) -> str:
    """Return the id of a unit's run: the same whenever it is asked.

    Example:
        >>> run_id_of("b", Micros(0), 3) == run_id_of("b", Micros(0), 3) != run_id_of("b", Micros(0), 3, attempt=1)
        True
    """
    digest = hashlib.blake2b(f"{backfill_id}\0{unit}\0{attempt}".encode(), digest_size=8).digest()
    # The microseconds make ids of one backfill sort as its units do.
    return uuid7(Micros(created_at + unit), int.from_bytes(digest, "big"))


def in_flight_ids(backfill_id: str, created_at: Micros, state: BackfillState) -> dict[int, str]:
    """Return the ids of the runs that are asked for and not known to have ended, by unit."""
    return {
        unit: run_id_of(backfill_id, created_at, unit, state.attempts.get(unit, 0))
        for unit, letter in enumerate(state.units)
        if letter == UnitStatus.REQUESTED
    }


def advance(
    backfill_id: str,
    created_at: Micros,
    plan: BackfillPlan,
    state: BackfillState,
    runs: Mapping[str, DagsterRunStatus],
) -> BackfillStep:
    """Return what a backfill does next, given how its runs stand.

    Args:
        backfill_id: Its id.
        created_at: When it was created.
        plan: Its plan.
        state: How far it had come.
        runs: The states of the runs of :func:`in_flight_ids` that exist, by id. Of one that is retried by itself, the
            state of the last retry. One that is not there was deleted, or never made: the unit is asked for again.
    """
    if state.status.is_over:
        return BackfillStep(state)
    ids = in_flight_ids(backfill_id, created_at, state)
    letters = list(state.units)
    for unit, run_id in ids.items():
        letters[unit] = _letter(runs.get(run_id))
    if state.status is BackfillStatus.CANCELING:
        return _canceling(state, letters, ids)
    _block(plan, letters)
    asked: list[BackfillRun] = []
    if state.status is BackfillStatus.RUNNING:
        room = state.in_flight - letters.count(UnitStatus.REQUESTED)
        for unit in _ready(plan, letters):
            if len(asked) >= room:
                break
            asked.append(_run(backfill_id, created_at, plan, state, unit))
        for one in asked:
            letters[one.unit] = UnitStatus.REQUESTED
    return BackfillStep(replace(state, units="".join(letters), status=_whole(state, letters)), tuple(asked))


def _letter(status: DagsterRunStatus | None) -> str:
    if status is None:
        return UnitStatus.WAITING
    if not status.is_finished:
        return UnitStatus.REQUESTED
    if status is DagsterRunStatus.SUCCESS:
        return UnitStatus.DONE
    return UnitStatus.FAILED if status is DagsterRunStatus.FAILURE else UnitStatus.CANCELED


_LOST = frozenset((UnitStatus.FAILED, UnitStatus.BLOCKED, UnitStatus.CANCELED))


def _block(plan: BackfillPlan, letters: list[str]) -> None:
    """Mark the units that can no longer be run. Units stand after those that they need, so one pass reaches all."""
    if not any(letter in _LOST for letter in letters):
        return
    for number, unit in enumerate(plan.units):
        if letters[number] == UnitStatus.WAITING and any(letters[need] in _LOST for need in unit.needs):
            letters[number] = UnitStatus.BLOCKED


def _ready(plan: BackfillPlan, letters: Sequence[str]) -> Iterator[int]:
    for number, unit in enumerate(plan.units):
        if letters[number] == UnitStatus.WAITING and all(letters[need] == UnitStatus.DONE for need in unit.needs):
            yield number


def _whole(state: BackfillState, letters: Sequence[str]) -> BackfillStatus:
    if any(letter in (UnitStatus.WAITING, UnitStatus.REQUESTED) for letter in letters):
        return state.status
    return BackfillStatus.FAILED if any(letter in _LOST for letter in letters) else BackfillStatus.SUCCEEDED


def _canceling(state: BackfillState, letters: list[str], ids: Mapping[int, str]) -> BackfillStep:
    letters = [UnitStatus.CANCELED if letter == UnitStatus.WAITING else letter for letter in letters]
    going = tuple(ids[unit] for unit, letter in enumerate(letters) if letter == UnitStatus.REQUESTED)
    status = BackfillStatus.CANCELING if going else BackfillStatus.CANCELED
    return BackfillStep(replace(state, units="".join(letters), status=status), (), going)


def _run(backfill_id: str, created_at: Micros, plan: BackfillPlan, state: BackfillState, number: int) -> BackfillRun:
    unit = plan.units[number]
    attempt = state.attempts.get(number, 0)
    is_range = unit.last is not None and unit.first is not None
    return BackfillRun(
        run_id=run_id_of(backfill_id, created_at, number, attempt),
        unit=number,
        job_name=plan.job_name or ASSET_JOB,
        ask=RunAsk(
            surface=Surface.DAEMON,
            backfill=backfill_id,
            request_tags={PRIORITY: str(DEFAULT_PRIORITY), **state.tags},
            partition=None if is_range else unit.first,
            partition_range=(unit.first, unit.last) if unit.first is not None and unit.last is not None else None,
            partition_set=None if plan.job_name is None else f"{plan.job_name}_partition_set",
            asset_selection=frozenset(plan.groups[unit.group]) or None,
        ),
        parent_run_id=run_id_of(backfill_id, created_at, number, attempt - 1) if attempt else None,
    )


# What people do to a backfill ----------------------------------------------------------------------------------


def pause(state: BackfillState) -> BackfillState:
    """Return it asking for no more runs; those in flight go on."""
    return replace(state, status=BackfillStatus.PAUSED) if state.status is BackfillStatus.RUNNING else state


def resume(state: BackfillState) -> BackfillState:
    """Return it going on after a pause."""
    return replace(state, status=BackfillStatus.RUNNING) if state.status is BackfillStatus.PAUSED else state


def cancel(state: BackfillState) -> BackfillState:
    """Return it being canceled: its runs in flight are canceled, and no more are asked for."""
    return state if state.status.is_over else replace(state, status=BackfillStatus.CANCELING)


def edit(state: BackfillState, tags: Mapping[str, str] | None = None, in_flight: int | None = None) -> BackfillState:
    """Return it with other tags or another bound; both hold for the runs asked for from now on."""
    return replace(
        state,
        tags=state.tags if tags is None else dict(tags),
        in_flight=state.in_flight if in_flight is None else in_flight,
    )


def retry_failed(state: BackfillState) -> BackfillState:
    """Return it with all units that failed, were blocked or canceled to be done again, and going on.

    Units that were tried get another attempt, whose run has another id.
    """
    lost = {unit for unit, letter in enumerate(state.units) if letter in _LOST}
    tried = (UnitStatus.FAILED, UnitStatus.CANCELED)
    attempts = dict(state.attempts)
    for unit in lost:
        if state.units[unit] in tried:
            attempts[unit] = attempts.get(unit, 0) + 1
    letters = "".join(UnitStatus.WAITING if unit in lost else letter for unit, letter in enumerate(state.units))
    return replace(state, units=letters, attempts=attempts, status=BackfillStatus.RUNNING)


def progress(plan: BackfillPlan, state: BackfillState) -> dict[AssetKey | None, dict[str, int]]:
    """Return, for each asset (``None`` for a job), how many of its partitions are in each state, by word.

    Words are those of :class:`UnitStatus`, in lower case.
    """
    by_group: list[Counter[str]] = [Counter() for _ in plan.groups]
    for unit, letter in zip(plan.units, state.units, strict=True):
        by_group[unit.group][UnitStatus(letter).name.lower()] += unit.size
    found: dict[AssetKey | None, dict[str, int]] = {}
    for group, counts in zip(plan.groups, by_group, strict=True):
        for key in group or (None,):
            found[key] = dict(counts)
    return found
