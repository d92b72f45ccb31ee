"""From a job's definition and what is asked for to a run and its plan, stored; every launch path ends here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from earmark import partitions
from earmark.define.config.run_config import run_config_dict
from earmark.define.ops.job import JobDefinition
from earmark.events.kinds import AnyFact
from earmark.execute.instance import DagsterInstance
from earmark.plan.plan import Plan
from earmark.runs.request import RunAsk, RunRequestResult, RunTarget, request_run
from earmark.system import tracing
from earmark.system.ids import new_id
from earmark.tags.flow import FlowRule
from earmark.tags.policy import Tagged, TagPolicy
from earmark.values import wire
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetKey


def target_of(
    job: JobDefinition,
    plan: Plan,
    *,
    flow: Mapping[str, FlowRule],
    policies: Sequence[TagPolicy] = (),
    partition_key: str | None = None,
    code_location: str | None = None,
) -> RunTarget:
    """Return what of a job's definition decides the tags of its runs.

    Args:
        job: The job.
        plan: What of it runs.
        flow: Which tags of assets flow to runs, as the settings declare; what the job's definitions declare wins.
        policies: What the settings declare about tags.
        partition_key: The partition that it is about.
        code_location: The location that holds the code.
    """
    layer = job.asset_layer
    partitioned = job.partitioned_config
    tags: Mapping[str, str] = {}
    config: Any = job.default_run_config
    if partitioned is not None and partition_key is not None:
        tags = partitioned.get_tags_for_partition_key(partition_key)
        config = partitioned.get_run_config_for_partition_key(partition_key)
    specs = [] if layer is None else [layer.spec_of(key) for key in plan.assets]
    return RunTarget(
        job_name=job.name,
        graph_tags=job.graph_tags,
        job_tags=job.tags_for_runs,
        asset_tags=tuple(spec.tags for spec in specs if spec is not None),
        flow={**flow, **job.tag_flow},
        partition_function="" if partitioned is None else partitioned.name,
        partition_tags=tags,
        run_config=run_config_dict(config),
        ops=None if layer is not None else frozenset(".".join(step.path) for step in job.plan().steps),
        code_location=code_location,
        policies=tuple(policies),
        definitions=tuple(_tagged(job, plan)) if policies else (),
    )


def _tagged(job: JobDefinition, plan: Plan) -> Iterator[Tagged]:
    """Yield the definitions that a plan of a job is made of, as what policies about tags look at."""
    if not job.name.startswith("__"):
        yield Tagged("job", job.name, job.tags)
    layer = job.asset_layer
    if layer is None:
        yield from (Tagged("op", step.key, step.tags) for step in plan.steps)
        return
    for key in plan.assets:
        spec = layer.spec_of(key)
        if spec is not None:
            yield Tagged("asset", key.to_user_string(), spec.tags)


def new_run(
    job: JobDefinition,
    plan: Plan,
    instance: DagsterInstance,
    ask: RunAsk,
    *,
    run_id: str | None = None,
    facts: Sequence[AnyFact] = (),
    code_location: str | None = None,
) -> RunRequestResult:
    """Make a run of a job, with its tags by the one rule for all launch paths, and store it with its plan.

    Args:
        job: The job.
        plan: What of it runs.
        instance: Where it is stored.
        ask: What is asked for.
        run_id: The run's id; a new one if ``None``.
        facts: What becomes true of the run with its creation.
        code_location: The location that holds the code.

    Raises:
        DagsterInvalidDefinitionError: A tag breaks its rule.
        DagsterInvariantViolationError: A partition is asked for that the job does not have.
    """
    check_partition(job, plan, ask, instance)
    result = made_run(job, plan, instance, ask, run_id=run_id or new_id(), code_location=code_location)
    if not instance.store.plans.has(result.run.plan_hash or ""):
        instance.store.plans.put(result.run.plan_hash or "", wire.encode(plan))
    (stored,) = instance.store.runs.create([result.run], [*result.facts, *facts])
    return replace(result, run=stored)


def made_run(
    job: JobDefinition,
    plan: Plan,
    instance: DagsterInstance,
    ask: RunAsk,
    *,
    run_id: str,
    code_location: str | None = None,
) -> RunRequestResult:
    """Make a run of a job as :func:`new_run` does, without storing it and without looking for its partition.

    Where this process traces, the run belongs to the present span, unless what is asked for says to which.

    Raises:
        DagsterInvalidDefinitionError: A tag breaks its rule.
    """
    key = ask.partition
    if key is not None and not ask.partition_dimensions:
        ask = replace(ask, partition_dimensions=_dimensions_of(key, job, plan))
    image = ask.image or os.environ.get("EARMARK_IMAGE") or os.environ.get("DAGSTER_CURRENT_IMAGE")
    return request_run(
        target_of(
            job,
            plan,
            flow=instance.tag_flow,
            policies=instance.tag_policies,
            partition_key=key,
            code_location=code_location,
        ),
        replace(
            ask,
            image=image,
            plan_hash=plan.content_hash(),
            pools=_pools_of(plan, ask),
            traceparent=ask.traceparent or tracing.current(),
        ),
        run_id=run_id,
        now=instance.clock(),
    )


def _dimensions_of(key: str, job: JobDefinition, plan: Plan) -> dict[str, str]:
    """Return a partition's key in each dimension, where what a plan writes has several."""
    if isinstance(key, partitions.MultiPartitionKey):
        return dict(key.keys_by_dimension)
    cuts = [one for one in partition_definitions(job, plan) if isinstance(one, partitions.MultiPartitionsDefinition)]
    return dict(cuts[0].get_partition_key_from_str(str(key)).keys_by_dimension) if cuts else {}


def _pools_of(plan: Plan, ask: RunAsk) -> tuple[str, ...]:
    steps = plan.steps if ask.step_keys is None else [step for step in plan.steps if step.key in ask.step_keys]
    return tuple(sorted({step.pool for step in steps if step.pool is not None}))


def check_partition(job: JobDefinition, plan: Plan, ask: RunAsk, instance: DagsterInstance) -> None:
    """Refuse a partition key that the job does not have.

    Raises:
        DagsterInvariantViolationError: The job has no partitions at all.
        DagsterUnknownPartitionError: It has others.
    """
    if ask.partition is None:
        return
    definitions = partition_definitions(job, plan)
    if not definitions:
        raise DagsterInvariantViolationError(
            f"The partition {ask.partition!r} was asked for, but nothing in {job.name!r} is partitioned."
        )
    for definition in definitions:
        definition.validate_partition_key(
            ask.partition, current_time=instance.clock(), dynamic_partitions_store=instance
        )


def partition_definitions(job: JobDefinition, plan: Plan) -> list[Any]:
    """Return the different ways in which what a plan writes is cut."""
    layer = job.asset_layer
    if layer is None:
        return [] if job.partitions_def is None else [job.partitions_def]
    found: list[Any] = []
    for key in plan.assets:
        spec = layer.spec_of(key)
        if spec is not None and spec.partitions_def is not None and spec.partitions_def not in found:
            found.append(spec.partitions_def)
    return found or ([] if job.partitions_def is None else [job.partitions_def])


def asset_selection_of(selection: Sequence[Any] | None) -> frozenset[AssetKey] | None:
    """Return keys given in any form as a set, or ``None``."""
    return None if selection is None else frozenset(AssetKey.from_coercible(key) for key in selection)
