"""Runs of which segments no longer say the truth: they are looked at one by one until their segment is made anew."""

from __future__ import annotations

from collections.abc import Mapping

from earmark.store.database import Session

BASE_BITS = 10
"""The smallest segment covers two to this power consecutive numbers of runs. Lies in stores."""


def touch(tx: Session, labels: Mapping[int, bytes | None]) -> None:
    """Say what the packed labels of runs become in this transaction; ``None`` for a run that goes.

    They stand here once more so that a reader finds them together. The stamp tells one change from the next: whoever
    has taken in the labels takes back only what was said before that.
    """
    tx.many(
        "INSERT INTO run_touched (seq, stamp, labels) VALUES (?, 0, ?) "
        "ON CONFLICT (seq) DO UPDATE SET stamp = run_touched.stamp + 1, labels = excluded.labels",
        sorted(labels.items()),
    )
