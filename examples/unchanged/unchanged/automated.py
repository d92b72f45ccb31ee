"""The bakery with a schedule, a sensor and a table by day."""

from collections.abc import Iterator

import dagster as dg

from unchanged.assets import Rows
from unchanged.baking import morning
from unchanged.definitions import defs as by_hand

march = dg.DailyPartitionsDefinition(start_date="2024-03-01", end_date="2024-03-04")


@dg.asset(partitions_def=march, group_name="daily", tags={"domain": "sales"})
def receipts(context: dg.AssetExecutionContext, orders: Rows) -> int:
    """How many orders a day had."""
    return sum(order["day"] == context.partition_key for order in orders)


receipts_of_a_day = dg.define_asset_job("receipts_of_a_day", selection=[receipts])
every_night = dg.build_schedule_from_partitioned_job(receipts_of_a_day)


@dg.schedule(job=morning, cron_schedule="0 3 * * *", execution_timezone="Europe/Berlin")
def at_three(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """The bakery opens at six."""
    day = context.scheduled_execution_time.date().isoformat()
    return dg.RunRequest(run_key=day, tags={"day": day})


@dg.sensor(job=morning)
def when_the_shop_asks(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Bakes once more for every request since the last look."""
    asked, answered = 3, int(context.cursor or 0)
    if answered >= asked:
        yield dg.SkipReason("nobody asked")
    for number in range(answered, asked):
        yield dg.RunRequest(run_key=f"request-{number}")
    context.update_cursor(str(asked))


defs = dg.Definitions.merge(
    by_hand,
    dg.Definitions(
        assets=[receipts], jobs=[receipts_of_a_day], schedules=[every_night, at_three], sensors=[when_the_shop_asks]
    ),
)
