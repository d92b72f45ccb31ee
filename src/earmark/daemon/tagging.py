"""Editing the tags of a run after the fact; what it was asked for with stays on record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from earmark.events.envelope import Event
from earmark.events.kinds import RunTagged
from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.tags.system import Place, check_removed_tags, check_user_tags
from earmark.tags.tag import normalize_run_tags


class TagChanges(msgspec.Struct, frozen=True):
    """Tags to be put on runs, in stored form, and keys to be taken off; what is put is not taken off.

    Example:
        >>> checked_changes({"team": "ml"}, ["reason", "team"])
        TagChanges(put={'team': 'ml'}, remove=('reason',))
    """

    put: Mapping[str, str]
    remove: tuple[str, ...]

    def of(self, run: DagsterRun) -> dict[str, str | None]:
        """Return what they change in a run; ``None`` takes a key off."""
        gone: dict[str, str | None] = {key: None for key in self.remove if key in run.tags}
        return gone | {key: value for key, value in self.put.items() if run.tags.get(key) != value}

    def after(self, run: DagsterRun) -> dict[str, str]:
        """Return the tags that a run has with them."""
        changed = self.of(run)
        return {key: value for key, value in {**run.tags, **changed}.items() if value is not None}


def checked_changes(put: Mapping[str, Any], remove: Iterable[str]) -> TagChanges:
    """Return changes that a person may make.

    Raises:
        InvalidTagError: A tag breaks a rule, or only the system sets it.
    """
    stored = normalize_run_tags(put, strict=True)
    check_user_tags(stored, Place.LAUNCH, strict=True)
    gone = tuple(key for key in dict.fromkeys(remove) if key not in stored)
    check_removed_tags(gone)
    return TagChanges(stored, gone)


def edit_tags_of(store: Store, run: DagsterRun, changes: TagChanges, author: str) -> dict[str, str | None]:
    """Change the tags of a run, and return what of it was a change; nothing is recorded where nothing is."""
    changed = changes.of(run)
    if changed:
        store.runs.record(run.run_id, [Event(RunTagged(changed, author), store.clock())])
    return changed


def words_of(changed: Mapping[str, str | None]) -> str:
    """Return a change of tags in short: ``-reason, team=ml``."""
    return ", ".join(f"-{key}" if value is None else f"{key}={value}" for key, value in changed.items())[:500]
