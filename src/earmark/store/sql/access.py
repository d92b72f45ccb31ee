"""Tokens and sessions, and who did what."""

from __future__ import annotations

from typing import Any

from earmark.store.database import Database, Row, Session
from earmark.store.records import AccessToken, AuditEntry
from earmark.values.clock import Clock, Micros
from earmark.values.wire import decode, encode

_TOKEN = "SELECT id, kind, owner, digest, created_at, expires_at, data FROM access_token"


class SqlAccessTokens:
    """The port ``AccessTokens``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, token: AccessToken) -> None:
        """Keep a token."""
        sql = "INSERT INTO access_token VALUES (?, ?, ?, ?, ?, ?, ?)"
        row = (token.id, token.kind, token.owner, token.digest, token.created_at, token.expires_at, encode(token.data))
        self._database.write(lambda tx: tx.run(sql, row))

    def by_digest(self, digest: bytes) -> AccessToken | None:
        """Return the token whose secret has this digest, expired or not, or ``None``."""
        with self._database.read() as session:
            row = session.one(f"{_TOKEN} WHERE digest = ?", (digest,))
        return None if row is None else _read_token(row)

    def list(self, owner: str | None = None) -> list[AccessToken]:
        """Return tokens, of one owner or of all, the oldest first."""
        condition, parameters = (" WHERE owner = ?", [owner]) if owner is not None else ("", [])
        with self._database.read() as session:
            return [_read_token(row) for row in session.all(f"{_TOKEN}{condition} ORDER BY created_at, id", parameters)]

    def remove(self, token_id: str) -> bool:
        """Forget a token; return whether there was one."""
        return self._database.write(lambda tx: tx.run("DELETE FROM access_token WHERE id = ?", (token_id,))) == 1


class SqlAudit:
    """The port ``Audit``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, author: str, action: str, data: dict[str, Any] | None = None) -> None:
        """Note that somebody did something."""

        def work(tx: Session) -> None:
            number = tx.take_numbers("audit", 1)
            tx.run(
                "INSERT INTO audit (id, at, author, action, data) VALUES (?, ?, ?, ?, ?)",
                (number, self._clock(), author, action, encode(data or {})),
            )

        self._database.write(work)

    def list(self, *, before: int | None = None, since: Micros | None = None, limit: int = 100) -> list[AuditEntry]:
        """Return what was done, the latest first."""
        with self._database.read() as session:
            rows = session.all(
                "SELECT id, at, author, action, data FROM audit WHERE id < ? AND at >= ? ORDER BY id DESC LIMIT ?",
                (1 << 62 if before is None else before, 0 if since is None else since, limit),
            )
        return [AuditEntry(row[0], row[1], row[2], row[3], decode(row[4], dict[str, Any])) for row in rows]


def _read_token(row: Row) -> AccessToken:
    return AccessToken(row[0], row[1], row[2], row[3], row[4], row[5], decode(row[6], dict[str, Any]))
