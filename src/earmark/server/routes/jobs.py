"""Jobs and ops."""

from __future__ import annotations

from litestar import Response, get

from earmark.server.verbs import AnyRequest, Cursor, Here, Limit, MaybeName, Name, Query, Sort, etagged
from earmark.views.conditions import condition_of_job
from earmark.views.shapes.assets import AssetAutomation
from earmark.views.shapes.common import Page
from earmark.views.shapes.jobs import JobDetail, JobGraph, JobRow, OpRow


@get("/api/jobs", sync_to_thread=True)
def jobs(pages: Here, q: Query = "", sort: Sort = None, cursor: Cursor = None, limit: Limit = 50) -> Page[JobRow]:
    """List jobs."""
    return pages.jobs.find(q, sort, cursor, limit)


@get("/api/job", sync_to_thread=True)
def job(pages: Here, name: Name, location: MaybeName = None) -> JobDetail:
    """Show a job."""
    return pages.jobs.detail(name, location)


@get("/api/job/automation", sync_to_thread=True)
def job_automation(pages: Here, name: Name, location: MaybeName = None) -> AssetAutomation:
    """Show the condition of a job with its evaluations."""
    catalog = pages.catalogs.get()
    return condition_of_job(pages.store, catalog, catalog.job(name, location))


@get("/api/jobs/graph", sync_to_thread=True)
def job_graph(request: AnyRequest, pages: Here, name: Name, location: MaybeName = None) -> Response[JobGraph]:
    """Lay out the ops of a job."""
    return etagged(request, pages.jobs.graph(name, location))


@get("/api/ops", sync_to_thread=True)
def ops(pages: Here, q: Query = "", cursor: Cursor = None, limit: Limit = 50) -> Page[OpRow]:
    """List ops."""
    return pages.jobs.find_ops(q, cursor, limit)


HANDLERS = [jobs, job, job_automation, job_graph, ops]
