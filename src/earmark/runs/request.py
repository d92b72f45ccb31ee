"""From a definition and a request to a run: which tags it gets, and where each of them came from.

Every path that launches a run calls :func:`request_run`, so that they cannot differ. The order in which tags override
each other is written down once, in :func:`_layers`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from earmark import partitions
from earmark.events.kinds import EngineNoted
from earmark.runs.run import DagsterRun, TagOrigin
from earmark.specs.job import ASSET_JOB
from earmark.tags import system
from earmark.tags.flow import FlowConflict, FlowRule, merge_flow
from earmark.tags.policy import Tagged, TagPolicy, refuse
from earmark.tags.system import Place, check_user_tags, user_tag_doubts
from earmark.tags.tag import PARTITION_PREFIX, normalize_run_tags, value_notices
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvalidInvocationError, InvalidTagError
from earmark.values.keys import AssetCheckKey, AssetKey
from earmark.values.states import DagsterRunStatus


class Surface(StrEnum):
    """Through what a run was launched. ``code`` is lenient about the keys of tags, the others are strict."""

    CODE = "code"
    CLI = "cli"
    API = "api"
    UI = "ui"
    DAEMON = "daemon"

    @property
    def is_strict(self) -> bool:
        """Whether a bad or unknown key is refused rather than warned of."""
        return self in (Surface.CLI, Surface.API, Surface.UI)


class RunTarget(msgspec.Struct, frozen=True, kw_only=True):
    """What is to run, as its definition has it.

    Args:
        job_name: The job, or ``__ASSET_JOB`` for a run of assets without one.
        graph_tags: Tags of the graph that the job is made of.
        job_tags: What the job gives to its runs (``JobSpec.tags_for_runs``).
        asset_tags: The tags of each selected asset.
        flow: Which keys flow from assets to the run, and how.
        partition_function: The name of the function that gave ``partition_tags``.
        partition_tags: What that function gave for the partition, in stored form.
        run_config: The configuration that holds if the request has none.
        ops: The names of all ops of the job; needed to see whether an op selection is only a part.
        code_location: The location that holds the code.
        policies: What is declared about tags; those that are enforced refuse the run that breaks them.
        definitions: The job, the assets and the ops that run, with their own tags, where there are policies.
    """

    job_name: str
    graph_tags: Mapping[str, str] = {}
    job_tags: Mapping[str, str] = {}
    asset_tags: tuple[Mapping[str, str], ...] = ()
    flow: Mapping[str, FlowRule] = {}
    partition_function: str = ""
    partition_tags: Mapping[str, str] = {}
    run_config: dict[str, Any] = {}
    ops: frozenset[str] | None = None
    code_location: str | None = None
    policies: tuple[TagPolicy, ...] = ()
    definitions: tuple[Tagged, ...] = ()


class AskedBy(msgspec.Struct, frozen=True, kw_only=True):
    """The schedule, sensor or automation condition that asks for a run.

    Args:
        kind: ``schedule``, ``sensor`` or ``automation``.
        name: Its name.
        tags: The tags of its definition.
        tick_id: The tick in which it asked.
        run_key: What makes its request unique.
    """

    kind: str
    name: str
    tags: Mapping[str, str] = {}
    tick_id: str | None = None
    run_key: str | None = None


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """That a run executes another one again.

    Args:
        parent: The run that is executed again, as it stands.
        from_failure: Whether only what failed is executed.
        retry_number: Which automatic retry this is, from 1; ``None`` where a person asked.
        backfill_open: Whether the parent's backfill is still going on.
    """

    parent: DagsterRun
    from_failure: bool = False
    retry_number: int | None = None
    backfill_open: bool = False


class RunAsk(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. Each part that is ``None`` is taken from the parent, else from the definition.

    Args:
        tags: The tags of the launch itself: Launchpad, command line, API, ``materialize(tags=)``.
        without: Keys that the run does not inherit from anything below the launch.
        surface: Through what it was launched.
        user: Who launched it, where the server knows.
        request_tags: The tags of a ``RunRequest`` or of a backfill, in stored form.
        asked_by: The schedule, sensor or condition that asked.
        backfill: The id of the backfill that asked.
        partition_set: The name of the set of partitions, for a backfill of a job.
        again: The run that is executed again.
        partition: The partition key; a ``MultiPartitionKey`` sets the tags of its dimensions too.
        partition_dimensions: The key in each dimension, where ``partition`` does not say.
        partition_range: The first and last key of a range.
        run_config: The configuration.
        asset_selection: The assets to materialize.
        asset_check_selection: The checks to evaluate.
        op_selection: The op queries as given.
        resolved_op_selection: The ops that they mean.
        step_keys: The steps to execute.
        image: The container image, with digest where known.
        plan_hash: The content hash of the plan.
        pools: The pools that the steps to be executed use.
        traceparent: The span in which it is asked for, where that is traced.
    """

    tags: Mapping[str, Any] = {}
    without: frozenset[str] = frozenset()
    surface: Surface = Surface.CODE
    user: str | None = None
    request_tags: Mapping[str, str] = {}
    asked_by: AskedBy | None = None
    backfill: str | None = None
    partition_set: str | None = None
    again: Again | None = None
    partition: str | None = None
    partition_dimensions: Mapping[str, str] = {}
    partition_range: tuple[str, str] | None = None
    run_config: dict[str, Any] | None = None
    asset_selection: frozenset[AssetKey] | None = None
    asset_check_selection: frozenset[AssetCheckKey] | None = None
    op_selection: tuple[str, ...] | None = None
    resolved_op_selection: frozenset[str] | None = None
    step_keys: tuple[str, ...] | None = None
    image: str | None = None
    plan_hash: str | None = None
    pools: tuple[str, ...] = ()
    traceparent: str = ""


class RunRequestResult(msgspec.Struct, frozen=True):
    """A run as asked for, and what a person should know about how its tags came to be.

    Args:
        run: The run, in state ``NOT_STARTED``; its ``tag_origins`` say what set each tag.
        conflicts: Where assets disagree about a key that flows.
        notices: Sentences about tags that were kept although something is doubtful about them.
        overridden: For each key, the values that its own won over, the nearest first.
    """

    run: DagsterRun
    conflicts: tuple[FlowConflict, ...] = ()
    notices: tuple[str, ...] = ()
    overridden: dict[str, tuple[tuple[str, TagOrigin], ...]] = {}

    @property
    def tags(self) -> dict[str, str]:
        """The tags of the run."""
        return self.run.tags

    @property
    def origins(self) -> dict[str, TagOrigin]:
        """For each tag, what set it."""
        return self.run.tag_origins

    @property
    def facts(self) -> tuple[EngineNoted, ...]:
        """What is worth recording in the run's log: each conflict and each notice."""
        return tuple(EngineNoted(text) for text in (*(one.message for one in self.conflicts), *self.notices))


class _Layer(msgspec.Struct, frozen=True):
    origin: TagOrigin
    tags: Mapping[str, str]


def request_run(target: RunTarget, ask: RunAsk, *, run_id: str, now: Micros) -> RunRequestResult:
    """Return the run that a request makes of a definition.

    Args:
        target: What is to run.
        ask: What is asked for.
        run_id: The id of the new run.
        now: The present; the run's ``created_at``.

    Raises:
        InvalidTagError: A tag breaks a rule, forges where the run came from, has a value that it does not take,
            or the assets disagree about a key that flows as ``error``.
        TagPolicyError: The run, or what it is made of, breaks a policy that is enforced.
        DagsterInvalidInvocationError: The parts of the request contradict each other.

    Example:
        >>> target = RunTarget(job_name="etl", graph_tags={"team": "core", "env": "dev"}, job_tags={"team": "ml"})
        >>> asked = request_run(target, RunAsk(tags={"env": "prod"}), run_id="1", now=Micros(0))
        >>> {key: (value, asked.origins[key].kind) for key, value in asked.tags.items()}
        {'team': ('ml', 'job'), 'env': ('prod', 'launch')}
    """
    _refuse_contradictions(ask)
    notices: list[str] = []
    launch_tags = _launch_tags(ask, notices)
    _check_asked(target, ask, notices)
    flowing, conflicts = _flowing(target, ask)
    tags: dict[str, str] = {}
    origins: dict[str, TagOrigin] = {}
    overridden: dict[str, tuple[tuple[str, TagOrigin], ...]] = {}
    for layer in _layers(target, ask, flowing, launch_tags):
        for key, value in layer.tags.items():
            if key in ask.without and layer.origin.kind != "launch":
                continue
            if key in tags:
                overridden[key] = ((tags[key], origins[key]), *overridden.get(key, ()))
            tags[key], origins[key] = value, layer.origin
    _say_what_is_overridden(ask, tags, notices)
    for key in _untrue_of_this_run(ask, tags):
        del tags[key], origins[key]
    own = _system_tags(target, ask)
    tags.update(own)
    origins.update(dict.fromkeys(own, TagOrigin("system")))
    _check_settings(tags)
    refuse(target.policies, (*target.definitions, tagged_run(target.job_name, tags)))
    run = _run(target, ask, tags, origins, run_id, now)
    return RunRequestResult(run, conflicts, tuple(notices), overridden)


def tagged_run(job_name: str, tags: Mapping[str, str]) -> Tagged:
    """Return a run that is not made yet as what policies about tags look at."""
    return Tagged("run", f"of {'assets' if job_name == ASSET_JOB else job_name}", tags)


def _layers(
    target: RunTarget, ask: RunAsk, flowing: Mapping[str, str], launch_tags: Mapping[str, str]
) -> Iterator[_Layer]:
    """Yield what gives tags, the later overriding the earlier. The system's own tags come after all of these."""
    if ask.again is not None:
        yield _Layer(TagOrigin("parent", ask.again.parent.run_id), _inherited(ask.again))
    else:
        yield _Layer(TagOrigin("graph", target.job_name), target.graph_tags)
        yield _Layer(TagOrigin("job", target.job_name), target.job_tags)
        for key, value in flowing.items():
            yield _Layer(TagOrigin("asset", target.flow[key].merge.value), {key: value})
        yield _Layer(TagOrigin("partition", target.partition_function), target.partition_tags)
    if ask.asked_by is not None:
        yield _Layer(TagOrigin(ask.asked_by.kind, ask.asked_by.name), ask.asked_by.tags)
    if ask.backfill is not None:
        yield _Layer(TagOrigin("backfill", ask.backfill), ask.request_tags)
    else:
        run_key = (ask.asked_by.run_key if ask.asked_by else None) or ""
        yield _Layer(TagOrigin("run_request", run_key), ask.request_tags)
    yield _Layer(TagOrigin("launch", ask.surface.value), launch_tags)


def _inherited(again: Again) -> dict[str, str]:
    left_out = system.NOT_INHERITED if again.backfill_open else system.NOT_INHERITED | system.BACKFILL_FAMILY
    return {key: value for key, value in again.parent.tags.items() if key not in left_out}


def _flowing(target: RunTarget, ask: RunAsk) -> tuple[dict[str, str], tuple[FlowConflict, ...]]:
    if ask.again is not None or not target.flow:
        return {}, ()
    rules = {key: rule for key, rule in target.flow.items() if key not in target.job_tags}
    flowing, conflicts = merge_flow(rules, target.asset_tags)
    for conflict in conflicts:
        if conflict.refused:
            raise InvalidTagError(
                conflict.message,
                hint=f"Run them apart, or set {conflict.key!r} on the job.",
                key=conflict.key,
                rule="flow",
                conflict=conflict,
            )
    return flowing, conflicts


def _launch_tags(ask: RunAsk, notices: list[str]) -> dict[str, str]:
    strict = ask.surface.is_strict
    tags = normalize_run_tags(ask.tags, strict=strict)
    place = Place.LAUNCH if strict else Place.RUN
    if ask.surface is Surface.DAEMON:
        notices += user_tag_doubts(tags, place)
        return tags
    check_user_tags(tags, place, strict=strict)
    if strict:
        notices += value_notices(tags)
    return tags


def _check_asked(target: RunTarget, ask: RunAsk, notices: list[str]) -> None:
    """Check what user code computed; nobody reads a warning where it runs, so doubts become notices."""
    asked = (ask.asked_by.tags if ask.asked_by else {}, ask.request_tags, target.partition_tags)
    for tags in asked:
        notices += user_tag_doubts(tags, Place.RUN)


def _refuse_contradictions(ask: RunAsk) -> None:
    if ask.partition is not None and ask.partition_range is not None:
        raise DagsterInvalidInvocationError(
            f"A run is of one partition or of a range, not both: {ask.partition!r} and {ask.partition_range!r}.",
            partition=ask.partition,
            partition_range=ask.partition_range,
        )
    if ask.again is not None and not ask.again.parent.is_finished:
        parent = ask.again.parent
        raise DagsterInvalidInvocationError(
            f"Run {parent.run_id} is {parent.status.value}; a run is executed again after it has ended.",
            hint="Wait for its end, or cancel it first.",
            run_id=parent.run_id,
            status=parent.status,
        )


def _say_what_is_overridden(ask: RunAsk, tags: Mapping[str, str], notices: list[str]) -> None:
    named = tags.get(system.PARTITION)
    if ask.again is None and ask.partition is not None and named is not None and named != ask.partition:
        notices.append(f"The tag {system.PARTITION!r} said {named!r}; the run is of {ask.partition!r}.")


def _untrue_of_this_run(ask: RunAsk, tags: Mapping[str, str]) -> list[str]:
    """Return keys that told of the parent, or of a partition that this run is not of."""
    untrue: list[str] = []
    if ask.partition is not None or ask.partition_range is not None:
        family = (system.PARTITION, system.PARTITION_RANGE_START, system.PARTITION_RANGE_END)
        untrue += [key for key in tags if key in family or key.startswith(PARTITION_PREFIX)]
    if ask.again is not None:
        selections = (system.OP_SELECTION, system.SOLID_SELECTION) if ask.op_selection is not None else ()
        untrue += [key for key in (*selections, system.STEP_SELECTION) if key in tags]
    return untrue


def _system_tags(target: RunTarget, ask: RunAsk) -> dict[str, str]:
    found: dict[str, str | None] = {system.CODE_LOCATION: target.code_location, system.IMAGE: ask.image}
    found.update(_partition_tags(ask))
    if ask.asked_by is not None:
        by = ask.asked_by
        found[system.SCHEDULE_NAME if by.kind == "schedule" else system.SENSOR_NAME] = by.name or None
        found[system.TICK] = by.tick_id
        found[system.RUN_KEY] = by.run_key
        if by.kind == "automation":
            found[system.FROM_AUTOMATION_CONDITION] = "true"
    found[system.BACKFILL] = ask.backfill
    found[system.PARTITION_SET] = ask.partition_set
    found[system.FROM_UI] = "true" if ask.surface is Surface.UI else None
    found[system.USER] = ask.user
    if ask.op_selection is not None and _is_part(target, ask):
        found[system.OP_SELECTION] = ",".join(ask.op_selection)
    if ask.again is not None:
        parent = ask.again.parent
        found[system.PARENT_RUN_ID] = parent.run_id
        found[system.ROOT_RUN_ID] = parent.root_run_id or parent.run_id
        found[system.IS_RESUME_RETRY] = "true" if ask.again.from_failure else None
        found[system.RETRY_NUMBER] = None if ask.again.retry_number is None else str(ask.again.retry_number)
        found[system.STEP_SELECTION] = None if ask.step_keys is None else ",".join(ask.step_keys)
    return {key: value for key, value in found.items() if value is not None}


def _partition_tags(ask: RunAsk) -> dict[str, str]:
    if ask.partition_range is not None:
        start, end = ask.partition_range
        return {system.PARTITION_RANGE_START: str(start), system.PARTITION_RANGE_END: str(end)}
    if ask.partition is None:
        return {}
    dimensions = ask.partition_dimensions
    if isinstance(ask.partition, partitions.MultiPartitionKey):
        dimensions = ask.partition.keys_by_dimension
    named = {f"{PARTITION_PREFIX}{name}": key for name, key in dimensions.items()}
    return {system.PARTITION: str(ask.partition), **named}


def _is_part(target: RunTarget, ask: RunAsk) -> bool:
    if ask.op_selection == ("*",):
        return False
    if target.ops is None or ask.resolved_op_selection is None:
        return True
    return ask.resolved_op_selection != target.ops


def _check_settings(tags: Mapping[str, str]) -> None:
    """Refuse a run whose settings cannot be read, wherever they came from: a flow may have joined two good ones."""
    system.priority(tags)
    system.max_runtime(tags)
    system.max_retries(tags)
    system.retry_strategy(tags)
    system.retry_on_asset_or_op_failure(tags)


def _run(
    target: RunTarget, ask: RunAsk, tags: dict[str, str], origins: dict[str, TagOrigin], run_id: str, now: Micros
) -> DagsterRun:
    parent = ask.again.parent if ask.again else None
    run_config = ask.run_config
    if run_config is None:
        run_config = target.run_config if parent is None else parent.run_config
    op_selection, resolved = ask.op_selection, ask.resolved_op_selection
    assets, checks = ask.asset_selection, ask.asset_check_selection
    if parent is not None and op_selection is None:
        op_selection, resolved = parent.op_selection, parent.resolved_op_selection
    if parent is not None and assets is None and checks is None:
        assets, checks = parent.asset_selection, parent.asset_check_selection
    return DagsterRun(
        run_id=run_id,
        job_name=target.job_name,
        run_config=run_config,
        tags=tags,
        tag_origins=origins,
        asset_selection=assets,
        asset_check_selection=checks,
        op_selection=op_selection,
        resolved_op_selection=resolved,
        step_keys_to_execute=ask.step_keys,
        parent_run_id=None if parent is None else parent.run_id,
        root_run_id=None if parent is None else parent.root_run_id or parent.run_id,
        code_location=target.code_location,
        plan_hash=ask.plan_hash,
        pools=ask.pools,
        traceparent=ask.traceparent,
        priority=system.priority(tags),
        status=DagsterRunStatus.NOT_STARTED,
        created_at=now,
    )
