"""Wrong tries to log in, counted in the store, so that all servers over it count as one."""

from __future__ import annotations

import msgspec

from earmark.server.problems import TooManyTriesError
from earmark.store.ports import Store
from earmark.values.clock import Micros

_SPACE = "wrong_tries"
"""The entries that hold when a caller tried in vain."""

_MOST = 5
_MINUTE = 60_000_000


class Tries:
    """Refuses callers who tried too often in vain within the last minute.

    Args:
        store: Where tries are counted.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def require_few(self, caller: str) -> None:
        """Refuse a caller who has to wait.

        Raises:
            TooManyTriesError: There were too many wrong tries from there.
        """
        recent = self._recent(self._store.entries.get(_SPACE, caller) or b"")
        if len(recent) >= _MOST:
            seconds = max(1, round((recent[-_MOST] + _MINUTE - self._store.clock()) / 1e6))
            raise TooManyTriesError(f"Too many wrong tries; wait {seconds} seconds.", seconds=seconds)

    def count(self, caller: str) -> None:
        """Count a wrong try."""
        now = self._store.clock()
        self._store.entries.change(
            _SPACE, caller, lambda kept: msgspec.json.encode([*self._recent(kept), now][-_MOST:])
        )

    def forget_old(self) -> None:
        """Forget callers who have not tried for a minute."""
        for caller, kept in self._store.entries.all(_SPACE).items():
            if not self._recent(kept):
                self._store.entries.remove(_SPACE, caller)

    def _recent(self, kept: bytes) -> list[Micros]:
        since = self._store.clock() - _MINUTE
        return [at for at in msgspec.json.decode(kept or b"[]", type=list[Micros]) if at > since]
