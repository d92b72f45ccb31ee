"""Events -> the state of assets, partitions and checks, in the transaction that stores the events.

Whoever writes about an asset holds its row until commit, so the events of one asset are numbered in commit order and
"the latest" needs no comparison.
"""

from __future__ import annotations

from collections.abc import Iterable

from earmark.events.envelope import Event
from earmark.events.kinds import (
    AssetCheckEvaluated,
    AssetCheckPlanned,
    AssetFailedToMaterialize,
    AssetMaterializationPlanned,
    AssetMaterialized,
    AssetObserved,
    AssetWiped,
)
from earmark.store.database import Session
from earmark.store.rows import write_json, write_key
from earmark.values.keys import AssetKey
from earmark.values.states import DagsterRunStatus


class AssetNumbers:
    """Numbers of assets. Remembers what is committed."""

    def __init__(self) -> None:
        self._known: dict[AssetKey, int] = {}

    def of(self, tx: Session, keys: set[AssetKey]) -> dict[AssetKey, int]:
        """Return the number of each asset, giving numbers to those that have none."""
        known = self._known
        found = {key: known[key] for key in keys if key in known}
        if len(found) == len(keys):
            return found
        texts = {write_key(key): key for key in keys if key not in found}
        fresh = self._look_up(tx, texts)
        unnumbered = sorted(texts.keys() - {write_key(key) for key in fresh})
        if unnumbered:
            first = tx.take_numbers("asset", len(unnumbered))
            tx.many(
                "INSERT INTO asset (id, key) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
                [(first + offset, text) for offset, text in enumerate(unnumbered)],
            )
            fresh.update(self._look_up(tx, {text: texts[text] for text in unnumbered}))
        tx.after_commit.append(lambda: known.update(fresh))
        found.update(fresh)
        return found

    @staticmethod
    def _look_up(tx: Session, texts: dict[str, AssetKey]) -> dict[AssetKey, int]:
        among, value = tx.among(texts)
        return {
            texts[text]: number for number, text in tx.all(f"SELECT id, key FROM asset WHERE key {among}", (value,))
        }


def lock_assets(tx: Session, numbers: Iterable[int]) -> None:
    """Hold the rows of assets until commit, in the one order that all writers keep."""
    if tx.dialect == "sqlite":
        return
    among, value = tx.among(sorted(set(numbers)))
    tx.all(f"SELECT id FROM asset WHERE id {among} ORDER BY id FOR UPDATE", (value,))


_CHANGED = "changed_id = CASE WHEN data_version = ? THEN changed_id ELSE ? END, data_version = ?"
"""An asset whose data is of another version than before, or of none that is known, has changed."""
_PARTITION_CHANGED = (
    "changed_id = CASE WHEN asset_partition.data_version = excluded.data_version THEN asset_partition.changed_id "
    "ELSE excluded.changed_id END, data_version = excluded.data_version"
)


def fold_asset(tx: Session, event: Event, run_seq: int | None, asset: int, partition: str | None) -> None:
    """Bring the rows of an asset, its partition or its check up to date with an event about it."""
    match event.fact:
        case AssetMaterialized():
            _materialized(tx, event, event.fact, run_seq, asset, partition)
        case AssetObserved():
            _observed(tx, event, event.fact, asset, partition)
        case AssetMaterializationPlanned():
            if not event.late:  # nothing would ever clear it
                _planned(tx, event, run_seq, asset, partition)
        case AssetFailedToMaterialize():
            _failed(tx, event, run_seq, asset, partition)
        case AssetWiped():
            _wiped(tx, event, event.fact, asset)
        case AssetCheckPlanned():
            if not event.late:
                tx.run(
                    "INSERT INTO asset_check (asset_id, name, planned_id, planned_run) VALUES (?, ?, ?, ?) "
                    "ON CONFLICT (asset_id, name) DO UPDATE "
                    "SET planned_id = excluded.planned_id, planned_run = excluded.planned_run",
                    (asset, event.fact.check_key.name, event.id, run_seq),
                )
        case AssetCheckEvaluated():
            tx.run(
                "INSERT INTO asset_check (asset_id, name, evaluated_id, evaluation) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (asset_id, name) DO UPDATE SET evaluated_id = excluded.evaluated_id, "
                "evaluation = excluded.evaluation, planned_run = NULL",
                (asset, event.fact.evaluation.check_name, event.id, write_json(event)),
            )
        case _:
            pass


def _materialized(
    tx: Session, event: Event, fact: AssetMaterialized, run_seq: int | None, asset: int, partition: str | None
) -> None:
    tx.run(
        f"UPDATE asset SET materialized_id = ?, materialized_at = ?, materialization = ?, {_CHANGED}, "
        # A run may have planned several partitions of the asset; only the whole asset is done with one event.
        "planned_run = CASE WHEN planned_run = ? THEN NULL ELSE planned_run END WHERE id = ?",
        (
            event.id,
            event.timestamp,
            write_json(event),
            *_version(event, fact.data_version, partition),
            run_seq if partition is None else -1,
            asset,
        ),
    )
    if partition is None:
        return
    tx.run(
        "INSERT INTO asset_partition (asset_id, partition, materialized_id, materialized_at, materialized_run, "
        "data_version, changed_id, code_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (asset_id, partition) DO UPDATE SET "
        "materialized_id = excluded.materialized_id, materialized_at = excluded.materialized_at, "
        f"materialized_run = excluded.materialized_run, {_PARTITION_CHANGED}, "
        "code_version = excluded.code_version, planned_run = NULL",
        (
            asset,
            partition,
            event.id,
            event.timestamp,
            event.run_id,
            fact.data_version,
            event.id,
            fact.code_version,
        ),
    )


def _observed(tx: Session, event: Event, fact: AssetObserved, asset: int, partition: str | None) -> None:
    found: tuple[object, ...] = (event.id, write_json(event))
    if fact.data_version is None:
        tx.run("UPDATE asset SET observed_id = ?, observation = ? WHERE id = ?", (*found, asset))
        return
    tx.run(
        f"UPDATE asset SET observed_id = ?, observation = ?, {_CHANGED} WHERE id = ?",
        (*found, *_version(event, fact.data_version, partition), asset),
    )
    if partition is not None:
        tx.run(
            "INSERT INTO asset_partition (asset_id, partition, data_version, changed_id) VALUES (?, ?, ?, ?) "
            f"ON CONFLICT (asset_id, partition) DO UPDATE SET {_PARTITION_CHANGED}",
            (asset, partition, fact.data_version, event.id),
        )


def _version(event: Event, version: str | None, partition: str | None) -> tuple[str | None, int, str | None]:
    """Return the parameters of ``_CHANGED``. Versions of different partitions say nothing about each other."""
    known = version if partition is None else None
    return known, event.id, known


def _planned(tx: Session, event: Event, run_seq: int | None, asset: int, partition: str | None) -> None:
    tx.run("UPDATE asset SET planned_id = ?, planned_run = ? WHERE id = ?", (event.id, run_seq, asset))
    if partition is not None:
        tx.run(
            "INSERT INTO asset_partition (asset_id, partition, planned_id, planned_run) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (asset_id, partition) DO UPDATE "
            "SET planned_id = excluded.planned_id, planned_run = excluded.planned_run",
            (asset, partition, event.id, run_seq),
        )


def _failed(tx: Session, event: Event, run_seq: int | None, asset: int, partition: str | None) -> None:
    tx.run(
        "UPDATE asset SET failed_id = ?, failure = ?, "
        "planned_run = CASE WHEN planned_run = ? THEN NULL ELSE planned_run END WHERE id = ?",
        (event.id, write_json(event), run_seq if partition is None else -1, asset),
    )
    if partition is not None:
        tx.run(
            "INSERT INTO asset_partition (asset_id, partition, failed_id) VALUES (?, ?, ?) "
            "ON CONFLICT (asset_id, partition) DO UPDATE SET failed_id = excluded.failed_id, planned_run = NULL",
            (asset, partition, event.id),
        )


def _wiped(tx: Session, event: Event, fact: AssetWiped, asset: int) -> None:
    if fact.partitions is not None:
        among, value = tx.among(fact.partitions)
        tx.run(f"DELETE FROM asset_partition WHERE asset_id = ? AND partition {among}", (asset, value))
        return
    tx.run("DELETE FROM asset_partition WHERE asset_id = ?", (asset,))
    tx.run(
        "UPDATE asset SET wiped_id = ?, materialized_id = NULL, materialized_at = NULL, materialization = NULL, "
        "observed_id = NULL, observation = NULL, failed_id = NULL, failure = NULL, changed_id = NULL, "
        "data_version = NULL WHERE id = ?",
        (event.id, asset),
    )


def end_plans(tx: Session, run_seq: int, end: Event, status: DagsterRunStatus) -> None:
    """Settle what a run had planned and did not do, now that it has ended by the event ``end``."""
    if status is DagsterRunStatus.FAILURE:
        tx.run(
            "UPDATE asset SET failed_id = ?, failure = ?, planned_run = NULL WHERE planned_run = ?",
            (end.id, write_json(end), run_seq),
        )
        tx.run("UPDATE asset_partition SET failed_id = ?, planned_run = NULL WHERE planned_run = ?", (end.id, run_seq))
    else:
        tx.run("UPDATE asset SET planned_run = NULL WHERE planned_run = ?", (run_seq,))
        tx.run("UPDATE asset_partition SET planned_run = NULL WHERE planned_run = ?", (run_seq,))
    tx.run("UPDATE asset_check SET planned_run = NULL WHERE planned_run = ?", (run_seq,))
