"""The dictionary of what runs are found by, and the rows that say which run carries what."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from enum import IntEnum

from earmark.runs.run import DagsterRun
from earmark.store.database import Session

MAX_REMEMBERED = 100_000
"""How many labels one process remembers the numbers of."""


MAX_SOUGHT = 64
"""How many characters of a value are looked at to find it; a longer one is told apart by a digest."""

DIGEST_MARK = "\x01"
"""Stands before the digest of a value that is not sought by itself. Lies in stores."""

LAST = "\U0010ffff"
"""Sorts after whatever may follow a prefix."""

NUMBER_OF_LABEL = "SELECT id FROM label WHERE kind = ? AND key = ? AND sought = ?"
"""The statement that finds a label by its :func:`key_of`."""


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


def sought_of(value: str) -> str:
    """Return what a value is found by: itself, or the beginning of one that is long or odd, and a digest of it.

    An index of PostgreSQL holds no value of 64 KiB, and its text neither NUL nor halves of characters.
    """
    plain = storable(value)
    if len(plain) <= MAX_SOUGHT and plain == value:
        return value
    import hashlib  # brings OpenSSL, which hardly any label needs

    digest = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return f"{plain[:MAX_SOUGHT]}{DIGEST_MARK}{digest}"


def storable(text: str) -> str:
    """Return text without what a database's text cannot hold."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def key_of(label: Label) -> tuple[int, str, str]:
    """Return the kind, key and sought value under which a label is stored."""
    kind, key, value = label
    return int(kind), storable(key), sought_of(value)


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
        # By kind, key and value: Python's collector need not look at text and numbers, as it would at tuples of them.
        self._known: dict[tuple[LabelKind, str], dict[str, int]] = {}
        self._remembered = 0

    def numbers(self, tx: Session, labels: set[Label]) -> dict[Label, int]:
        """Return the number of each label, giving numbers to those that have none."""
        found = self._recall(labels)
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

    def _recall(self, labels: Iterable[Label]) -> dict[Label, int]:
        found: dict[Label, int] = {}
        for label in labels:
            kind, key, value = label
            number = self._known.get((kind, key), {}).get(value)
            if number is not None:
                found[label] = number
        return found

    def _look_up(self, tx: Session, labels: set[Label]) -> dict[Label, int]:
        by_key: dict[tuple[int, str], dict[str, Label]] = {}
        for label in labels:
            kind, key, sought = key_of(label)
            by_key.setdefault((kind, key), {})[sought] = label
        found: dict[Label, int] = {}
        for (kind, key), wanted in by_key.items():
            among, value = tx.among(wanted)
            rows = tx.all(
                f"SELECT sought, id FROM label WHERE kind = ? AND key = ? AND sought {among}", (kind, key, value)
            )
            found.update((wanted[sought], number) for sought, number in rows)
        return found

    def _add(self, tx: Session, labels: set[Label]) -> None:
        first = tx.take_numbers("label", len(labels))
        rows = [
            (*key_of(label), None if sought_of(label[2]) == label[2] else storable(label[2]), first + offset)
            for offset, label in enumerate(sorted(labels))
        ]
        # Another transaction may have been quicker; its number is looked up afterwards.
        tx.many(
            "INSERT INTO label (kind, key, sought, value, id) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (kind, key, sought) DO NOTHING",
            rows,
        )

    def _remember(self, fresh: Mapping[Label, int]) -> None:
        if self._remembered + len(fresh) > MAX_REMEMBERED:
            self._known = {}
            self._remembered = 0
        for (kind, key, value), number in fresh.items():
            self._known.setdefault((kind, key), {})[value] = number
        self._remembered += len(fresh)
