"""By the clock: every morning the day before, and every Monday the reports."""

import earmark as em

from flights.automation.daily import refresh_day
from flights.jobs import refresh_all
from flights.publishing import publish_reports

every_morning = em.build_schedule_from_partitioned_job(refresh_day, hour_of_day=6, minute_of_hour=30)


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

schedules = [every_morning, every_monday, publish_on_monday]
