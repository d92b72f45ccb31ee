"""Saved views: a name and an address, of one person or of all."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import msgspec

from earmark.store.ports import Store
from earmark.tags.query import Node
from earmark.values.errors import DagsterError
from earmark.values.ids import IdSource
from earmark.views.faults import BadBodyError, ConflictError, NotFoundError
from earmark.views.listing import THINGS, read_query
from earmark.views.shapes.finding import SavedView, SavedViewEdit

SPACE = "saved_views"
"""The entries that hold them."""

_BUILT_IN = {
    "failed": ("Failed today", "runs?q=status:failed+created:>-24h"),
    "waiting": ("Waiting", "runs?q=status:queued"),
    "long": ("Long runs", "runs?q=duration:>10m"),
    "untagged": ("Untagged assets", "assets?q=tag:<null>"),
}


class KeptView(msgspec.Struct, frozen=True, kw_only=True):
    """A saved view as the store keeps it."""

    name: str
    url: str
    owner: str
    is_shared: bool
    is_pinned: bool


class SavedViews:
    """Everything that saved views ask.

    Args:
        store: The store.
        count: Returns how many things of a scope a query matches.
        new_id: Where ids come from.
    """

    def __init__(self, store: Store, count: Callable[[str, Node], int], new_id: IdSource) -> None:
        self._store = store
        self._count_of = count
        self._new_id = new_id

    def all(self, user: str) -> list[SavedView]:
        """Return the built-in views, those that are shared, and those of one person."""
        found = [
            SavedView(
                id=view_id,
                name=name,
                url=url,
                owner=None,
                is_shared=True,
                is_pinned=True,
                is_built_in=True,
                count=self._count(url),
            )
            for view_id, (name, url) in _BUILT_IN.items()
        ]
        for view_id, data in self._store.entries.all(SPACE).items():
            kept = msgspec.json.decode(data, type=KeptView)
            if kept.is_shared or kept.owner == user:
                found.append(self._view(view_id, kept))
        return found

    def create(self, user: str, edit: SavedViewEdit) -> SavedView:
        """Keep a new view of a person.

        Raises:
            BadBodyError: It has no name, or its address leads elsewhere.
        """
        return self._put(self._new_id(), user, edit)

    def change(self, view_id: str, user: str, edit: SavedViewEdit, is_admin: bool) -> SavedView:
        """Change a view.

        Raises:
            NotFoundError: There is none of that id that the person may see.
            ConflictError: It is built in, or another person's.
        """
        kept = self._own(view_id, user, is_admin)
        return self._put(view_id, kept.owner, edit)

    def remove(self, view_id: str, user: str, is_admin: bool) -> None:
        """Forget a view.

        Raises:
            NotFoundError: There is none of that id that the person may see.
            ConflictError: It is built in, or another person's.
        """
        self._own(view_id, user, is_admin)
        self._store.entries.remove(SPACE, view_id)

    def _own(self, view_id: str, user: str, is_admin: bool) -> KeptView:
        if view_id in _BUILT_IN:
            raise ConflictError("A view that is built in cannot be changed.", view=view_id)
        data = self._store.entries.get(SPACE, view_id)
        kept = None if data is None else msgspec.json.decode(data, type=KeptView)
        if kept is None or not (kept.is_shared or kept.owner == user or is_admin):
            raise NotFoundError(f"There is no view {view_id!r}.", view=view_id)
        if kept.owner != user and not is_admin:
            raise ConflictError(f"The view is {kept.owner}'s; only its owner changes it.", view=view_id)
        return kept

    def _put(self, view_id: str, owner: str, edit: SavedViewEdit) -> SavedView:
        if not edit.name.strip() or len(edit.name) > 200:
            raise BadBodyError("A view has a name of at most 200 characters.", path="name")
        if not _is_local(edit.url):
            raise BadBodyError("A view's address is a page of this server, such as runs?q=status:failed.", path="url")
        kept = KeptView(
            name=edit.name.strip(), url=edit.url, owner=owner, is_shared=edit.is_shared, is_pinned=edit.is_pinned
        )
        self._store.entries.set(SPACE, view_id, msgspec.json.encode(kept))
        return self._view(view_id, kept)

    def _view(self, view_id: str, kept: KeptView) -> SavedView:
        return SavedView(
            id=view_id,
            name=kept.name,
            url=kept.url,
            owner=kept.owner,
            is_shared=kept.is_shared,
            is_pinned=kept.is_pinned,
            is_built_in=False,
            count=self._count(kept.url) if kept.is_pinned else None,
        )

    def _count(self, url: str) -> int | None:
        """Return how many things a view shows; ``None`` where its address is no list, or its query cannot be read."""
        parts = urlsplit(url)
        scope = parts.path.strip("/")
        if scope not in THINGS:
            return None
        text = parse_qs(parts.query).get("q", [""])[0]
        try:
            return self._count_of(scope, read_query(scope, text))
        except DagsterError:
            return None


def _is_local(url: str) -> bool:
    if not url or len(url) > 4_000 or url.startswith(("/", "\\")) or any(ord(one) < 32 for one in url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc
