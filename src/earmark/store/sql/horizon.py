"""Up to which transaction the log of a PostgreSQL store can no longer change.

Every event carries the number of its transaction (``xid``). Numbers are handed out when transactions begin, and these
end in any order, so that a reader may only go as far as the lowest number of a writer that is still open. The server's
own answer (``pg_snapshot_xmin``) would do, but counts every transaction of every database on it: somebody's migration
over night would hold back all who follow the log. Hence each writer says that it is one: before it gets its
number it takes the shared advisory lock :data:`WRITERS`, and holds it to its end.

A reader asks, in this order and each in a statement of its own:

1. for a snapshot, and then for who holds the lock and their numbers (the snapshot is taken as the statement begins);
2. for the events below the horizon that this gives.

Why nothing is passed over, for a writer and the moment at which the locks were read:

* it had ended: it let go of its locks after it became visible, so the events that are read then contain its own;
* it held the lock and its number is known: the horizon is not above it;
* it held the lock and its number could not be seen, since the two are not taken or let go of in one instant: it is
  asked again, and in the end the server's own answer is taken;
* it had not yet taken the lock: it got its number later, so that is not below the end of the snapshot, and the horizon
  is never above that end.
"""

from __future__ import annotations

from earmark.store.database import Row, Session

WRITERS = 7_300_000_002
"""The advisory lock that whoever writes shares with the others who do."""

_TRIES = 8

# One reading of pg_locks: it is a function that looks anew each time it is named.
_OPEN = f"""
WITH held AS MATERIALIZED (
  SELECT locktype, virtualtransaction, transactionid, (classid::bigint << 32) | objid::bigint AS key
  FROM pg_locks
  WHERE granted AND (
    locktype = 'transactionid' AND mode = 'ExclusiveLock'
    OR locktype = 'advisory' AND objsubid = 1 AND database = (
      SELECT oid FROM pg_database WHERE datname = current_database()))
)
SELECT pg_snapshot_xmin(pg_current_snapshot())::text, pg_snapshot_xmax(pg_current_snapshot())::text,
  writer.virtualtransaction, number.transactionid::text
FROM (VALUES (1)) one
LEFT JOIN held writer ON writer.locktype = 'advisory' AND writer.key = {WRITERS}
LEFT JOIN held number ON number.locktype = 'transactionid' AND number.virtualtransaction = writer.virtualtransaction
"""


def horizon(session: Session) -> int:
    """Return the transaction below which nothing changes, for what is read by a later statement."""
    for _ in range(_TRIES):
        rows = session.all(_OPEN)
        found = horizon_of(rows)
        if found is not None:
            return found
    return int(rows[0][0])


def horizon_of(rows: list[Row]) -> int | None:
    """Return the horizon from the ends of a snapshot and the open writers; ``None`` if the number of one is not seen.

    Args:
        rows: The lowest open transaction and the next one, then a writer and its number, which lacks the epoch; a row
            without a writer where there is none.

    Example:
        >>> horizon_of([("90", "100", None, None)])
        100
        >>> horizon_of([("90", "100", "3/7", "95"), ("90", "100", "4/2", "102")])
        95
        >>> horizon_of([("90", "100", "3/7", None)]) is None
        True
        >>> horizon_of([("4294967290", "4294967300", "3/7", "2")]) == 2**32 + 2
        True
    """
    end = int(rows[0][1])
    numbers = [end]
    for _, _, writer, number in rows:
        if writer is None:
            continue
        if number is None:
            return None
        numbers.append(end + _signed(int(number) - end))
    return min(numbers)


def _signed(difference: int) -> int:
    """Return a difference of two numbers of which one lacks the epoch: they never are 2**31 apart."""
    return (difference + 2**31) % 2**32 - 2**31
