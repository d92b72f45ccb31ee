"""By what arrives: a file in a folder, and a run that failed."""

import os
from collections.abc import Iterator
from pathlib import Path

import earmark as em

from flights.publishing import REPORTS, publish_reports

INBOX = Path(os.environ.get("FLIGHTS_INBOX", Path(__file__).parents[2] / "inbox"))
"""Drop a file `anything.txt` here, a report's name on each line, and these reports are published."""


@em.sensor(job=publish_reports, minimum_interval_seconds=10)
def orders_in_the_inbox(context: em.SensorEvaluationContext) -> Iterator[em.RunRequest | em.SkipReason]:
    """One run for every new or changed file. The run key remembers a file by name and time of change."""
    orders = sorted(INBOX.glob("*.txt"))
    if not orders:
        yield em.SkipReason(f"no order in {INBOX}")
        return
    for order in orders:
        wanted = [line.strip() for line in order.read_text().splitlines() if line.strip()] or REPORTS
        yield em.RunRequest(
            run_key=f"{order.name}:{order.stat().st_mtime_ns}",
            run_config={"ops": {"choose_reports": {"config": {"reports": wanted}}}},
            tags={"reason": "order", "order": order.stem},
        )


@em.run_failure_sensor(name="note_failures", minimum_interval_seconds=10)
def note_failures(context: em.RunFailureSensorContext) -> None:
    """Keeps a line for every run that failed, with the team that answers for it."""
    team = context.dagster_run.tags.get("team", "nobody")
    INBOX.mkdir(parents=True, exist_ok=True)
    with (INBOX / "failures.log").open("a") as log:
        log.write(f"{context.dagster_run.job_name} of {team}: {context.failure_event.message}\n")


sensors = [orders_in_the_inbox, note_failures]
