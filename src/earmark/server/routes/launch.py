"""Launching, and seeing first what would come of it."""

from __future__ import annotations

from litestar import post

from earmark.runs.request import Surface
from earmark.server.launching import launch, start_backfill
from earmark.server.pages import Pages
from earmark.server.tokens import Access
from earmark.server.verbs import AnyRequest, operator
from earmark.views.shapes.backfills import BackfillRequest
from earmark.views.shapes.launch import LaunchPreview, LaunchRequest, LaunchResult


def surface_of(request: AnyRequest) -> Surface:
    """Return through what a request came: the pages send their own origin, scripts do not."""
    return Surface.UI if "sec-fetch-site" in request.headers else Surface.API


@post("/api/launch/preview", status_code=200, guards=[operator], sync_to_thread=True)
def preview(request: AnyRequest, pages: Pages, access: Access, data: LaunchRequest) -> LaunchPreview:
    """Say what would come of a launch; nothing is stored."""
    return pages.launches.preview(data, access.user, surface_of(request))


@post("/api/launch", guards=[operator], sync_to_thread=True)
def launch_runs(request: AnyRequest, pages: Pages, access: Access, data: LaunchRequest) -> LaunchResult:
    """Launch a run, or a backfill where it is of several partitions."""
    return launch(pages, access, data, surface_of(request))


@post("/api/backfills", guards=[operator], sync_to_thread=True)
def backfill(pages: Pages, access: Access, data: BackfillRequest) -> LaunchResult:
    """Ask for a backfill."""
    return start_backfill(pages, access, data)


HANDLERS = [preview, launch_runs, backfill]
