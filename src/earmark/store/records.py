"""What the store keeps besides runs and events, as data."""

from __future__ import annotations

from typing import Any

import msgspec

from earmark.events.envelope import Event
from earmark.runs.run import DagsterRun
from earmark.values.clock import Micros
from earmark.values.keys import AssetCheckKey, AssetKey


class RunPage(msgspec.Struct, frozen=True):
    """Some of the runs that a query matches, in order.

    Args:
        runs: The runs.
        cursor: Where the next page begins, or ``None`` if this is the last.
    """

    runs: tuple[DagsterRun, ...]
    cursor: str | None = None


class EventPage(msgspec.Struct, frozen=True):
    """Some events, oldest first, and where to read on; ``cursor`` is set even when there is nothing new yet."""

    events: tuple[Event, ...]
    cursor: str


class AssetState(msgspec.Struct, frozen=True):
    """The latest that is known of an asset. It outlives the runs it came from.

    Args:
        key: The asset.
        materialization: The latest event of kind ``AssetMaterialized``.
        observation: The latest event of kind ``AssetObserved``.
        failure: The latest event of kind ``AssetFailedToMaterialize``, if nothing was materialized since.
        planned_run_id: The unfinished run that intends to materialize it.
        changed_id: The event since which its data is of its present version, of an asset without partitions.
    """

    key: AssetKey
    materialization: Event | None = None
    observation: Event | None = None
    failure: Event | None = None
    planned_run_id: str | None = None
    changed_id: int | None = None


class PartitionState(msgspec.Struct, frozen=True):
    """What is known of one partition of an asset.

    Args:
        partition: The partition key.
        status: ``materialized``, ``failed``, ``in_progress`` or ``missing``.
        materialized_at: When it was last materialized, whatever came after.
        run_id: The run that last materialized it.
        event_id: The number of that event.
        data_version: The data version it then had, or was last observed to have.
        changed_id: The number of the event since which it has that version.
        code_version: The version of the code that last materialized it.
    """

    partition: str
    status: str
    materialized_at: Micros | None = None
    run_id: str | None = None
    event_id: int | None = None
    data_version: str | None = None
    changed_id: int | None = None
    code_version: str | None = None


class CheckState(msgspec.Struct, frozen=True):
    """The latest evaluation of a check, and the unfinished run that intends another."""

    key: AssetCheckKey
    evaluation: Event | None = None
    planned_run_id: str | None = None


class TagCount(msgspec.Struct, frozen=True):
    """A tag that runs carry, and how many do. ``value`` is ``None`` where all values of a key are counted."""

    key: str
    value: str | None
    runs: int


class Lease(msgspec.Struct, frozen=True):
    """Who leads, in which epoch, until when."""

    name: str
    holder: str
    epoch: int
    expires_at: Micros


class RunLease(msgspec.Struct, frozen=True):
    """Which worker holds a run, until when, and what finds that worker again."""

    run_id: str
    holder: str
    expires_at: Micros
    data: dict[str, Any] = {}


class Slot(msgspec.Struct, frozen=True):
    """A place in a pool: taken by a step, or asked for while ``granted_at`` is ``None``."""

    pool: str
    run_id: str
    step_key: str
    priority: int
    asked_at: Micros
    granted_at: Micros | None
    expires_at: Micros


class Setting(msgspec.Struct, frozen=True):
    """A setting as it stands: who set it, and when."""

    key: str
    value: Any
    author: str
    changed_at: Micros


class SettingChange(msgspec.Struct, frozen=True):
    """One change of a setting; ``after`` is ``None`` where it was removed."""

    key: str
    before: Any
    after: Any
    author: str
    changed_at: Micros


class Instigator(msgspec.Struct, frozen=True, omit_defaults=True):
    """A schedule, sensor or condition: whether it is on, and how far it has come.

    Args:
        id: Unique among all locations, such as ``location:name``.
        kind: ``schedule``, ``sensor`` or ``automation``.
        status: ``running`` or ``stopped``.
        cursor: What its next evaluation is given.
        data: Whatever else its loop remembers.
    """

    id: str
    kind: str
    name: str
    location: str
    status: str
    cursor: str | None = None
    data: dict[str, Any] = {}
    changed_at: Micros = Micros(0)

    @property
    def is_running(self) -> bool:
        """Whether it is on."""
        return self.status == "running"

    @property
    def since(self) -> Micros:
        """When it was switched on."""
        return Micros(int(self.data.get("since", self.changed_at)))

    def switched(self, running: bool, now: Micros) -> Instigator:
        """Return it switched on or off; one that is so already stays as it is.

        A schedule that is switched on begins from now: the ticks of the time in which it was off are not its. A sensor
        keeps its cursor, so its next evaluation sees what happened meanwhile.

        Example:
            >>> nightly = Instigator("shop:nightly", "schedule", "nightly", "shop", "stopped")
            >>> nightly.switched(True, Micros(7)).data
            {'since': 7}
        """
        if running is self.is_running and (not running or "since" in self.data):
            return self
        data = {key: value for key, value in self.data.items() if key not in ("since", "last_due")}
        if running:
            data["since"] = now
        return msgspec.structs.replace(self, status="running" if running else "stopped", data=data)


class Tick(msgspec.Struct, frozen=True, omit_defaults=True):
    """One evaluation of a schedule, sensor or condition.

    Args:
        id: The tick's id.
        instigator: The id of what ticked.
        kind: ``schedule``, ``sensor`` or ``automation``.
        status: ``started``, ``succeeded``, ``skipped`` or ``failed``.
        created_at: When the evaluation began.
        due_at: The instant it stands for; at most one tick per instigator and instant.
        ended_at: When the evaluation ended.
        data: Run ids, the reason of a skip, an error, a cursor, log lines.
    """

    id: str
    instigator: str
    kind: str
    status: str
    created_at: Micros
    due_at: Micros | None = None
    ended_at: Micros | None = None
    data: dict[str, Any] = {}


class Backfill(msgspec.Struct, frozen=True, omit_defaults=True):
    """A backfill and how far it has come; ``version`` is the store's, and grows with each change."""

    id: str
    status: str
    created_at: Micros
    ended_at: Micros | None = None
    data: dict[str, Any] = {}
    version: int = 0


class AccessToken(msgspec.Struct, frozen=True, omit_defaults=True):
    """A token or a session, known by the digest of its secret."""

    id: str
    kind: str
    owner: str
    digest: bytes
    created_at: Micros
    expires_at: Micros | None = None
    data: dict[str, Any] = {}


class AuditEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who did what, when."""

    id: int
    at: Micros
    author: str
    action: str
    data: dict[str, Any] = {}


class Waiting(msgspec.Struct, frozen=True):
    """A run in the queue, with what admission needs to know of it."""

    seq: int
    run_id: str
    job_name: str
    priority: int
    queued_at: Micros
    tags: dict[str, str]
    code_location: str | None = None
    pools: tuple[str, ...] = ()
