"""How the loops of hosts stand, in the words of a page."""

from __future__ import annotations

from collections.abc import Sequence

from earmark.locations.heartbeats import SILENT, HostBeat, LoopBeat
from earmark.values.clock import Micros
from earmark.views.shapes.deployment import DaemonRow

_SECOND = 1_000_000
_OVERDUE = Micros(60 * _SECOND)
"""How much later than it should a loop may look, and how long a look may take, before it counts as stuck."""

_DOES = {
    "queue": "Admits queued runs.",
    "rescue": "Ends runs whose workers are lost or overdue.",
    "retries": "Has failed runs executed again.",
    "schedules": "Begins ticks of schedules.",
    "sensors": "Begins ticks of sensors and conditions.",
    "backfills": "Cuts backfills into runs.",
    "prune": "Deletes what was kept for long enough.",
    "locations": "Says how code locations stand, and asks them what servers without the code want to know.",
}

NOBODY = DaemonRow(
    name="queue",
    is_healthy=False,
    is_leader=False,
    host="",
    pid=None,
    version=None,
    epoch=None,
    started_at=None,
    last_beat=None,
    last_look=None,
    looks=0,
    interval=1.0,
    detail=_DOES["queue"],
    error="Nobody does it: no host works on this store. Start `earmark dev` or `earmark daemon`.",
    last_error=None,
    last_error_at=None,
)
"""What is shown where there is no host at all."""


def daemon_row(beat: HostBeat, loop: LoopBeat, now: Micros) -> DaemonRow:
    """Return a loop as a row."""
    error = _illness(beat, loop, now)
    return DaemonRow(
        name=loop.name,
        is_healthy=error is None,
        is_leader=beat.epoch is not None and not _is_silent(beat, now),
        host=beat.host,
        pid=beat.pid,
        version=beat.version,
        epoch=beat.epoch,
        started_at=beat.started_at,
        last_beat=beat.at,
        last_look=loop.looked_at,
        looks=loop.looks,
        interval=loop.every,
        detail=_DOES.get(loop.name),
        error=error,
        last_error=loop.error or None,
        last_error_at=loop.failed_at,
    )


def count_ill(rows: Sequence[DaemonRow]) -> int:
    """Count the loops that are ill; those of a host that stands by, or is gone, count only where none leads."""
    is_led = any(row.is_leader for row in rows)
    return sum(not row.is_healthy and (row.is_leader or not is_led) for row in rows)


def _is_silent(beat: HostBeat, now: Micros) -> bool:
    return now - beat.at > SILENT


def _illness(beat: HostBeat, loop: LoopBeat, now: Micros) -> str | None:
    """Return what is wrong with a loop, in words; ``None`` if nothing is."""
    if _is_silent(beat, now):
        return f"Its host has said nothing for {(now - beat.at) // _SECOND} seconds."
    if not loop.is_alive:
        return f"Its thread has ended. {loop.error}".strip()
    if loop.looking_since is not None:
        took = beat.at - loop.looking_since
        return f"One look goes on for {took // _SECOND} seconds." if took > _OVERDUE else None
    if loop.looked_at is None:
        return None
    if beat.at - loop.looked_at > loop.every * _SECOND + _OVERDUE:
        return f"It has not looked for {(beat.at - loop.looked_at) // _SECOND} seconds."
    return loop.error if loop.failed_at is not None and loop.failed_at >= loop.looked_at else None
