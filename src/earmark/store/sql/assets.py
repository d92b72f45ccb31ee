"""What is known of assets, partitions and checks now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from earmark.events.envelope import Event
from earmark.store.database import Database, Row
from earmark.store.records import AssetState, CheckState, PartitionState
from earmark.store.rows import read_key, write_key
from earmark.values.keys import AssetCheckKey, AssetKey
from earmark.values.wire import decode

_ASSET = (
    "SELECT a.key, a.materialization, a.observation, a.failure, a.materialized_id, a.failed_id, r.id, a.changed_id "
    "FROM asset a LEFT JOIN run r ON r.seq = a.planned_run"
)
_STATUS = (
    "CASE WHEN p.planned_run IS NOT NULL THEN 'in_progress' "
    "WHEN p.failed_id IS NOT NULL AND p.failed_id > coalesce(p.materialized_id, 0) THEN 'failed' "
    "WHEN p.materialized_id IS NOT NULL THEN 'materialized' ELSE 'missing' END"
)
_COUNTS = (
    "count(p.planned_run), "
    "count(*) FILTER (WHERE p.planned_run IS NULL AND p.failed_id > coalesce(p.materialized_id, 0)), "
    "count(*) FILTER (WHERE p.planned_run IS NULL AND p.failed_id IS NULL AND p.materialized_id IS NULL)"
)
"""How many partitions are in progress, failed and missing, by the same rule; all others are materialized."""


class SqlAssets:
    """The port ``Assets``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: AssetKey) -> AssetState:
        """Return the state of an asset; one never heard of has an empty one."""
        return self.get_many([key])[key]

    def get_many(self, keys: Iterable[AssetKey]) -> dict[AssetKey, AssetState]:
        """Return the state of each asset."""
        wanted = list(keys)
        with self._database.read() as session:
            among, value = session.among([write_key(key) for key in wanted])
            rows = session.all(f"{_ASSET} WHERE a.key {among}", (value,))
        found = {state.key: state for state in map(_read_asset, rows)}
        return {key: found.get(key) or AssetState(key) for key in wanted}

    def all(self) -> list[AssetState]:
        """Return the state of every asset that an event has named, by key."""
        with self._database.read() as session:
            return [_read_asset(row) for row in session.all(f"{_ASSET} ORDER BY a.key")]

    def partitions(self, key: AssetKey, among: Sequence[str] | None = None) -> list[PartitionState]:
        """Return what is known of the partitions of an asset, by partition key; see ``Assets.partitions``."""
        sql = (
            f"SELECT partition, {_STATUS}, materialized_at, materialized_run, materialized_id, "
            "data_version, changed_id, code_version "
            "FROM asset_partition p WHERE asset_id = (SELECT id FROM asset WHERE key = ?)"
        )
        with self._database.read() as session:
            parameters: list[object] = [write_key(key)]
            if among is not None:
                those, value = session.among(among)
                sql += f" AND partition {those}"
                parameters.append(value)
            rows = session.all(f"{sql} ORDER BY partition", parameters)
        return [PartitionState(*row) for row in rows]

    def count_partitions(self, keys: Iterable[AssetKey]) -> dict[AssetKey, dict[str, int]]:
        """Return, for each asset, how many of its partitions are in each status."""
        wanted = list(keys)
        with self._database.read() as session:
            among, value = session.among([write_key(key) for key in wanted])
            rows = session.all(
                # Grouped by how the table is clustered, it is read once, in order, and nothing is sorted.
                f"SELECT a.key, c.* FROM (SELECT p.asset_id, count(*), {_COUNTS} FROM asset_partition p "
                f"WHERE p.asset_id IN (SELECT id FROM asset WHERE key {among}) GROUP BY p.asset_id) c "
                "JOIN asset a ON a.id = c.asset_id",
                (value,),
            )
        counts: dict[AssetKey, dict[str, int]] = {key: {} for key in wanted}
        for text, _, total, running, failed, missing in rows:
            found = {"in_progress": running, "failed": failed, "missing": missing}
            found["materialized"] = total - running - failed - missing
            counts[read_key(text)] = {status: number for status, number in found.items() if number}
        return counts

    def checks(self, keys: Iterable[AssetKey] | None = None) -> list[CheckState]:
        """Return the latest of the checks of some assets, or of all."""
        sql = (
            "SELECT a.key, c.name, c.evaluation, r.id FROM asset_check c JOIN asset a ON a.id = c.asset_id "
            "LEFT JOIN run r ON r.seq = c.planned_run"
        )
        with self._database.read() as session:
            parameters: list[object] = []
            if keys is not None:
                among, value = session.among([write_key(key) for key in keys])
                sql += f" WHERE a.key {among}"
                parameters.append(value)
            rows = session.all(f"{sql} ORDER BY a.key, c.name", parameters)
        return [
            CheckState(AssetCheckKey(read_key(text), name), _read_latest(evaluation), run_id)
            for text, name, evaluation, run_id in rows
        ]


def _read_asset(row: Row) -> AssetState:
    key, materialization, observation, failure, materialized_id, failed_id, run_id, changed_id = row
    failed = failed_id is not None and failed_id > (materialized_id or 0)
    return AssetState(
        read_key(key),
        _read_latest(materialization),
        _read_latest(observation),
        _read_latest(failure) if failed else None,
        run_id,
        changed_id,
    )


def _read_latest(data: bytes | None) -> Event | None:
    return None if data is None else decode(data, Event)
