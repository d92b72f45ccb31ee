"""Tag keys and values; saved views."""

from __future__ import annotations

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from earmark.server.verbs import (
    AnyRequest,
    Caller,
    Cursor,
    Here,
    Limit,
    Name,
    Sort,
    etagged,
    note,
    operator,
    require_unnarrowed,
)
from earmark.views.listing import cut, whole
from earmark.views.shapes.common import Page
from earmark.views.shapes.finding import SavedView, SavedViewEdit
from earmark.views.shapes.tags import (
    NearDuplicate,
    SystemTag,
    TagFinding,
    TagKeyDetail,
    TagKeyEdit,
    TagKeyRow,
    TagValueRow,
    UntaggedReport,
)
from earmark.views.tag_findings import find_findings
from earmark.views.tags import system_tags


@get("/api/tags", sync_to_thread=True)
def tags(
    pages: Here,
    text: Name = "",
    sort: Sort = None,
    system: FromQuery[bool] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[TagKeyRow]:
    """List tag keys."""
    return pages.tags.keys(text, sort, system, cursor, limit)


@get("/api/tag", sync_to_thread=True)
def tag(pages: Here, key: Name) -> TagKeyDetail:
    """Show a tag key."""
    return pages.tags.detail(key)


@get("/api/tag/values", sync_to_thread=True)
def values(
    pages: Here,
    key: Name,
    text: Name = "",
    sort: Sort = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[TagValueRow]:
    """List the values of a key."""
    return pages.tags.values(key, text, sort, cursor, limit)


@patch("/api/tag", guards=[operator], sync_to_thread=True)
def edit_tag(pages: Here, access: Caller, key: Name, data: JSONBody[TagKeyEdit]) -> TagKeyRow:
    """Set the colour and the description of a key."""
    require_unnarrowed(access, "A tag key")
    row = pages.tags.edit(key, data)
    note(pages, access, "tag.edit", key)
    return row


@get("/api/tags/near", sync_to_thread=True)
def near(pages: Here, cursor: Cursor = None, limit: Limit = 200) -> Page[NearDuplicate]:
    """List keys and values that look like one."""
    return cut(pages.tags.near(), cursor, limit, list)


@get("/api/tags/untagged", sync_to_thread=True)
def untagged(pages: Here) -> UntaggedReport:
    """Say how much carries no tag."""
    return pages.tags.untagged()


@get("/api/tags/findings", sync_to_thread=True)
def findings(pages: Here, key: Name = "", cursor: Cursor = None, limit: Limit = 50) -> Page[TagFinding]:
    """List what breaks the policies that the project declares about its tags."""
    return find_findings(pages.store, pages.catalogs.get(), pages.rules.tag_policies, key, cursor, limit)


@get("/api/tags/system", sync_to_thread=True)
def system(request: AnyRequest) -> Response[Page[SystemTag]]:
    """List the tags that have a meaning to the system."""
    return etagged(request, whole(system_tags()))


@get("/api/views", sync_to_thread=True)
def views(pages: Here, access: Caller) -> Page[SavedView]:
    """List saved views."""
    return whole(pages.views.all(access.user))


@post("/api/views", sync_to_thread=True)
def save_view(pages: Here, access: Caller, data: JSONBody[SavedViewEdit]) -> SavedView:
    """Save a view."""
    view = pages.views.create(access.user, data)
    note(pages, access, "view.save", view.id, view.name)
    return view


@patch("/api/views/{view_id:str}", sync_to_thread=True)
def change_view(
    pages: Here,
    access: Caller,
    view_id: FromPath[str],
    data: JSONBody[SavedViewEdit],
) -> SavedView:
    """Change a saved view."""
    view = pages.views.change(view_id, access.user, data, access.has("admin"))
    note(pages, access, "view.save", view.id, view.name)
    return view


@delete("/api/views/{view_id:str}", sync_to_thread=True)
def remove_view(pages: Here, access: Caller, view_id: FromPath[str]) -> None:
    """Forget a saved view."""
    pages.views.remove(view_id, access.user, access.has("admin"))
    note(pages, access, "view.remove", view_id)


HANDLERS = [
    tags, tag, values, edit_tag, near, findings, untagged, system, views, save_view, change_view, remove_view,
]  # fmt: skip
