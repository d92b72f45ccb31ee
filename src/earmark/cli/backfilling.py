"""From flags to a backfill that waits for the host."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from earmark.cli.options import CodeFlags
from earmark.values.errors import SettingsError

if TYPE_CHECKING:
    from earmark.decide.backfills import BackfillPlan
    from earmark.guest.loader import LoadedCode
    from earmark.partitions import PartitionsDefinition
    from earmark.values.keys import AssetKey
    from earmark.views.shapes.assets import PartitionCounts
    from earmark.views.shapes.backfills import BackfillDetail, BackfillRow

_ONLY = ("all", "missing", "failed")
_LOOK_EVERY = 0.1


@dataclass(frozen=True)
class AskedPartitions:
    """The partitions that flags name: some keys, a range, or all."""

    keys: tuple[str, ...] = ()
    span: tuple[str, str] | None = None
    everything: bool = False


def asked_partitions(keys: Sequence[str] | None, span: str | None, everything: bool) -> AskedPartitions:
    """Return what ``--partition``, ``--partition-range`` and ``--all`` say.

    Raises:
        SettingsError: Not exactly one of them is given.
    """
    from earmark.cli.launching import read_range

    if sum((bool(keys), span is not None, everything)) != 1:
        raise SettingsError(
            "Say which partitions: --partition KEY (repeated), --partition-range FIRST...LAST, or --all."
        )
    return AskedPartitions(tuple(keys or ()), read_range(span), everything)


def checked_tags(given: Sequence[str] | None) -> dict[str, str]:
    """Return the tags of ``--tags`` as a backfill keeps them.

    Raises:
        InvalidTagError: One breaks a rule, or is the system's own.
    """
    from earmark.cli.launching import read_tags
    from earmark.tags.system import Place, check_user_tags
    from earmark.tags.tag import normalize_run_tags

    tags = normalize_run_tags(read_tags(given), strict=True)
    check_user_tags(tags, Place.LAUNCH, strict=True)
    return tags


def ask_backfill(
    flags: CodeFlags,
    *,
    job: str | None,
    select: str | None,
    wanted: AskedPartitions,
    only: str,
    from_failure: bool,
    tags: Sequence[str] | None,
    priority: int | None,
    max_in_flight: int | None,
    dry_run: bool,
    quiet: bool,
) -> tuple[dict[str, Any], bool]:
    """Check a backfill, cut it to see that it can be, store it, and wake the host.

    Returns:
        What was asked for, and whether a host heard of it.

    Raises:
        SettingsError: The flags contradict each other.
        BadBodyError: Nothing of it has partitions, or none is left to be written.
        DagsterUnknownPartitionError: A key is no partition.
        InvalidTagError: A tag breaks a rule.
    """
    from earmark.cli.automating import location_name
    from earmark.cli.hosting import author, note
    from earmark.cli.loading import load_code
    from earmark.cli.opening import open_instance, present_span
    from earmark.cli.queueing import wake
    from earmark.guest.backfill_questions import plan_target
    from earmark.partitions import PartitionKeyRange
    from earmark.runs.backfill import BackfillTarget
    from earmark.system.ids import new_id
    from earmark.tags.system import PRIORITY
    from earmark.views.filling import Filling, ask_for, partitions_to_fill

    if (job is None) == (select is None):
        raise SettingsError("Say what to fill: a job (-j NAME), or assets (--select QUERY).")
    if only not in _ONLY:
        raise SettingsError(f"--only is one of {', '.join(_ONLY)}, not {only!r}.")
    own = checked_tags(tags)
    if priority is not None:
        own[PRIORITY] = str(priority)
    code = load_code(flags)
    with open_instance(quiet=quiet, span="launch a backfill") as instance:
        assets = _assets(code, job, select)
        keys = partitions_to_fill(
            instance.store,
            _definition(code, job, assets),
            assets,
            keys=wanted.keys,
            ranges=[] if wanted.span is None else [PartitionKeyRange(*wanted.span)],
            only=only,
        )
        target = BackfillTarget(job=job, assets=tuple(key.to_user_string() for key in assets), partitions=tuple(keys))
        plan = plan_target(code.definitions, target, instance)
        location = location_name(code)
        told = {"backfill_id": None, "partitions": len(keys), "runs": len(plan.units), "location": location}
        if dry_run:
            return {**told, "plan": _runs_of(plan)}, True
        filling = Filling(
            job=job,
            location=location,
            assets=assets,
            partitions=keys,
            tags=own,
            max_in_flight=max_in_flight,
            from_failure=from_failure,
            author=author(),
            traceparent=present_span(),
        )
        stored = ask_for(instance.store, filling, new_id())
        note(instance.store, "backfill.launch", stored.id, f"{len(keys)} partitions")
        return {**told, "backfill_id": stored.id}, wake(instance)


def until_ended(backfill_id: str, *, quiet: bool) -> int:
    """Wait until a backfill has ended, with a bar on a terminal; say how it ended, and return the exit code.

    Whoever stops waiting does not stop the backfill.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from earmark.cli import exits
    from earmark.cli.hosting import open_home
    from earmark.cli.terminal import err
    from earmark.views.backfills import BackfillPages

    columns = (BarColumn(24), TextColumn("{task.completed} of {task.total} done"), TimeElapsedColumn())
    _, _, store = open_home(quiet=True)
    screen = err()
    bar = Progress(*columns, console=screen.console, transient=True, disable=not screen.is_terminal)
    with closing(store), bar:
        pages = BackfillPages(store)
        task = bar.add_task("")
        while (row := pages.row(pages.get(backfill_id))).ended_at is None:
            bar.update(task, completed=row.partitions.materialized, total=row.partitions.total)
            time.sleep(_LOOK_EVERY)
        if not quiet:
            bar.stop()
            tell_backfill(pages.detail(backfill_id))
    return exits.OK if row.status == "succeeded" else exits.RUN_FAILED


def backfill_as_json(row: BackfillRow | BackfillDetail) -> dict[str, Any]:
    """Return a backfill as scripts read it."""
    from earmark.values import wire

    told: dict[str, Any] = wire.decode(wire.encode(row), dict[str, Any])
    return told


def tell_backfill(found: BackfillDetail) -> None:
    """Print a backfill: what it is, and how far each of its assets has come."""
    from earmark.cli.terminal import duration_text, out, tags_text, time_text

    took = f", took {duration_text(found.ended_at - found.created_at)}" if found.ended_at else ""
    lines = [
        f"{found.id}  {found.status}",
        f"  of          {found.title}",
        f"  partitions  {found.first} ... {found.last}",
        f"  runs        {found.runs}, {found.in_flight} in flight, priority {found.priority}",
        f"  created     {time_text(found.created_at)}{took}",
    ]
    if found.tags:
        lines.append(f"  tags        {tags_text(found.tags)}")
    width = max((len(strip.asset or found.title) for strip in found.strips), default=0)
    lines += [f"  {strip.asset or found.title:<{width}}  {_progress(strip.counts)}" for strip in found.strips]
    if found.error:
        lines.append(f"  error       {found.error}")
    for line in lines:
        out().print(line)


def _progress(counts: PartitionCounts) -> str:
    if not counts.total:
        return "has no partitions"
    failed = f", {counts.failed} failed" if counts.failed else ""
    running = f", {counts.running} running" if counts.running else ""
    return f"{counts.materialized} of {counts.total} done{failed}{running}"


def tell_plan(plan: Sequence[Mapping[str, Any]]) -> None:
    """Print the runs that a backfill would be cut into."""
    from earmark.cli.terminal import table

    table(
        ("RUN", "OF", "PARTITIONS", "AFTER"),
        (
            (
                str(number),
                " ".join(run["assets"]) or run["job"],
                " ... ".join(dict.fromkeys(filter(None, (run["first"], run["last"])))),
                ", ".join(map(str, run["after"])),
            )
            for number, run in enumerate(plan, 1)
        ),
        "It would do nothing.",
    )


def _runs_of(plan: BackfillPlan) -> list[dict[str, Any]]:
    return [
        {
            "job": plan.job_name,
            "assets": [key.to_user_string() for key in plan.groups[unit.group]],
            "first": unit.first,
            "last": unit.last or unit.first,
            "partitions": unit.size,
            "after": [number + 1 for number in unit.needs],
        }
        for unit in plan.units
    ]


def _assets(code: LoadedCode, job: str | None, select: str | None) -> list[AssetKey]:
    from earmark.cli.asset import selected_assets

    if job is not None:
        layer = code.definitions.get_job_def(job).asset_layer
        return [] if layer is None else sorted(layer.selected_asset_keys)
    return sorted(selected_assets(code.definitions.resolved, select) or ())


def _definition(code: LoadedCode, job: str | None, assets: list[AssetKey]) -> PartitionsDefinition | None:
    """Return how the topmost partitioned one of the assets is cut, or the job."""
    graph = code.definitions.resolve_asset_graph()
    chosen = set(assets)
    cuts = [graph.get(key).partitions_def for key in graph.topological_keys if key in chosen]
    found: PartitionsDefinition | None = next((one for one in cuts if one is not None), None)
    return found if found is not None or job is None else code.definitions.get_job_def(job).partitions_def
