"""Which runs a word or a query on the command line means, and doing something to all of them, after a look."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from earmark.values.errors import DagsterRunNotFoundError

if TYPE_CHECKING:
    from earmark.runs.run import DagsterRun
    from earmark.store.ports import Store
    from earmark.views.shapes.runs import RunAction

_SHOWN = 20
_TELLING = 8
"""From how many characters on the beginning of an id names a run, where something is done to it without a look."""


def find_run(store: Store, run_id: str) -> DagsterRun:
    """Return the run of an id, or of the beginning of one; the latest, if it is empty.

    Raises:
        DagsterRunNotFoundError: There is none, or several begin so.
    """
    if not run_id:
        latest = store.runs.find("", limit=1).runs
        if latest:
            return latest[0]
        raise DagsterRunNotFoundError("There are no runs yet.")
    found = _beginning_with(store, run_id)
    if len(found) == 1:
        return found[0]
    what = "Several runs have ids that begin" if found else "No run has an id that begins"
    raise DagsterRunNotFoundError(f"{what} with {run_id!r}.", hint="`earmark run list` shows the ids.", run_id=run_id)


def _beginning_with(store: Store, text: str) -> list[DagsterRun]:
    """Return the run of an id, or up to two whose ids begin so."""
    from earmark.tags.query import Glob, Term
    from earmark.tags.query.words import escaped

    exact = store.runs.get_many([text])
    return exact or list(store.runs.find(Term("id", (Glob(f"{escaped(text)}*"),)), limit=2).runs)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done to runs.

    Args:
        action: What it is, which not every run allows.
        verb: As in "Nothing to cancel".
        done: As in "2 runs canceled".
        act: Does it to one run, and returns the ids of new runs.
        needs: What a run has to be for it; empty if any run will do.
        tell: Says what was done to a run that was named; as in "2 runs canceled" if ``None``.
    """

    action: RunAction
    verb: str
    done: str
    act: Callable[[DagsterRun], Iterable[str]]
    needs: str = ""
    tell: Callable[[DagsterRun, Iterable[str]], None] | None = None


def carry_out(store: Store, text: str, order: Order, *, dry_run: bool, yes: bool) -> int:
    """Do it to the run that is named, or with ``yes`` to all that a query means, else show them; return the exit code.

    Args:
        store: Where runs are.
        text: A run's id, the beginning of one, or a query.
        order: What is to be done.
        dry_run: Whether a run that is named is only shown too.
        yes: Whether it is done to all that a query means.

    Raises:
        DagsterRunNotFoundError: It is a single word that neither names a run nor finds one.
        QueryError: The query cannot be read.
        DagsterError: It cannot be done to the run that is named.
    """
    from earmark.cli import exits, options
    from earmark.cli.terminal import count, err, out
    from earmark.views.bulk import to_each

    options.refuse_both(dry_run, yes)
    named, ids = _meant(store, text)
    if named is not None and not dry_run:
        made = order.act(named)
        if order.tell is not None:
            order.tell(named, made)
        return exits.OK
    sample: list[DagsterRun] = []

    def only_show(run: DagsterRun) -> Iterable[str]:
        if len(sample) < _SHOWN:
            sample.append(run)
        return ()

    done, failed = 0, 0
    for deed in to_each(store, ids, order.action, order.act if yes else only_show):
        done += not deed.problem
        if deed.problem and not deed.unfit:
            failed += 1
            err().print(f"{deed.run.run_id}: {deed.problem}", style="red")
    if not done and not failed:
        needs = f", none {order.needs}" if order.needs else ""
        out().print(f"Nothing to {order.verb}: {count(len(ids), 'run')} found{needs}.")
    elif yes:
        out().print(f"{count(done, 'run')} {order.done}.")
    else:
        out().print(f"{count(done, 'run')} would be {order.done}; add --yes to do it.")
        show_sample(sample, done)
    return exits.BAD_INPUT if failed else exits.OK


def show_sample(runs: Iterable[DagsterRun], of: int) -> None:
    """Print some of the runs that are meant, one a line, and how many more there are."""
    from earmark.cli.run_words import job_text, partition_text, status_word
    from earmark.cli.terminal import count, out, own_tags_text

    shown = list(runs)
    for run in shown:
        name = f"{job_text(run)}{partition_text(run)}"
        line = f"  {run.run_id}  {name}  {status_word(run)}  {own_tags_text(run.tags)}"
        out().print(line.rstrip())
    if of > len(shown):
        out().print(f"  and {count(of - len(shown), 'run')} more", style="dim")


def _meant(store: Store, text: str) -> tuple[DagsterRun | None, list[str]]:
    """Return the run that a text names, if it does, and the ids of all runs that it means."""
    is_word = bool(text) and text.replace("-", "").replace("_", "").isalnum()
    named = _beginning_with(store, text) if is_word and len(text) >= _TELLING else []
    if len(named) == 1:
        return named[0], [named[0].run_id]
    ids = list(store.runs.ids(text))
    if is_word and not ids:
        raise DagsterRunNotFoundError(
            f"No run has an id that begins with {text!r}, and as a query it finds none.",
            hint="`earmark run list` shows the ids; a query is written 'job:NAME status:failed tag:KEY=VALUE'.",
            run_id=text,
        )
    return None, ids
