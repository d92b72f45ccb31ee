"""Runs of which segments no longer say the truth: they are looked at one by one until their segment is made anew."""

from __future__ import annotations

from collections.abc import Iterable

from earmark.store.database import Session

BASE_BITS = 10
"""The smallest segment covers two to this power consecutive numbers of runs. Lies in stores."""


def touch(tx: Session, numbers: Iterable[int]) -> None:
    """Say that the labels of runs change, or the runs go, in this transaction.

    The stamp tells one change from the next: whoever has read the labels takes back only what was said before that.
    """
    tx.many(
        "INSERT INTO run_touched (seq, stamp) VALUES (?, 0) "
        "ON CONFLICT (seq) DO UPDATE SET stamp = run_touched.stamp + 1",
        [(number,) for number in sorted(numbers)],
    )
