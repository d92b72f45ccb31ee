"""``earmark run``: launch, cancel, retry, tag, explain, prune. What brings runs about or changes them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from earmark.cli import options
from earmark.cli.job import launch_job
from earmark.cli.run_prune import prune
from earmark.cli.run_retry import retry

if TYPE_CHECKING:
    from earmark.daemon.tagging import TagChanges
    from earmark.runs.run import DagsterRun
    from earmark.store.ports import Store


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``earmark run``."""
    app.command("launch")(launch_job)
    app.command("cancel")(cancel)
    app.command("retry")(retry)
    app.command("tag")(tag)
    app.command("explain")(explain)
    app.command("prune")(prune)


def cancel(query: options.Runs, dry_run: options.DryRun = False, yes: options.Yes = False) -> None:
    """Cancel a run, or all unfinished runs that a query means (with --yes)."""
    from earmark.cli.hosting import author, note, open_home
    from earmark.cli.runs_meant import Order, carry_out
    from earmark.cli.terminal import out
    from earmark.daemon.cancel import cancel_run
    from earmark.system.wake import wake_host

    home, _, store = open_home()

    def act(run: DagsterRun) -> Iterable[str]:
        cancel_run(store, run.run_id, author())
        note(store, "run.cancel", run.run_id)
        return ()

    def tell(run: DagsterRun, _: Iterable[str]) -> None:
        out().print(f"Run {run.run_id} is being canceled.")

    order = Order("cancel", "cancel", "canceled", act, needs="unfinished", tell=tell)
    with closing(store):
        code = carry_out(store, query, order, dry_run=dry_run, yes=yes)
    wake_host(home.path)
    raise typer.Exit(code)


def tag(
    query: options.Runs,
    changes: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...", help="Tags to set; KEY- removes one.")],
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
) -> None:
    """Change tags of a run after the fact, or of all that a query means (with --yes).

    What they were asked for with stays on record.
    """
    from earmark.cli.hosting import author, note, open_home
    from earmark.cli.runs_meant import Order, carry_out
    from earmark.cli.terminal import out, tags_text
    from earmark.daemon.tagging import edit_tags_of, words_of
    from earmark.system.wake import wake_host

    wanted = _tag_changes(changes)
    home, _, store = open_home()

    def act(run: DagsterRun) -> Iterable[str]:
        changed = edit_tags_of(store, run, wanted, author())
        if changed:
            note(store, "run.tag", run.run_id, words_of(changed))
        return ()

    def tell(run: DagsterRun, _: Iterable[str]) -> None:
        out().print(f"{run.run_id}  {tags_text(wanted.after(run))}")

    with closing(store):
        code = carry_out(store, query, Order("tag", "tag", "tagged", act, tell=tell), dry_run=dry_run, yes=yes)
    wake_host(home.path)
    raise typer.Exit(code)


def _tag_changes(texts: list[str]) -> TagChanges:
    """Return what ``KEY=VALUE`` and ``KEY-`` say.

    Raises:
        InvalidTagError: One is neither, or breaks a rule.
    """
    from earmark.daemon.tagging import checked_changes
    from earmark.values.errors import InvalidTagError

    put: dict[str, Any] = {}
    removed: list[str] = []
    for text in texts:
        key, equals, value = text.partition("=")
        if equals:
            put[key] = value
        elif text.endswith("-"):
            removed.append(text[:-1])
        else:
            raise InvalidTagError(f"{text!r} is neither KEY=VALUE nor KEY-.", hint="KEY- removes a tag.")
    return checked_changes(put, removed)


def explain(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or the beginning of it.")],
    as_json: options.Json = False,
) -> None:
    """Say why a run waits, and what would have to change; of one that has left the queue, which limits it passed."""
    import msgspec

    from earmark.cli.hosting import open_home
    from earmark.cli.runs_meant import find_run
    from earmark.cli.terminal import out, print_json
    from earmark.daemon.board import explain_run
    from earmark.daemon.policy import effective_policy
    from earmark.values.states import DagsterRunStatus

    _, settings, store = open_home(quiet=as_json)
    try:
        run = find_run(store, run_id)
        if run.status is DagsterRunStatus.QUEUED:
            found = explain_run(store, effective_policy(settings.queue, store), run.run_id)
            told, lines = msgspec.to_builtins(found), found.lines()
        else:
            told, lines = _left_the_queue(store, run)
    finally:
        store.close()
    if as_json:
        print_json(told)
        return
    for line in lines:
        out().print(line)


def _left_the_queue(store: Store, run: DagsterRun) -> tuple[dict[str, Any], list[str]]:
    """Return what the scheduler recorded when it let a run go, as data and as lines."""
    from earmark.cli.terminal import duration_text
    from earmark.events.kinds import RunDequeued
    from earmark.tags.query.fields import word_of

    dequeued = store.events.of_run(run.run_id, kinds=(RunDequeued,), limit=1, newest=True)
    passed = [event.fact.passed for event in dequeued if isinstance(event.fact, RunDequeued)]
    gates = passed[0] if passed else {}
    waited = None if run.queued_at is None or run.starting_at is None else run.starting_at - run.queued_at
    word = word_of(run.status)
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
