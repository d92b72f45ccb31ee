"""What can be done with runs that exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from earmark.daemon.cancel import cancel_run
from earmark.daemon.tagging import checked_changes, edit_tags_of, words_of
from earmark.events.envelope import Event
from earmark.events.kinds import RunCanceled
from earmark.runs.request import Surface
from earmark.runs.run import DagsterRun
from earmark.server.launching import launch
from earmark.server.pages import Pages
from earmark.server.problems import NotAllowedError
from earmark.server.tokens import Access
from earmark.server.verbs import may_touch, note, require_touch
from earmark.system.run_files import delete_run_files
from earmark.tags import system
from earmark.tags.query.fields import word_of
from earmark.values.states import DagsterRunStatus
from earmark.views.bulk import to_each
from earmark.views.faults import BadBodyError, ConflictError
from earmark.views.listing import read_query
from earmark.views.shapes.launch import LaunchRequest
from earmark.views.shapes.runs import BulkResult, BulkResultFailed, BulkRuns
from earmark.views.shapes.tags import TagEdit

_SHOWN_RUNS = 200
_SHOWN_FAILURES = 20


def cancel(pages: Pages, access: Access, run_id: str, force: bool = False) -> None:
    """Ask for the end of a run.

    Args:
        pages: The instance.
        access: Who asks.
        run_id: The run.
        force: Count it as canceled at once, whatever its worker still does.

    Raises:
        DagsterRunNotFoundError: There is no such run.
        NotAllowedError: The caller may not act on it.
        DagsterInvariantViolationError: It has finished.
    """
    run = pages.store.runs.get(run_id)
    require_touch(pages, access, run)
    if pages.options.cancel is not None:
        pages.options.cancel(run_id, access.user)
    else:
        cancel_run(pages.store, run_id, access.user)
    if force and not pages.store.runs.status(run_id).is_finished:
        fact = RunCanceled(access.user, f"{access.user} gave the run up.")
        pages.store.runs.record(run_id, [Event(fact, pages.store.clock())])
    note(pages, access, "run.cancel", run_id, "forced" if force else "")
    pages.options.wake()


def edit_tags(pages: Pages, access: Access, run_id: str, edit: TagEdit) -> None:
    """Edit the tags of a run.

    Raises:
        DagsterRunNotFoundError: There is no such run.
        NotAllowedError: The caller may not act on it, as it is or as it would be.
        InvalidTagError: A tag breaks a rule, or only the system sets it.
    """
    run = pages.store.runs.get(run_id)
    require_touch(pages, access, run)
    changes = checked_changes(edit.set, edit.remove)
    _require_still_touched(pages, access, run, changes.after(run))
    changed = edit_tags_of(pages.store, run, changes, access.user)
    if not changed:
        return
    pages.words.forget()
    note(pages, access, "run.tag", run_id, words_of(changed))
    pages.options.wake()


def _require_still_touched(pages: Pages, access: Access, run: DagsterRun, tags: dict[str, str]) -> None:
    import msgspec

    if not may_touch(pages, access, msgspec.structs.replace(run, tags=tags)):
        raise NotAllowedError(
            f"With these tags the run would be none of {access.narrowed_to}, to which this token is narrowed.",
            needs=access.narrowed_to,
        )


def set_priority(pages: Pages, access: Access, run_id: str, priority: int) -> None:
    """Set the priority of a queued run.

    Raises:
        DagsterRunNotFoundError: There is no such run.
        ConflictError: It does not wait.
    """
    run = pages.store.runs.get(run_id)
    if run.status is not DagsterRunStatus.QUEUED:
        raise ConflictError(
            f"The run is {word_of(run.status)}; priority is for runs in the queue.", status=run.status.value
        )
    edit_tags(pages, access, run_id, TagEdit(set={system.PRIORITY: str(priority)}))


def remove(pages: Pages, access: Access, run_id: str) -> None:
    """Delete a finished run.

    Raises:
        DagsterRunNotFoundError: There is no such run.
        DagsterInvariantViolationError: It has not finished.
    """
    require_touch(pages, access, pages.store.runs.get(run_id))
    pages.store.runs.delete([run_id])
    delete_run_files(pages.options.home, [run_id])
    pages.words.forget()
    note(pages, access, "run.delete", run_id)


def bulk(pages: Pages, access: Access, order: BulkRuns) -> BulkResult:
    """Do something to all runs that match, one after the other; what fails for one does not keep it from the rest.

    Raises:
        BadBodyError: It says neither which runs nor what to do.
        ConflictError: More match by now than the person saw.
    """
    if (order.ids is None) == (order.q is None):
        raise BadBodyError("Say which runs: by ids, or by a query.", path="ids")
    act = _action(pages, access, order)
    if order.q is not None:
        node = read_query("runs", order.q)
        matched = pages.store.runs.count(node)
        if order.expected is not None and matched > order.expected:
            raise ConflictError(
                f"{matched:,} runs match by now, more than the {order.expected:,} that were seen.",
                hint="Look again.",
                matched=matched,
            )
        # Taken down first: what is done to a run may change what the query matches.
        ids = list(pages.store.runs.ids(node))
    else:
        ids = list(dict.fromkeys(order.ids or ()))
        matched = len(ids)

    def allowed(run: DagsterRun) -> Iterable[str]:
        require_touch(pages, access, run)
        return () if order.dry_run else act(run)

    done, made, failed = 0, list[str](), list[BulkResultFailed]()
    for deed in to_each(pages.store, ids, order.action, allowed):
        if deed.problem:
            failed.append(BulkResultFailed(id=deed.run.run_id, detail=deed.problem))
        else:
            made += deed.made
            done += 1
    return BulkResult(matched=matched, done=done, run_ids=made[:_SHOWN_RUNS], failed=failed[:_SHOWN_FAILURES])


def _action(pages: Pages, access: Access, order: BulkRuns) -> Callable[[DagsterRun], Iterable[str]]:
    """Return what is to be done to each run; it returns the ids of new runs."""
    edit = order.tags or TagEdit()

    def again(run: DagsterRun, from_failure: bool) -> list[str]:
        put = {} if order.tags is None else edit.set
        request = LaunchRequest(
            parent=run.run_id, mode="from_failure" if from_failure else "all", tags=put, remove_tags=edit.remove
        )
        return launch(pages, access, request, Surface.API).run_ids

    match order.action:
        case "cancel":
            return _each(lambda run: cancel(pages, access, run.run_id))
        case "delete":
            return _each(lambda run: remove(pages, access, run.run_id))
        case "tag":
            if order.tags is None:
                raise BadBodyError("Say which tags to set or remove.", path="tags")
            return _each(lambda run: edit_tags(pages, access, run.run_id, edit))
        case "prioritise":
            if order.priority is None:
                raise BadBodyError("Say which priority.", path="priority")
            priority = order.priority
            return _each(lambda run: set_priority(pages, access, run.run_id, priority))
        case "retry":
            return lambda run: again(run, False)
        case "retry_from_failure":
            return lambda run: again(run, True)


def _each(act: Callable[[DagsterRun], None]) -> Callable[[DagsterRun], Iterable[str]]:
    """Return an action that makes no new runs."""

    def acting(run: DagsterRun) -> Iterable[str]:
        act(run)
        return ()

    return acting
