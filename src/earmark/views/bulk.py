"""Doing something to many runs, one after the other: what fails for one does not keep it from the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.tags.query.fields import word_of
from earmark.values.errors import DagsterError
from earmark.views.runs import actions_of
from earmark.views.shapes.runs import RunAction

_BATCH = 200


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it for one run.

    Args:
        run: The run as it was before.
        made: The ids of new runs that were made of it.
        unfit: Whether it was left alone because a run as it stands does not allow it.
        problem: Why nothing was done; empty if it was.
    """

    run: DagsterRun
    made: tuple[str, ...] = ()
    unfit: bool = False
    problem: str = ""


def to_each(
    store: Store, ids: Sequence[str], action: RunAction, act: Callable[[DagsterRun], Iterable[str]]
) -> Iterator[Deed]:
    """Do something to each of the runs, and yield what came of it.

    Args:
        store: Where runs are.
        ids: Which runs, taken down before: what is done to one may change what a query matches.
        action: What is done, which not every run allows.
        act: Does it, and returns the ids of new runs; an error of Earmark's is told with its run.
    """
    for start in range(0, len(ids), _BATCH):
        for run in store.runs.get_many(ids[start : start + _BATCH]):
            if action not in actions_of(run):
                yield Deed(run=run, unfit=True, problem=f"The run is {word_of(run.status)}.")
                continue
            try:
                yield Deed(run=run, made=tuple(act(run)))
            except DagsterError as error:
                yield Deed(run=run, problem=error.message)
