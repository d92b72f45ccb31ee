"""Two tables cut along the calendar, so that a single day can be made again, or a quarter of a year at once."""

import earmark as em
import polars as pl

from flights.labels import labels

DAYS_OF_2013 = em.DailyPartitionsDefinition(start_date="2013-01-01", end_date="2014-01-01")
MONTHS_OF_2013 = em.MonthlyPartitionsDefinition(start_date="2013-01-01", end_date="2014-01-01")


@em.asset(
    partitions_def=DAYS_OF_2013,
    # A run takes up to a month of days, not one day each: the table of flights is read once for all of them.
    backfill_policy=em.BackfillPolicy.multi_run(max_partitions_per_run=31),
    metadata={"partition_expr": "date"},
    group_name="calendar",
    tags=labels("operations", "gold", "flight-ops"),
    owners=["team:flight-ops"],
    kinds={"polars"},
    code_version="1",
)
def day_at_the_airports(context: em.AssetExecutionContext, flights: pl.DataFrame) -> pl.DataFrame:
    """How the day went at each airport: departures, cancellations, the worst delay."""
    wanted = pl.col("date").cast(pl.String).is_in(context.partition_keys)
    return (
        flights.filter(wanted)
        .group_by("date", "origin")
        .agg(
            departures=(~pl.col("cancelled")).sum(),
            cancelled=pl.col("cancelled").sum(),
            worst_delay=pl.col("departure_delay").max(),
        )
        .sort("date", "origin")
    )


@em.asset(
    partitions_def=MONTHS_OF_2013,
    # Whichever month has a new day is made again, not only the latest one; but only once all its days are there.
    automation_condition=em.AutomationCondition.eager().without(em.AutomationCondition.in_latest_time_window()),
    metadata={"partition_expr": "month"},
    group_name="calendar",
    tags=labels("operations", "gold", "flight-ops"),
    owners=["team:flight-ops"],
    kinds={"polars"},
    code_version="1",
)
def month_at_the_airports(day_at_the_airports: pl.DataFrame) -> pl.DataFrame:
    """How the month went at each airport, and which of its days was the worst.

    A month is made from its days: that follows from the two calendars, so nobody has to write it down.
    """
    month, share_cancelled = pl.col("date").dt.truncate("1mo"), pl.col("cancelled") / pl.col("departures")
    return (
        day_at_the_airports.group_by("origin", month=month)
        .agg(
            departures=pl.col("departures").sum(),
            cancelled=pl.col("cancelled").sum(),
            worst_day=pl.col("date").sort_by(share_cancelled).last(),
        )
        .sort("month", "origin")
    )
