"""The flights example, and one job that takes its time: what the pictures show."""

import time

from flights import definitions

import earmark as em


@em.op
def copy_year(context: em.OpExecutionContext) -> None:
    """Copies the year, month by month."""
    for month in range(1, 13):
        context.log.info("month %d of 12 is copied", month)
        time.sleep(30)


@em.job(tags={"team": "platform", "domain": "operations", "audience": "partner"})
def export_year():
    """Hands the whole year to a partner. It takes minutes, and its team runs one thing at a time."""
    copy_year()


defs = em.Definitions.merge(definitions.defs, em.Definitions(jobs=[export_year]))
