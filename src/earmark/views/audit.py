"""Who did what, when."""

from __future__ import annotations

import msgspec

from earmark.store.ports import Store
from earmark.store.records import AuditEntry
from earmark.views.shapes.common import Page
from earmark.views.shapes.deployment import AuditRow

_SCANNED = 5_000


def find_audit(store: Store, text: str, before: int | None, limit: int) -> Page[AuditRow]:
    """Return what somebody did, the latest first.

    Args:
        store: Where it is kept.
        text: What the author, the action or the target holds.
        before: Only what came before this number.
        limit: How many at most.
    """
    searched = text.casefold()
    rows: list[AuditRow] = []
    last = before
    scanned = 0
    while len(rows) < limit and scanned < _SCANNED:
        entries = store.audit.list(before=last, limit=200)
        for entry in entries:
            last = entry.id
            row = audit_row(entry)
            if searched in f"{row.author} {row.action} {row.target} {row.detail}".casefold():
                rows.append(row)
            if len(rows) == limit:
                break
        scanned += len(entries)
        if len(entries) < 200:
            last = None if len(rows) < limit else last
            break
    return Page(items=rows, next_cursor=str(last) if last is not None and rows else None, total=len(rows))


def audit_row(entry: AuditEntry) -> AuditRow:
    """Return what somebody did as a row."""
    data = dict(entry.data)
    target = str(data.pop("target", ""))
    detail = data.pop("detail", None)
    text = str(detail) if detail is not None else (msgspec.json.encode(data).decode() if data else "")
    return AuditRow(seq=entry.id, at=entry.at, author=entry.author, action=entry.action, target=target, detail=text)
