"""Backfills as pages show them. What a backfill's data holds is written by whoever works on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, cast

import msgspec

from earmark.decide.backfills import DEFAULT_IN_FLIGHT, DEFAULT_PRIORITY
from earmark.runs.backfill import FORMER_STATES
from earmark.store.ports import Store
from earmark.store.records import Backfill
from earmark.tags import system
from earmark.tags.query import Exact, Term, all_of
from earmark.tags.query.evaluate import Facts, predicate
from earmark.values.errors import did_you_mean
from earmark.values.keys import AssetKey
from earmark.views.faults import BadRequestError, ConflictError, NotFoundError
from earmark.views.listing import cut, read_query
from earmark.views.partitions import count_statuses, grid_of, spans_of
from earmark.views.shapes.assets import PartitionCounts, PartitionMap, PartitionStatus
from earmark.views.shapes.backfills import BackfillDetail, BackfillDetailStrip, BackfillRow, BackfillStatus
from earmark.views.shapes.common import Page
from earmark.views.values import error_of_raw, shown

_LOOKED_AT = 2_000
_TRIES = 20
_OPEN = ("queued", "running", "paused")
Action = Literal["cancel", "pause", "resume", "retry_failed", "tag"]


class BackfillPages:
    """Everything that pages about backfills ask.

    Args:
        store: The store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def facts(self) -> tuple[list[Backfill], list[Facts]]:
        """Return the latest backfills, and what each has in the fields of queries."""
        found = self._store.backfills.list(limit=_LOOKED_AT)
        return found, [_facts(one) for one in found]

    def find(self, q: str, cursor: str | None = None, limit: int = 50) -> Page[BackfillRow]:
        """Return a page of the backfills that a query matches, the latest first.

        Raises:
            QueryError: The query cannot be read.
        """
        fits = predicate(read_query("backfills", q), "backfill", self._store.clock())
        backfills, facts = self.facts()
        found = [one for one, own in zip(backfills, facts, strict=True) if fits(own)]
        return cut(found, cursor, limit, lambda part: [self.row(one) for one in part])

    def get(self, backfill_id: str) -> Backfill:
        """Return a backfill.

        Raises:
            NotFoundError: There is none of that id.
        """
        found = self._store.backfills.get(backfill_id)
        if found is None:
            raise NotFoundError(f"There is no backfill {backfill_id!r}.", backfill=backfill_id)
        return found

    def row(self, one: Backfill) -> BackfillRow:
        """Return a backfill as a row."""
        data, status = one.data, status_of(one)
        mine = Term("backfill", (Exact(one.id),))
        unfinished = Term("status", tuple(Exact(word) for word in ("queued", "starting", "running", "canceling")))
        assets = _texts(data.get("assets"))
        partitions = _texts(data.get("partitions"))
        tags = _tags(data)
        error = data.get("error")
        return BackfillRow(
            id=one.id,
            status=status,
            title=str(data.get("title") or _title(data, assets)),
            job=data.get("job") or data.get("job_name"),
            asset_count=len(assets),
            tags=shown(tags),
            priority=_whole(tags.get(system.PRIORITY, DEFAULT_PRIORITY)),
            created_at=one.created_at,
            ended_at=one.ended_at,
            author=data.get("author"),
            partitions=self._counts(data, partitions, max(1, len(assets))),
            runs=self._store.runs.count(mine),
            in_flight=self._store.runs.count(all_of([mine, unfinished])),
            error=None if not error else str(error.get("message") if isinstance(error, dict) else error),
            actions=actions_of(status),
        )

    def _counts(self, data: dict[str, Any], partitions: list[str], assets: int) -> PartitionCounts:
        known = data.get("counts")
        if isinstance(known, dict):
            names = PartitionCounts.__struct_fields__
            return PartitionCounts(**{name: int(known.get(name, 0)) for name in names})
        total = len(partitions) * assets
        return PartitionCounts(total=total, materialized=0, failed=0, running=0, missing=total)

    def detail(self, backfill_id: str) -> BackfillDetail:
        """Return a backfill's page.

        Raises:
            NotFoundError: There is none of that id.
        """
        one = self.get(backfill_id)
        row = self.row(one)
        partitions = _texts(one.data.get("partitions"))
        assets = _texts(one.data.get("assets"))
        return BackfillDetail(
            **{name: getattr(row, name) for name in BackfillRow.__struct_fields__},
            error_info=error_of_raw(one.data.get("error")),
            first=partitions[0] if partitions else "",
            last=partitions[-1] if partitions else "",
            max_in_flight=_whole(one.data.get("max_in_flight")) or DEFAULT_IN_FLIGHT,
            strips=[self._strip(one, asset, _partitions_of(one, asset, partitions)) for asset in assets]
            or [self._strip(one, None, partitions)],
        )

    def _strip(self, one: Backfill, asset: str | None, partitions: list[str]) -> BackfillDetailStrip:
        statuses = self._statuses(one, asset, partitions)
        return BackfillDetailStrip(
            asset=asset,
            dimensions=list(_dimensions_of(one, asset)),
            spans=spans_of(partitions, statuses),
            counts=count_statuses(statuses),
        )

    def grid(self, backfill_id: str, asset: str | None) -> PartitionMap:
        """Return how far a backfill has come with one asset of two dimensions, or with the job.

        Its rows and columns are the keys of the backfill. A cell that no span covers is none of the backfill's.

        Raises:
            NotFoundError: There is none of that id, or it does not fill the asset.
            BadRequestError: What it fills has not two dimensions.
        """
        one = self.get(backfill_id)
        if asset is not None and asset not in (assets := _texts(one.data.get("assets"))):
            known = did_you_mean(asset, assets)
            raise NotFoundError(f"The backfill does not fill {asset!r}.{known}", backfill=backfill_id, asset=asset)
        dimensions = _dimensions_of(one, asset)
        if len(dimensions) != 2:
            of = f"The partitions of {asset}" if asset else "The partitions of the backfill"
            raise BadRequestError(f"{of} have one dimension.", hint="Its strip shows all of it.")
        partitions = _partitions_of(one, asset, _texts(one.data.get("partitions")))
        return grid_of(dimensions, dict(zip(partitions, self._statuses(one, asset, partitions), strict=True)))

    def _statuses(self, one: Backfill, asset: str | None, partitions: list[str]) -> list[PartitionStatus]:
        return self._of_asset(one, asset, partitions) if asset else self._of_job(one, partitions)

    def _of_asset(self, one: Backfill, asset: str, partitions: list[str]) -> list[PartitionStatus]:
        """A partition counts as written only if that was since the backfill began."""
        states = {
            state.partition: state
            for state in self._store.assets.partitions(AssetKey.from_user_string(asset), among=partitions)
        }
        found: list[PartitionStatus] = []
        for key in partitions:
            state = states.get(key)
            if state is None or state.status == "missing":
                found.append("missing")
            elif state.status == "materialized":
                fresh = state.materialized_at is not None and state.materialized_at >= one.created_at
                found.append("materialized" if fresh else "missing")
            else:
                found.append("failed" if state.status == "failed" else "running")
        return found

    def _of_job(self, one: Backfill, partitions: list[str]) -> list[PartitionStatus]:
        latest: dict[str, PartitionStatus] = {}
        for run in reversed(self._store.runs.find(Term("backfill", (Exact(one.id),)), limit=10_000).runs):
            key = run.tags.get(system.PARTITION)
            if key is not None:
                latest[key] = "materialized" if run.is_success else "failed" if run.is_finished else "running"
        return [latest.get(key, "missing") for key in partitions]

    def act(self, backfill_id: str, action: str) -> None:
        """Pause, resume or cancel a backfill, or have its failed partitions tried again, perhaps from their failure.

        Raises:
            NotFoundError: There is none of that id, or no such action.
            ConflictError: It is in a state that does not allow it.
        """
        ends = {"cancel": "canceling", "pause": "paused", "resume": "running", "retry_failed": "running"}
        wanted = "retry_failed" if action == "retry_from_failure" else action
        if wanted not in ends:
            raise NotFoundError(f"There is no action {action!r}.{did_you_mean(action, ends)}", action=action)

        def change(one: Backfill) -> Backfill:
            status, data = status_of(one), dict(one.data)
            if wanted not in actions_of(status):
                raise ConflictError(f"The backfill is {status}; it cannot {wanted.replace('_', ' ')}.", status=status)
            if wanted == "retry_failed":
                data["retry_failed"] = True
            if action == "retry_from_failure":
                data["from_failure"] = True
            return msgspec.structs.replace(one, status=ends[wanted], data=data, ended_at=None)

        self._change(backfill_id, change)

    def edit(
        self, backfill_id: str, tags: dict[str, str] | None, priority: int | None, max_in_flight: int | None
    ) -> BackfillRow:
        """Change the tags, the priority or the width of a backfill; runs to come get them.

        Raises:
            NotFoundError: There is none of that id.
        """

        def change(one: Backfill) -> Backfill:
            data = dict(one.data)
            if tags is not None:
                data["tags"] = tags
            if priority is not None:
                data["tags"] = {**_tags(data), system.PRIORITY: str(priority)}
            if max_in_flight is not None:
                data["max_in_flight"] = max_in_flight
            return msgspec.structs.replace(one, data=data)

        return self.row(self._change(backfill_id, change))

    def _change(self, backfill_id: str, change: Callable[[Backfill], Backfill]) -> Backfill:
        """Change a backfill. Where the host notes its progress at the same time, it is looked at and changed again."""
        for _ in range(_TRIES):
            changed = self._store.backfills.update(change(self.get(backfill_id)))
            if changed is not None:
                return changed
        raise ConflictError("The backfill was changed meanwhile.", hint="Look at it again.", backfill=backfill_id)


def status_of(one: Backfill) -> BackfillStatus:
    """Return the state of a backfill, in the one word that there is for it."""
    return cast(BackfillStatus, FORMER_STATES.get(one.status, one.status))


def actions_of(status: BackfillStatus) -> list[Action]:
    """Return what can be done with a backfill as it stands."""
    if status == "paused":
        return ["cancel", "resume", "tag"]
    if status in _OPEN:
        return ["cancel", "pause", "tag"]
    return ["retry_failed"] if status in ("failed", "canceled") else []


def tags_of(one: Backfill) -> dict[str, str]:
    """Return the tags that a backfill gives to its runs."""
    return _tags(one.data)


def _tags(data: dict[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in (data.get("tags") or {}).items()}


def _texts(raw: Any) -> list[str]:
    return [str(one) for one in raw] if isinstance(raw, list | tuple) else []


def _dimensions_of(one: Backfill, asset: str | None) -> dict[str, list[str]]:
    """Return the keys in each of the two dimensions of what is filled; nothing if it has one."""
    return dict((one.data.get("dimensions") or {}).get(asset or "", {}))


def _partitions_of(one: Backfill, asset: str | None, partitions: list[str]) -> list[str]:
    """Return the partitions of an asset, which may be cut otherwise than what the backfill was asked for."""
    others = one.data.get("partitions_of") or {}
    return _texts(others[asset]) if asset in others else partitions


def _whole(raw: Any) -> int:
    try:
        return int(raw)
    except (TypeError, ValueError):
        return 0


def _title(data: dict[str, Any], assets: list[str]) -> str:
    job = data.get("job") or data.get("job_name")
    if job:
        return str(job)
    return assets[0] if len(assets) == 1 else f"{len(assets)} assets"


def _facts(one: Backfill) -> Facts:
    data = one.data
    job = data.get("job") or data.get("job_name")
    values = {
        "id": (one.id,),
        "status": (status_of(one),),
        "job": (str(job),) if job else (),
        "asset": _texts(data.get("assets")),
        "partition": _texts(data.get("partitions")),
        "user": (str(data["author"]),) if data.get("author") else (),
        "code_location": (str(data["location"]),) if data.get("location") else (),
    }
    amounts: dict[str, float] = {"created": one.created_at}
    if one.ended_at is not None:
        amounts |= {"ended": one.ended_at, "duration": one.ended_at - one.created_at}
    return Facts(_tags(data), values, amounts)
