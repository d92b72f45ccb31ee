"""The dictionary of what runs are found by, and the rows that say which run carries what."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Mapping
from enum import IntEnum

from earmark.runs.run import DagsterRun
from earmark.store.database import Session

MAX_REMEMBERED = 100_000
"""How many labels one process remembers the numbers of."""


class LabelKind(IntEnum):
    """What a label says of the runs that carry it."""

    TAG = 0
    """They have the tag ``key=value``."""
    KEY = 1
    """They have the tag ``key``, whatever its value."""
    JOB = 2
    LOCATION = 3
    ASSET = 4
    """They were asked to materialize the asset ``value``."""
    OP = 5


Label = tuple[LabelKind, str, str]
"""A kind, a key (empty but for tags) and a value (empty for ``KEY``)."""


def digest_of(label: Label) -> str:
    """Return the 24 characters that a label is looked up by, however long its value."""
    kind, key, value = label
    text = f"{int(kind)}\x00{len(key)}\x00{key}{value}"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def labels_of_tags(tags: Mapping[str, str]) -> Iterable[Label]:
    """Yield what a run with ``tags`` is found by: each tag, and each key by itself."""
    for key, value in tags.items():
        yield LabelKind.TAG, key, value
        yield LabelKind.KEY, key, ""


def labels_of_request(run: DagsterRun) -> Iterable[Label]:
    """Yield what a run is found by besides its tags; none of it ever changes."""
    yield LabelKind.JOB, "", run.job_name
    if run.code_location:
        yield LabelKind.LOCATION, "", run.code_location
    for asset_key in run.asset_selection or ():
        yield LabelKind.ASSET, "", asset_key.to_user_string()
    for op_name in run.resolved_op_selection or ():
        yield LabelKind.OP, "", op_name


def pack(label_ids: Iterable[int]) -> bytes:
    """Return numbers of labels as bytes, four each."""
    return array("I", label_ids).tobytes()


def unpack(data: bytes) -> array[int]:
    """Return the numbers that :func:`pack` wrote."""
    ids = array("I")
    ids.frombytes(data)
    return ids


class LabelDictionary:
    """Numbers of labels. Remembers what is committed, so that most runs are labelled without a lookup."""

    def __init__(self) -> None:
        self._known: dict[Label, int] = {}

    def numbers(self, tx: Session, labels: set[Label]) -> dict[Label, int]:
        """Return the number of each label, giving numbers to those that have none."""
        known = self._known
        found = {label: known[label] for label in labels if label in known}
        missing = labels - found.keys()
        if not missing:
            return found
        fresh = self._look_up(tx, missing)
        unnumbered = missing - fresh.keys()
        if unnumbered:
            self._add(tx, unnumbered)
            fresh.update(self._look_up(tx, unnumbered))
        tx.after_commit.append(lambda: self._remember(fresh))
        found.update(fresh)
        return found

    def _look_up(self, tx: Session, labels: set[Label]) -> dict[Label, int]:
        by_digest = {digest_of(label): label for label in labels}
        among, value = tx.among(by_digest)
        rows = tx.all(f"SELECT digest, id FROM label WHERE digest {among}", (value,))
        return {by_digest[digest]: number for digest, number in rows}

    def _add(self, tx: Session, labels: set[Label]) -> None:
        first = tx.take_numbers("label", len(labels))
        rows = [
            (first + offset, int(kind), _storable(key), _storable(value), digest_of((kind, key, value)))
            for offset, (kind, key, value) in enumerate(sorted(labels))
        ]
        tx.many(
            "INSERT INTO label (id, kind, key, value, digest) VALUES (?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING",
            rows,
        )

    def _remember(self, fresh: Mapping[Label, int]) -> None:
        if len(self._known) + len(fresh) > MAX_REMEMBERED:
            self._known = {}
        self._known.update(fresh)


def _storable(text: str) -> str:
    # PostgreSQL's text holds neither NUL nor lone surrogates. The digest tells such values apart all the same.
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
