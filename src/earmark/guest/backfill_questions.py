"""Questions about backfills: how one is cut into runs, and making the runs, many at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from earmark.decide.backfills import BackfillPlan, plan_assets, plan_job, spread
from earmark.define.definitions import Definitions
from earmark.events.kinds import ErrorInfo, RunEnqueued
from earmark.execute.asking import plan_of
from earmark.execute.errors import error_info
from earmark.execute.instance import DagsterInstance
from earmark.execute.request import made_run
from earmark.guest.order import GuestOrder
from earmark.guest.tick_keeping import MadeRun
from earmark.partitions.multi import SEPARATOR, MultiPartitionsDefinition
from earmark.partitions.subset import PartitionsSubset
from earmark.runs.backfill import BackfillTarget, UnitOrder, UnitsQueued
from earmark.runs.request import Again
from earmark.runs.run import DagsterRun
from earmark.tags.query import Exact, Term, all_of
from earmark.tags.system import PARTITION
from earmark.values import wire
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetKey


def plan_backfill(definitions: Definitions, payload: dict[str, Any], order: GuestOrder) -> dict[str, Any]:
    """Cut a backfill into runs.

    Raises:
        DagsterUnknownPartitionError: A key is no partition.
        DagsterInvariantViolationError: Nothing of it has partitions, or they cannot be filled together.
    """
    target = msgspec.convert(payload, BackfillTarget)
    with order.open() as instance:
        plan = plan_target(definitions, target, instance)
    return {"plan": wire.encode(plan).decode()}


def plan_target(definitions: Definitions, target: BackfillTarget, instance: DagsterInstance) -> BackfillPlan:
    """Return how a backfill is cut into runs; see :func:`plan_backfill`."""
    plan = _cut(definitions, target, instance)
    graph = definitions.resolve_asset_graph()
    cuts: dict[str, Any] = {key.to_user_string(): graph.get(key).partitions_def for keys in plan.groups for key in keys}
    if target.job is not None and not cuts:
        cuts[""] = definitions.get_job_def(target.job).partitions_def
    dimensions = {
        name: _keys_by_dimension(cut, plan.partitions.get(name, target.partitions), instance)
        for name, cut in cuts.items()
        if isinstance(cut, MultiPartitionsDefinition)
    }
    return replace(plan, dimensions=dimensions)


def _keys_by_dimension(
    definition: MultiPartitionsDefinition, keys: Iterable[str], instance: DagsterInstance
) -> dict[str, tuple[str, ...]]:
    """Return the keys of each dimension that are part of some keys, in the order of the dimension."""
    found: dict[str, tuple[str, ...]] = {}
    parts = zip(*(key.split(SEPARATOR) for key in keys), strict=True)
    for dimension, some in zip(definition.partitions_defs, parts, strict=False):
        chosen, every = set(some), dimension.partitions_def.get_partition_keys(instance.clock(), instance)
        found[dimension.name] = tuple(str(key) for key in every if key in chosen)
    return found


def _cut(definitions: Definitions, target: BackfillTarget, instance: DagsterInstance) -> BackfillPlan:
    now = instance.clock()
    if target.job is not None:
        job = definitions.get_job_def(target.job)
        if job.asset_layer is None:
            if job.partitions_def is None:
                raise DagsterInvariantViolationError(f"The job {target.job!r} has no partitions.")
            for key in target.partitions:
                job.partitions_def.validate_partition_key(key, now, instance)
            return plan_job(target.job, job.partitions_def, target.partitions)
        plan = _plan_assets(definitions, list(job.asset_layer.selected_asset_keys), target, instance)
        return replace(plan, job_name=target.job)
    if target.wanted:
        wanted = {AssetKey.from_user_string(text): keys or None for text, keys in target.wanted.items()}
        plan = plan_assets(definitions.resolve_asset_graph(), wanted, now=now, dynamic=instance)
        return replace(plan, partitions=_cut_otherwise(target.wanted, target.partitions))
    keys = [AssetKey.from_user_string(text) for text in target.assets]
    return _plan_assets(definitions, keys, target, instance)


def _plan_assets(
    definitions: Definitions, keys: list[AssetKey], target: BackfillTarget, instance: DagsterInstance
) -> BackfillPlan:
    graph, now = definitions.resolve_asset_graph(), instance.clock()
    wanted = spread(graph, keys, target.partitions, now=now, dynamic=instance)
    plan = plan_assets(graph, wanted, now=now, dynamic=instance)
    own = {key.to_user_string(): _keys_of(subset) for key, subset in wanted.items()}
    return replace(plan, partitions=_cut_otherwise(own, target.partitions))


def _cut_otherwise(own: Mapping[str, tuple[str, ...]], given: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the keys of the assets whose keys are not the given ones."""
    some = set(given)
    return {asset: keys for asset, keys in own.items() if set(keys) != some}


def _keys_of(subset: Any) -> tuple[str, ...]:
    if subset is None:
        return ()
    return tuple(map(str, subset.get_partition_keys() if isinstance(subset, PartitionsSubset) else subset))


class QueueUnits(msgspec.Struct, frozen=True):
    """Runs of a backfill to put into the queue."""

    units: tuple[UnitOrder, ...]


def queue_units(definitions: Definitions, payload: dict[str, Any], order: GuestOrder) -> dict[str, Any]:
    """Make runs of a backfill and put them into the queue, all in one transaction; those that exist are left alone."""
    wanted = msgspec.convert(payload, QueueUnits)
    with order.open() as instance:
        store = instance.store
        maker = _UnitMaker(definitions, instance, order.location)
        known = {run.run_id for run in store.runs.get_many(one.run_id for one in wanted.units)}
        for one in wanted.units:
            if one.run_id not in known:
                maker.make(one)

        def keep() -> None:
            for plan_hash, data in maker.plans.items():
                if not store.plans.has(plan_hash):
                    store.plans.put(plan_hash, data)
            there = {run.run_id for run in store.runs.get_many(one.run.run_id for one in maker.made)}
            made = [one for one in maker.made if one.run.run_id not in there]
            store.runs.create([one.run for one in made if not one.notes], [RunEnqueued()])
            for one in made:
                if one.notes:
                    store.runs.create([one.run], [*one.notes, RunEnqueued()])

        store.transact(keep)
    answer: dict[str, Any] = msgspec.to_builtins(UnitsQueued(len(maker.made), maker.failed))
    return answer


class _UnitMaker:
    """Makes runs of units; what does not depend on the partition is made once for many."""

    def __init__(self, definitions: Definitions, instance: DagsterInstance, location: str) -> None:
        self._definitions = definitions
        self._instance = instance
        self._location = location
        self.made: list[MadeRun] = []
        self.plans: dict[str, bytes] = {}
        self.failed: dict[str, ErrorInfo] = {}

    def make(self, order: UnitOrder) -> None:
        try:
            self._make(order)
        except Exception as error:
            # The configuration or a tag of this partition does not fit; the others may.
            self.failed[str(order.unit)] = error_info(error)

    def _make(self, order: UnitOrder) -> None:
        job, ask = self._definitions.get_job_def(order.job_name), order.ask
        again = self._again(order)
        if again is not None:
            ask = replace(ask, again=again)
        plan, _, ask = plan_of(job, ask, self._instance)
        result = made_run(
            job,
            plan,
            self._instance,
            ask,
            run_id=order.run_id,
            code_location=self._location,
        )
        plan_hash = result.run.plan_hash or ""
        if plan_hash not in self.plans:
            self.plans[plan_hash] = wire.encode(plan)
        self.made.append(MadeRun(result.run, result.facts))

    def _again(self, order: UnitOrder) -> Again | None:
        """Return which run is executed again, if one is."""
        runs = self._instance.store.runs
        if order.parent_run_id is not None:
            parents = [run for run in runs.get_many([order.parent_run_id]) if run.is_finished]
            return Again(parent=parents[0], from_failure=order.from_failure, backfill_open=True) if parents else None
        partition = order.ask.partition
        if not order.from_failure or partition is None:
            return None
        query = all_of(
            [Term("job", (Exact(order.job_name),)), Term("tag", (Exact(str(partition)),), key=Exact(PARTITION))]
        )
        last = next((run for run in runs.find(query, limit=20).runs if self._is_of(run, order)), None)
        return Again(parent=last, from_failure=True) if last is not None and last.is_failure else None

    def _is_of(self, run: DagsterRun, order: UnitOrder) -> bool:
        return run.is_finished and run.asset_selection == order.ask.asset_selection
