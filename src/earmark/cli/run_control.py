"""``earmark run``: launch, cancel, retry, tag, explain, prune. What brings runs about or changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from earmark.cli import options
from earmark.cli.job import launch_job
from earmark.cli.options import CodeFlags, takes_code
from earmark.cli.run_prune import prune

if TYPE_CHECKING:
    from earmark.runs.run import DagsterRun
    from earmark.store.ports import Store

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it; without this, only say what would be done.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``earmark run``."""
    app.command("launch")(launch_job)
    app.command("cancel")(cancel)
    app.command("retry")(retry)
    app.command("tag")(tag)
    app.command("explain")(explain)
    app.command("prune")(prune)


def cancel(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="A run's id, or a query: 'tag:team=ml status:queued'.")],
    yes: Yes = False,
) -> None:
    """Cancel a run, or all unfinished runs that a query means (with --yes)."""
    from earmark.cli.hosting import author, note, open_home
    from earmark.cli.terminal import count, err, out
    from earmark.daemon.cancel import cancel_run
    from earmark.daemon.wakeups import wake_host
    from earmark.values.errors import DagsterInvariantViolationError

    home, _, store = open_home()
    try:
        runs = _meant(store, query)
        if len(runs) == 1 and runs[0].run_id == query:
            cancel_run(store, query, author())
            note(store, "run.cancel", query)
            wake_host(home.path)
            out().print(f"Run {query} is being canceled.", markup=False, highlight=False)
            return
        unfinished = [run for run in runs if not run.is_finished]
        if not unfinished:
            out().print(f"Nothing to cancel: {count(len(runs), 'run')} found, none unfinished.", highlight=False)
            return
        if not yes:
            out().print(f"{count(len(unfinished), 'run')} would be canceled; add --yes to do it.", highlight=False)
            for run in unfinished[:20]:
                out().print(f"  {run.run_id}  {run.job_name}  {run.status.value}", markup=False, highlight=False)
            return
        done = 0
        for run in unfinished:
            try:
                cancel_run(store, run.run_id, author())
                note(store, "run.cancel", run.run_id)
                done += 1
            except DagsterInvariantViolationError as error:
                # It has ended meanwhile.
                err().print(str(error), style="dim", markup=False)
        wake_host(home.path)
        out().print(f"{count(done, 'run')} canceled.", highlight=False)
    finally:
        store.close()


def _meant(store: Store, query: str) -> list[DagsterRun]:
    found = store.runs.get_many([query])
    return found or store.runs.get_many(store.runs.ids(query))


def tag(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The run's id.")],
    changes: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...", help="Tags to set; KEY- removes one.")],
) -> None:
    """Change tags of a run after the fact; what it was asked for with stays on record."""
    from earmark.cli.hosting import author, note, open_home
    from earmark.cli.terminal import out, tags_text
    from earmark.daemon.wakeups import wake_host
    from earmark.events.envelope import Event
    from earmark.events.kinds import RunTagged
    from earmark.tags.system import Place, check_removed_tags, check_user_tags
    from earmark.tags.tag import normalize_run_tags
    from earmark.values.errors import InvalidTagError

    given: dict[str, Any] = {}
    removed: dict[str, str | None] = {}
    for text in changes:
        key, equals, value = text.partition("=")
        if equals:
            given[key] = value
        elif text.endswith("-"):
            removed[text[:-1]] = None
        else:
            raise InvalidTagError(f"{text!r} is neither KEY=VALUE nor KEY-.", hint="KEY- removes a tag.")
    stored = normalize_run_tags(given, strict=True)
    check_user_tags(stored, Place.LAUNCH, strict=True)
    check_removed_tags(removed)
    home, _, store = open_home()
    try:
        run = store.runs.get(run_id)
        store.runs.record(run_id, [Event(RunTagged({**stored, **removed}, author()), store.clock())])
        note(store, "run.tag", run_id, " ".join(changes)[:500])
        run = store.runs.get(run.run_id)
    finally:
        store.close()
    wake_host(home.path)
    out().print(f"{run_id}  {tags_text(run.tags)}", markup=False, highlight=False)


@takes_code
def retry(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The run's id.")],
    all_steps: Annotated[bool, typer.Option("--all-steps", help="From the start, not from the failure.")] = False,
    steps: Annotated[list[str] | None, typer.Option("--step", metavar="KEY", help="Only this step; repeat it.")] = None,
    tags: options.Tags = None,
    config: options.ConfigFiles = None,
    config_json: options.ConfigJson = None,
    *,
    flags: CodeFlags,
) -> None:
    """Execute a finished run again, from its failure unless told otherwise; it waits in the queue."""
    from earmark.cli.hosting import author, open_home
    from earmark.cli.launching import read_config, read_tags
    from earmark.cli.loading import load_code
    from earmark.cli.queueing import enqueue
    from earmark.runs.request import Again, RunAsk, Surface
    from earmark.values.errors import DagsterInvariantViolationError

    code = load_code(flags)
    _, _, store = open_home(quiet=True)
    try:
        parent = store.runs.get(run_id)
        if not parent.is_finished:
            raise DagsterInvariantViolationError(
                f"Run {run_id} is {parent.status.value}; only a finished run can be executed again."
            )
        from_failure = not all_steps and not steps and parent.is_failure_or_canceled
    finally:
        store.close()
    ask = RunAsk(
        tags=read_tags(tags),
        surface=Surface.CLI,
        user=author(),
        again=Again(parent=parent, from_failure=from_failure),
        run_config=read_config(config, config_json),
        step_keys=tuple(steps) if steps else None,
    )
    raise typer.Exit(enqueue(code, code.definitions.get_job_def(parent.job_name), ask))


def explain(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The run's id.")], as_json: options.Json = False
) -> None:
    """Say why a run waits, and what would have to change; of one that has left the queue, which limits it passed."""
    import msgspec

    from earmark.cli.hosting import open_home
    from earmark.cli.terminal import out, print_json
    from earmark.daemon.board import explain_run
    from earmark.daemon.policy import effective_policy
    from earmark.values.states import DagsterRunStatus

    _, settings, store = open_home(quiet=as_json)
    try:
        run = store.runs.get(run_id)
        if run.status is DagsterRunStatus.QUEUED:
            found = explain_run(store, effective_policy(settings.queue, store), run_id)
            told, lines = msgspec.to_builtins(found), found.lines()
        else:
            told, lines = _left_the_queue(store, run)
    finally:
        store.close()
    if as_json:
        print_json(told)
        return
    for line in lines:
        out().print(line, markup=False, highlight=False)


def _left_the_queue(store: Store, run: DagsterRun) -> tuple[dict[str, Any], list[str]]:
    """Return what the scheduler recorded when it let a run go, as data and as lines."""
    from earmark.cli.terminal import duration_text
    from earmark.events.kinds import RunDequeued
    from earmark.tags.query.fields import WORD_OF_STATUS

    dequeued = store.events.of_run(run.run_id, kinds=(RunDequeued,), limit=1, newest=True)
    passed = [event.fact.passed for event in dequeued if isinstance(event.fact, RunDequeued)]
    gates = passed[0] if passed else {}
    waited = None if run.queued_at is None or run.starting_at is None else run.starting_at - run.queued_at
    word = WORD_OF_STATUS.get(run.status, run.status.value.lower())
    told = {
        "run_id": run.run_id,
        "status": word,
        "waited": None if waited is None else waited / 1_000_000,
        "passed": {name: {"used": used, "allowed": allowed} for name, (used, allowed) in gates.items()},
    }
    in_queue = "" if waited is None else f" It waited {duration_text(waited)} in the queue."
    lines = [f"Run {run.run_id} does not wait: its status is {word}.{in_queue}"]
    lines += [f"{name}: passed, {used} of {allowed} taken with it" for name, (used, allowed) in gates.items()]
    return told, lines
