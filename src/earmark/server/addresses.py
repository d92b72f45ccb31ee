"""The addresses of the UI's pages, and whether there is what an address names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import unquote

from earmark.server.pages import Pages
from earmark.values.errors import DagsterInvariantViolationError, DagsterRunNotFoundError
from earmark.values.keys import AssetKey

SECTIONS = frozenset(("locations", "daemons", "concurrency", "config"))
"""The parts of the deployment page."""


def _always(pages: Pages, name: str) -> bool:
    return True


def _has_asset(pages: Pages, splat: str) -> bool:
    """``marts/daily/-/events`` is a tab of ``marts/daily``."""
    key = splat.rpartition("/-/")[0] or splat.removesuffix("/-")
    try:
        return AssetKey.from_user_string(key) in pages.catalogs.get().graph.positions or _may_be_to_come(pages)
    except DagsterInvariantViolationError:
        return False


def _has_job(pages: Pages, name: str) -> bool:
    return any(job.name == name for job in pages.catalogs.get().all_jobs) or _may_be_to_come(pages)


def _has_automation(pages: Pages, name: str) -> bool:
    return any(one.name == name for one in pages.catalogs.get().automations) or _may_be_to_come(pages)


def _has_run(pages: Pages, run_id: str) -> bool:
    try:
        return bool(pages.runs.resolve(run_id))
    except DagsterRunNotFoundError:
        return False


def _has_backfill(pages: Pages, backfill_id: str) -> bool:
    return pages.store.backfills.get(backfill_id) is not None


def _has_tag_key(pages: Pages, key: str) -> bool:
    return pages.tags.has(key) or _may_be_to_come(pages)


def _has_section(pages: Pages, name: str) -> bool:
    return name in SECTIONS


def _may_be_to_come(pages: Pages) -> bool:
    """Say whether definitions are missing: while a location loads for the first time, or where it never has."""
    return any(one.manifest is None for one in pages.registry.locations())


ADDRESSES: Mapping[str, Callable[[Pages, str], bool]] = {
    "/": _always,
    "/assets": _always,
    "/assets/$": _has_asset,
    "/jobs": _always,
    "/jobs/$name": _has_job,
    "/jobs/$name/launch": _has_job,
    "/launch": _always,
    "/runs": _always,
    "/runs/$id": _has_run,
    "/backfills/$id": _has_backfill,
    "/automation": _always,
    "/automation/$name": _has_automation,
    "/tags": _always,
    "/tags/$key": _has_tag_key,
    "/tags/$key/$value": _has_tag_key,
    "/deployment": _always,
    "/deployment/$section": _has_section,
    "/settings": _always,
    "/login": _always,
}
"""Each route of ``web/src/routes/router.tsx``, with what says of its first parameter whether there is such a thing.

``$`` alone stands for all that follows, slashes included.
"""


def names_something(pages: Pages | None, path: str) -> bool:
    """Say whether a page lives at an address, and what it names exists.

    Args:
        pages: The instance; ``None`` to a stranger, who is only told whether there is such a page.
        path: The path as it was sent, percent-encoded, without the prefix of a proxy.

    Example:
        >>> names_something(None, "/runs/0190"), names_something(None, "/asets")
        (True, False)
    """
    parts = [unquote(part) for part in path.strip("/").split("/")] if path.strip("/") else []
    for template, exists in ADDRESSES.items():
        found = _parameters(template, parts)
        if found is not None:
            return pages is None or exists(pages, found[0] if found else "")
    return False


def _parameters(template: str, parts: list[str]) -> list[str] | None:
    """Return what stands in the places of a template's parameters; ``None`` for an address of another form."""
    names = template.strip("/").split("/") if template != "/" else []
    found: list[str] = []
    for place, name in enumerate(names):
        rest = "/".join(parts[place:])
        if not rest:
            return None
        if name == "$":
            return [*found, rest]
        if name.startswith("$"):
            found.append(parts[place])
        elif name != parts[place]:
            return None
    return found if len(names) == len(parts) else None
