"""Tokens and sessions: made, kept as digests, recognised, revoked."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any, Literal

from earmark.server.problems import NotLoggedInError
from earmark.server.tries import Tries
from earmark.store.ports import Store
from earmark.store.records import AccessToken
from earmark.system.ids import new_id
from earmark.tags.query import Node, parse
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvariantViolationError, SettingsError, did_you_mean

Role = Literal["viewer", "operator", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "operator", "admin")
"""The roles; each may what the ones before it may."""

COOKIE = "earmark_session"
_MARK = "em"
_REMEMBERED = 60.0


@dataclass(frozen=True, slots=True)
class Access:
    """Who calls, and what they may do.

    Args:
        user: Who they are.
        role: What they may do.
        narrowed_to: The query over runs that narrows it, as text.
        narrowed: The same, as a tree.
        session: The id of the session, if it is one.
        token: The id of the token that they came or logged in with, if a token is needed.
    """

    user: str
    role: Role
    narrowed_to: str | None = None
    narrowed: Node | None = None
    session: str | None = None
    token: str | None = None

    def has(self, role: Role) -> bool:
        """Say whether they may do what a role may."""
        return ROLES.index(self.role) >= ROLES.index(role)


def create_token(
    store: Store, owner: str, role: str, *, narrowed_to: str | None = None, expires_at: Micros | None = None
) -> tuple[AccessToken, str]:
    """Make a token.

    Args:
        store: Where it is kept, hashed.
        owner: Whose it is; the author of what is done with it.
        role: ``viewer``, ``operator`` or ``admin``.
        narrowed_to: A query over runs: it may only act on what that matches, and launch only such runs.
        expires_at: Until when it holds.

    Returns:
        The token as kept, and its text: shown once, and nowhere to be found afterwards.

    Raises:
        SettingsError: There is no such role, or the owner is nobody.
        QueryError: The query cannot be read.

    Example:
        >>> from earmark.store.open import open_store
        >>> store = open_store("memory://", clock=lambda: Micros(0))
        >>> kept, text = create_token(store, "ci", "operator", narrowed_to="tag:team=ml")
        >>> Tokens(store).access_of_token(text).narrowed_to
        'tag:team=ml'
        >>> store.close()
    """
    from argon2 import PasswordHasher

    if role not in ROLES:
        raise SettingsError(
            f"There is no role {role!r}.{did_you_mean(role, ROLES)}", hint=f"One of: {', '.join(ROLES)}."
        )
    if not owner.strip():
        raise SettingsError("A token is somebody's: name its owner.")
    if narrowed_to is not None:
        parse(narrowed_to, "run", bare="text")
    name, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    token = AccessToken(
        id=new_id(),
        kind="token",
        owner=owner.strip(),
        digest=_digest(name),
        created_at=store.clock(),
        expires_at=expires_at,
        data={"role": role, "narrowed_to": narrowed_to, "hash": PasswordHasher().hash(secret)},
    )
    store.access_tokens.add(token)
    return token, f"{_MARK}_{name}_{secret}"


def list_tokens(store: Store) -> list[AccessToken]:
    """Return all tokens, the oldest first; sessions are left out."""
    return [token for token in store.access_tokens.list() if token.kind == "token"]


def revoke_token(store: Store, token_id: str) -> None:
    """Let a token hold no longer, nor any session that it opened.

    Raises:
        DagsterInvariantViolationError: There is none of that id.
    """
    for session in store.access_tokens.list():
        if session.kind == "session" and session.data.get("token") == token_id:
            store.access_tokens.remove(session.id)
    if not store.access_tokens.remove(token_id):
        raise DagsterInvariantViolationError(f"There is no token {token_id!r}.", token=token_id)


class Tokens:
    """Recognises tokens and sessions.

    Args:
        store: Where they are kept.
        session_seconds: How long a login holds.
    """

    def __init__(self, store: Store, session_seconds: float = 12 * 3600) -> None:
        self._store = store
        self._seconds = session_seconds
        self._lock = threading.Lock()
        self._verified: dict[bytes, tuple[float, str]] = {}
        self._tries = Tries(store)

    def access_of_token(self, text: str, caller: str = "") -> Access:
        """Return what a token allows.

        Args:
            text: The token.
            caller: The address that it came from; wrong tries are counted by it.

        Raises:
            NotLoggedInError: It is none, or holds no longer.
            TooManyTriesError: There were too many wrong tries from there; a token that was right a moment ago does not
                wait for others behind the same address.
        """
        if not self._was_right(text):
            self._tries.require_few(caller)
        token = self._find(text)
        if token is None or self._has_expired(token):
            self._tries.count(caller)
            raise NotLoggedInError("This token does not hold.", hint="Ask an admin for one: earmark token create.")
        return _access(token)

    def _find(self, text: str) -> AccessToken | None:
        mark, _, rest = text.strip().partition("_")
        name, _, secret = rest.partition("_")
        if mark != _MARK or not name or not secret:
            return None
        token = self._store.access_tokens.by_digest(_digest(name))
        if token is None or token.kind != "token":
            return None
        return token if self._is_right(text, token, secret) else None

    def _was_right(self, text: str) -> bool:
        with self._lock:
            return self._verified.get(_digest(text.strip()), (0.0, ""))[0] > time.monotonic()

    def _is_right(self, text: str, token: AccessToken, secret: str) -> bool:
        """Hashing is slow on purpose, so what was right is remembered for a minute, by its own digest."""
        from argon2 import PasswordHasher
        from argon2.exceptions import Argon2Error, InvalidHashError

        known, now = _digest(text.strip()), time.monotonic()
        with self._lock:
            until, token_id = self._verified.get(known, (0.0, ""))
        if until > now and token_id == token.id:
            return True
        try:
            PasswordHasher().verify(str(token.data.get("hash", "")), secret)
        except (Argon2Error, InvalidHashError):
            return False
        with self._lock:
            self._verified = {key: kept for key, kept in self._verified.items() if kept[0] > now}
            self._verified[known] = (now + _REMEMBERED, token.id)
        return True

    def _has_expired(self, token: AccessToken) -> bool:
        return token.expires_at is not None and token.expires_at <= self._store.clock()

    # Sessions --------------------------------------------------------------------------------------------------------

    def log_in(self, text: str, caller: str) -> tuple[Access, str]:
        """Exchange a token for a session; return what it allows, and the secret for the cookie.

        Raises:
            NotLoggedInError: The token does not hold.
            TooManyTriesError: There were too many wrong tries from there.
        """
        access = self.access_of_token(text, caller)
        token = self._find(text)
        assert token is not None, "it was right a moment ago"
        self._forget_expired()
        self._tries.forget_old()
        secret, now = secrets.token_urlsafe(32), self._store.clock()
        until = Micros(now + round(self._seconds * 1_000_000))
        session = AccessToken(
            id=new_id(),
            kind="session",
            owner=token.owner,
            digest=_digest(secret),
            created_at=now,
            expires_at=until if token.expires_at is None else min(until, token.expires_at),
            data={"role": token.data.get("role"), "narrowed_to": token.data.get("narrowed_to"), "token": token.id},
        )
        self._store.access_tokens.add(session)
        return access, secret

    def access_of_session(self, secret: str) -> Access | None:
        """Return what a session allows, or ``None`` if it holds no longer."""
        session = self._store.access_tokens.by_digest(_digest(secret))
        if session is None or session.kind != "session" or self._has_expired(session):
            return None
        return _access(session)

    def log_out(self, access: Access) -> None:
        """End a session."""
        if access.session is not None:
            self._store.access_tokens.remove(access.session)

    def _forget_expired(self) -> None:
        for one in self._store.access_tokens.list():
            if one.kind == "session" and self._has_expired(one):
                self._store.access_tokens.remove(one.id)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _access(token: AccessToken) -> Access:
    narrowed: Any = token.data.get("narrowed_to")
    role: Any = token.data.get("role")
    return Access(
        user=token.owner,
        role=role if role in ROLES else "viewer",
        narrowed_to=narrowed,
        narrowed=None if narrowed is None else parse(narrowed, "run", bare="text"),
        session=token.id if token.kind == "session" else None,
        token=str(token.data.get("token", token.id)),
    )
