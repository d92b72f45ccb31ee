"""What starts by itself: by the clock, by a letter from a new supplier, by a table, by a failure."""

import dagster as dg

from wholesale.assets import supplier_file, week_report
from wholesale.calendar import DAYS, SUPPLIERS
from wholesale.jobs import cleaning, count_days, evening, round_trip

every_day = dg.build_schedule_from_partitioned_job(count_days, hour_of_day=4, minute_of_hour=15)
every_evening = dg.build_schedule_from_partitioned_job(cleaning)


@dg.schedule(
    cron_schedule=["0 5 * * 1-5", "0 9 * * 6"],
    job=round_trip,
    execution_timezone="Europe/Amsterdam",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def departures(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
    """Two shifts on working days, one on Saturday, none on the king's birthday."""
    day = context.scheduled_execution_time
    if (day.month, day.day) == (4, 27):
        return dg.SkipReason("the king's birthday")
    shifts = ["late"] if day.isoweekday() == 6 else ["early", "late"]
    return [
        dg.RunRequest(
            run_key=f"{day:%Y-%m-%d}-{shift}",
            run_config={"ops": {"trucks": {"config": {"count": len(shifts)}}}},
            tags={"shift": shift},
        )
        for shift in shifts
    ]


new_suppliers = dg.define_asset_job("new_suppliers", selection=[supplier_file])


@dg.sensor(job=new_suppliers, minimum_interval_seconds=15)
def letters(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Each look finds the next letter: a supplier that was not known, with a partition of its own."""
    number = int(context.cursor or 0) + 1
    name = f"supplier-{number}"
    return dg.SensorResult(
        run_requests=[dg.RunRequest(partition_key=name, tags={"letter": str(number)})],
        dynamic_partitions_requests=[SUPPLIERS.build_add_request([name])],
        cursor=str(number),
    )


@dg.asset_sensor(asset_key=dg.AssetKey("discounts"), job=evening)
def after_discounts(context: dg.SensorEvaluationContext, asset_event: dg.EventLogEntry) -> dg.RunRequest:
    """New discounts mean new bunches."""
    assert asset_event.asset_materialization is not None
    percent = asset_event.asset_materialization.metadata["percent"].value
    return dg.RunRequest(run_key=context.cursor, tags={"bunch": str(percent)})


@dg.multi_asset_sensor(monitored_assets=[dg.AssetKey("price_list"), dg.AssetKey("discounts")], job=evening)
def when_both_moved(context: dg.MultiAssetSensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Only when both tables are new."""
    latest = context.latest_materialization_records_by_key()
    if not all(latest.values()):
        return dg.SkipReason("one of them is as it was")
    context.advance_all_cursors()
    return dg.RunRequest(tags={"because": "both"})


@dg.run_failure_sensor(monitored_jobs=[round_trip])
def tell_the_garage(context: dg.RunFailureSensorContext) -> dg.SkipReason:
    """Says which truck stands."""
    return dg.SkipReason(f"{context.dagster_run.job_name}: {context.failure_event.message}")


@dg.run_status_sensor(run_status=dg.DagsterRunStatus.SUCCESS, request_job=cleaning)
def clean_after(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
    """Whoever worked leaves dirt; the cleaning itself does not."""
    if context.dagster_run.job_name == "cleaning":
        return dg.SkipReason("clean already")
    return dg.RunRequest(run_key=context.dagster_run.run_id, partition_key=DAYS.get_first_partition_key())


reports_follow = dg.AutomationConditionSensorDefinition(
    "reports_follow", target=dg.AssetSelection.assets(week_report), minimum_interval_seconds=30
)
