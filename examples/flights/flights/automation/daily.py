"""One table cut into days, so that a single day can be computed again, or a month of them at once."""

import earmark as em
import polars as pl

from flights.labels import labels

DAYS_OF_2013 = em.DailyPartitionsDefinition(start_date="2013-01-01", end_date="2014-01-01")


@em.asset(
    partitions_def=DAYS_OF_2013,
    # A range of days is computed by one run, not by one run each: the table is read once.
    backfill_policy=em.BackfillPolicy.single_run(),
    metadata={"partition_expr": "date"},
    group_name="daily",
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


refresh_day = em.define_asset_job(
    "refresh_day",
    selection=[day_at_the_airports],
    tags={"domain": "operations", "team": "flight-ops"},
)
