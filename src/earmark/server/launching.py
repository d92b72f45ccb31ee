"""Launching: through the code location that holds the code, or as a backfill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from earmark.partitions import PartitionKeyRange
from earmark.runs.request import Surface
from earmark.server.pages import Pages
from earmark.server.problems import NotAllowedError
from earmark.server.tokens import Access
from earmark.server.verbs import may_touch, note, require_touch
from earmark.specs.job import ASSET_JOB
from earmark.store.records import Backfill
from earmark.system import tracing
from earmark.tags.policy import refuse_findings
from earmark.tags.system import Place, check_user_tags
from earmark.tags.tag import normalize_run_tags
from earmark.values.errors import DagsterError
from earmark.views.backfills import tags_of
from earmark.views.faults import BadBodyError
from earmark.views.filling import Filling, ask_for, partitions_to_fill
from earmark.views.launching import Launch, ask_data
from earmark.views.shapes.backfills import BackfillRequest
from earmark.views.shapes.launch import LaunchRequest, LaunchResult

_PATIENCE = 60.0


def launch(pages: Pages, access: Access, request: LaunchRequest, surface: Surface) -> LaunchResult:
    """Launch what is asked for.

    Raises:
        BadBodyError: The configuration has faults (``facts['faults']``), or parts contradict each other.
        NotAllowedError: The caller's token is narrowed to other runs.
        InvalidTagError: A tag breaks a rule.
        TagPolicyError: The launch breaks a policy about tags that is enforced.
        GuestError: The code location refuses, or cannot be asked.
    """
    found = pages.launches.resolve(request, access.user, surface)
    if found.faults:
        words = "; ".join(f"{fault.path}: {fault.message}".strip(": ") for fault in found.faults[:3])
        what = "The partition" if all(fault.path == "partition" for fault in found.faults) else "The configuration"
        raise BadBodyError(f"{what} does not fit. {words}", path="config", faults=list(found.faults))
    result = pages.launches.requested(found)
    refuse_findings(pages.launches.findings(found, result))
    if not may_touch(pages, access, result.run):
        raise NotAllowedError(
            f"This token may only launch {access.narrowed_to}; the run would have other tags.",
            hint="Set the tags that it is narrowed to.",
            needs=access.narrowed_to,
        )
    if request.partition_range is not None:
        if not found.partitions:
            raise BadBodyError("No partition is left to be written.", path="partition_range")
        tags = {key: value for key, value in result.tags.items() if result.origins[key].kind == "launch"}
        return _backfill(pages, access, found, tags)
    ask = found.ask
    if pages.rules.flow and not found.job.spec.graph:
        # The location knows the flow of its own definitions; what the instance declares is told with the launch.
        flowed = {key: result.tags[key] for key, origin in result.origins.items() if origin.kind == "asset"}
        ask = msgspec.structs.replace(ask, request_tags={**flowed, **ask.request_tags})
    ask = msgspec.structs.replace(ask, traceparent=tracing.current())
    payload = {"job_name": found.job.name, "ask": ask_data(ask)}
    answer = pages.registry.ask(found.job.location, "submit_run", payload, _PATIENCE)
    run_id = str(answer["run_id"])
    note(pages, access, "run.launch", run_id, found.job.name)
    pages.options.wake()
    return LaunchResult(run_ids=[run_id], backfill_id=None)


def _backfill(pages: Pages, access: Access, found: Launch, tags: dict[str, str]) -> LaunchResult:
    return _ask(pages, access, found, list(found.partitions), tags, run_config=found.ask.run_config)


def start_backfill(pages: Pages, access: Access, request: BackfillRequest) -> LaunchResult:
    """Ask for a backfill.

    Raises:
        BadBodyError: It says no partitions, or of nothing that is partitioned.
        NotAllowedError: The caller's token is narrowed to other runs.
        InvalidTagError: A tag breaks a rule.
        TagPolicyError: The launch breaks a policy about tags that is enforced.
    """
    asked = LaunchRequest(job=request.job, assets=request.assets, q=request.q, tags=request.tags)
    found = pages.launches.resolve(asked, access.user, Surface.API)
    result = pages.launches.requested(found)
    refuse_findings(pages.launches.findings(found, result))
    if not may_touch(pages, access, result.run):
        raise NotAllowedError(f"This token may only launch {access.narrowed_to}.", needs=access.narrowed_to)
    tags = normalize_run_tags(request.tags, strict=True)
    check_user_tags(tags, Place.LAUNCH, strict=True)
    keys = partitions_to_fill(
        pages.store,
        pages.launches.partitions_of(found.job, found.assets),
        found.assets or found.job.assets,
        keys=request.partitions,
        ranges=[PartitionKeyRange(one.first, one.last) for one in request.ranges],
        only=request.only,
    )
    return _ask(pages, access, found, keys, tags, max_in_flight=request.max_in_flight)


def require_backfill(pages: Pages, access: Access, backfill: Backfill, tags: Mapping[str, str] | None = None) -> None:
    """Refuse a backfill whose runs a caller may not act on.

    Args:
        pages: The instance.
        access: Who calls.
        backfill: The backfill.
        tags: The tags that it would have; those that it has if ``None``.

    Raises:
        NotAllowedError: The caller's token is narrowed to other runs, or what the backfill fills is no longer known.
    """
    if access.narrowed is None:
        return
    data = backfill.data
    asked = LaunchRequest(job=data.get("job"), location=data.get("location"), assets=list(data.get("assets") or ()))
    try:
        run = pages.launches.requested(pages.launches.resolve(asked, access.user, Surface.API)).run
    except DagsterError as error:
        raise NotAllowedError(
            f"Whether the backfill is of {access.narrowed_to} cannot be told: {error.message}", needs=access.narrowed_to
        ) from error
    own = tags_of(backfill) if tags is None else tags
    require_touch(pages, access, msgspec.structs.replace(run, tags={**run.tags, **own}))


def _ask(
    pages: Pages, access: Access, found: Launch, partitions: list[str], tags: dict[str, str], **more: Any
) -> LaunchResult:
    filling = Filling(
        job=None if found.job.name == ASSET_JOB else found.job.name,
        location=found.job.location,
        assets=tuple(found.assets or found.job.assets),
        partitions=partitions,
        tags=tags,
        author=access.user,
        traceparent=tracing.current(),
        **more,
    )
    backfill = ask_for(pages.store, filling, pages.new_id())
    note(pages, access, "backfill.launch", backfill.id, f"{len(partitions)} partitions")
    pages.options.wake()
    return LaunchResult(run_ids=[], backfill_id=backfill.id)
