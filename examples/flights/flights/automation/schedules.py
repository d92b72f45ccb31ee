"""By the clock: every morning a day of the calendar, and every Monday all tables and the reports."""

from datetime import date

import earmark as em

from flights.jobs import refresh_all, refresh_day
from flights.publishing import publish_reports


@em.schedule(job=refresh_day, cron_schedule="30 6 * * *", execution_timezone="America/New_York")
def this_day_in_2013(context: em.ScheduleEvaluationContext) -> em.RunRequest | em.SkipReason:
    """The archive ends in 2013, so each morning makes the same day of that year; it had no 29 February."""
    today = context.scheduled_execution_time
    if (today.month, today.day) == (2, 29):
        return em.SkipReason("2013 had no 29 February")
    return em.RunRequest(partition_key=date(2013, today.month, today.day).isoformat(), tags={"reason": "anniversary"})


@em.schedule(job=refresh_all, cron_schedule="0 7 * * 1", execution_timezone="America/New_York")
def every_monday(context: em.ScheduleEvaluationContext) -> em.RunRequest:
    """All tables, labelled with the week they were made for; the key keeps a week from being run twice."""
    year, week, _ = context.scheduled_execution_time.isocalendar()
    return em.RunRequest(run_key=f"{year}-W{week:02}", tags={"week": f"{year}-W{week:02}"})


publish_on_monday = em.ScheduleDefinition(
    name="publish_on_monday",
    job=publish_reports,
    cron_schedule="0 9 * * 1",
    execution_timezone="America/New_York",
    tags={"reason": "weekly"},
)

schedules = [this_day_in_2013, every_monday, publish_on_monday]
