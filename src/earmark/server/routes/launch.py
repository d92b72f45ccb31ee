"""Launching, and seeing first what would come of it."""

from __future__ import annotations

from litestar import get, post
from litestar.params import JSONBody

from earmark.runs.request import Surface
from earmark.server.launching import launch, start_backfill
from earmark.server.verbs import AnyRequest, Caller, Here, Name, operator
from earmark.views.shapes.backfills import BackfillRequest
from earmark.views.shapes.launch import LaunchForm, LaunchPreview, LaunchRequest, LaunchResult


def surface_of(request: AnyRequest) -> Surface:
    """Return through what a request came: the pages send their own origin, scripts do not."""
    return Surface.UI if "sec-fetch-site" in request.headers else Surface.API


@get("/api/launch/form", sync_to_thread=True)
def form(pages: Here, q: Name = "*") -> LaunchForm:
    """Say what a launch of the assets that a query means can be given."""
    return pages.launches.form(q)


@post("/api/launch/preview", status_code=200, guards=[operator], sync_to_thread=True)
def preview(request: AnyRequest, pages: Here, access: Caller, data: JSONBody[LaunchRequest]) -> LaunchPreview:
    """Say what would come of a launch; nothing is stored."""
    return pages.launches.preview(data, access.user, surface_of(request))


@post("/api/launch", guards=[operator], sync_to_thread=True)
def launch_runs(request: AnyRequest, pages: Here, access: Caller, data: JSONBody[LaunchRequest]) -> LaunchResult:
    """Launch a run, or a backfill where it is of several partitions."""
    return launch(pages, access, data, surface_of(request))


@post("/api/backfills", guards=[operator], sync_to_thread=True)
def backfill(pages: Here, access: Caller, data: JSONBody[BackfillRequest]) -> LaunchResult:
    """Ask for a backfill."""
    return start_backfill(pages, access, data)


HANDLERS = [form, preview, launch_runs, backfill]
