"""Leadership by lease, and slots of pools."""

from __future__ import annotations

from earmark.store.database import Database, Session
from earmark.store.records import Lease, Slot
from earmark.values.clock import Clock, Micros
from earmark.values.errors import LeaseLostError


class SqlLeases:
    """The port ``Leases``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def acquire(self, name: str, holder: str, seconds: float) -> Lease | None:
        """Take or renew a lease; see ``Leases.acquire``."""
        return self._database.write(lambda tx: self._acquire(tx, name, holder, seconds))

    def release(self, lease: Lease) -> bool:
        """Give a lease back before it runs out, if it is still held."""
        sql = "UPDATE lease SET expires_at = 0, holder = NULL WHERE name = ? AND holder = ? AND epoch = ?"
        return self._database.write(lambda tx: tx.run(sql, (lease.name, lease.holder, lease.epoch))) == 1

    def get(self, name: str) -> Lease | None:
        """Return who holds a lease now, or ``None``."""
        with self._database.read() as session:
            row = session.one("SELECT name, holder, epoch, expires_at FROM lease WHERE name = ?", (name,))
        if row is None or row[1] is None or row[3] <= self._clock():
            return None
        return Lease(*row)

    def require(self, lease: Lease) -> None:
        """Hold on to a lease until the transaction ends; see ``Leases.require``."""
        self._database.write(lambda tx: self._require(tx, lease))

    def claim_slot(
        self,
        pool: str,
        run_id: str,
        step_key: str,
        *,
        limit: int,
        priority: int = 0,
        seconds: float = 60.0,
        by_run: bool = False,
    ) -> Slot:
        """Ask for a slot of a pool, or ask again; see ``Leases.claim_slot``."""
        return self._database.write(
            lambda tx: self._claim_slot(tx, pool, run_id, step_key, limit, priority, seconds, by_run)
        )

    def renew_slots(self, run_id: str, seconds: float = 60.0) -> int:
        """Keep the slots of a run, and its places in line, for some more seconds; return how many."""
        until = self._after(seconds)
        sql = "UPDATE slot SET expires_at = ? WHERE run_id = ?"
        return self._database.write(lambda tx: tx.run(sql, (until, run_id)))

    def free_slot(self, pool: str, run_id: str, step_key: str) -> None:
        """Give a slot, or a place in line, back."""

        def work(tx: Session) -> None:
            tx.run("DELETE FROM slot WHERE pool = ? AND run_id = ? AND step_key = ?", (pool, run_id, step_key))
            tx.notify("slots")

        self._database.write(work)

    def slots(self, pool: str | None = None) -> list[Slot]:
        """Return slots, taken and asked for, in the order in which they were or will be given."""
        condition, parameters = ("WHERE pool = ? AND ", [pool]) if pool is not None else ("WHERE ", [])
        with self._database.read() as session:
            rows = session.all(
                f"SELECT pool, run_id, step_key, priority, asked_at, granted_at, expires_at FROM slot {condition}"
                "expires_at > ? ORDER BY pool, granted_at IS NULL, granted_at, priority DESC, asked_at",
                (*parameters, self._clock()),
            )
        return [Slot(*row) for row in rows]

    def _acquire(self, tx: Session, name: str, holder: str, seconds: float) -> Lease | None:
        now, until = self._clock(), self._after(seconds)
        tx.run("INSERT INTO lease (name, epoch, expires_at) VALUES (?, 0, 0) ON CONFLICT (name) DO NOTHING", (name,))
        row = tx.one("SELECT holder, epoch, expires_at FROM lease WHERE name = ?" + tx.lock, (name,))
        current, epoch, expires = row if row else (None, 0, 0)
        if current is not None and current != holder and expires > now:
            return None
        # Its own lease that has run out counts as a new one: somebody may have looked in between.
        renewed = current == holder and expires > now
        epoch = epoch if renewed else epoch + 1
        tx.run("UPDATE lease SET holder = ?, epoch = ?, expires_at = ? WHERE name = ?", (holder, epoch, until, name))
        return Lease(name, holder, epoch, until)

    def _require(self, tx: Session, lease: Lease) -> None:
        row = tx.one("SELECT holder, epoch, expires_at FROM lease WHERE name = ?" + tx.lock, (lease.name,))
        if row is None or row[:2] != (lease.holder, lease.epoch) or row[2] <= self._clock():
            raise LeaseLostError(
                f"{lease.holder} no longer holds {lease.name} in epoch {lease.epoch}; nothing was written.",
                name=lease.name,
                holder=row[0] if row else None,
                epoch=row[1] if row else None,
            )

    def _claim_slot(
        self,
        tx: Session,
        pool: str,
        run_id: str,
        step_key: str,
        limit: int,
        priority: int,
        seconds: float,
        by_run: bool,
    ) -> Slot:
        now, until = self._clock(), self._after(seconds)
        # One row per pool is held by whoever counts its slots, so that two cannot take the last one.
        tx.run(
            "INSERT INTO lease (name, epoch, expires_at) VALUES (?, 0, 0) ON CONFLICT (name) DO NOTHING",
            (f"pool:{pool}",),
        )
        tx.one("SELECT 1 FROM lease WHERE name = ?" + tx.lock, (f"pool:{pool}",))
        tx.run("DELETE FROM slot WHERE pool = ? AND expires_at <= ?", (pool, now))
        tx.run(
            "INSERT INTO slot (pool, run_id, step_key, priority, asked_at, expires_at) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (pool, run_id, step_key) DO UPDATE SET expires_at = excluded.expires_at, "
            "priority = excluded.priority",
            (pool, run_id, step_key, priority, now, until),
        )
        free = self._free(tx, pool, run_id, limit, by_run)
        if free > 0:
            tx.run(
                "UPDATE slot SET granted_at = ? WHERE pool = ? AND run_id = ? AND step_key = ? AND granted_at IS NULL "
                "AND (SELECT count(*) FROM slot o WHERE o.pool = slot.pool AND o.granted_at IS NULL AND "
                "(o.priority > slot.priority OR (o.priority = slot.priority AND "
                "(o.asked_at < slot.asked_at OR (o.asked_at = slot.asked_at AND "
                "(o.run_id < slot.run_id OR (o.run_id = slot.run_id AND o.step_key < slot.step_key))))))) < ?",
                (now, pool, run_id, step_key, free),
            )
        row = tx.one(
            "SELECT pool, run_id, step_key, priority, asked_at, granted_at, expires_at FROM slot "
            "WHERE pool = ? AND run_id = ? AND step_key = ?",
            (pool, run_id, step_key),
        )
        return Slot(*row)  # type: ignore[misc]

    @staticmethod
    def _free(tx: Session, pool: str, run_id: str, limit: int, by_run: bool) -> int:
        """Return how many slots of a pool a run may have now."""
        granted = "FROM slot WHERE pool = ? AND granted_at IS NOT NULL"
        if limit < 0 or (by_run and tx.one(f"SELECT 1 {granted} AND run_id = ? LIMIT 1", (pool, run_id)) is not None):
            return 1 << 30
        taken: int = tx.value(f"SELECT count({'DISTINCT run_id' if by_run else '*'}) {granted}", (pool,))
        return limit - taken

    def _after(self, seconds: float) -> Micros:
        return Micros(self._clock() + round(seconds * 1_000_000))
