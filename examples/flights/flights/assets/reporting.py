"""Five reports. Each is a small table that answers one question, with a picture of the answer on its page."""

import earmark as em
import polars as pl
from pydantic import Field

from flights.assets.core import KENNEDY
from flights.charts import bars, heat_map, route_map
from flights.labels import labels

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Punctuality(em.Config):
    """What counts as late, and from how many flights on an airline is listed."""

    late_after: int = Field(default=15, ge=0, description="minutes after which an arrival is late")
    fewest_flights: int = Field(default=100, ge=1, description="airlines with fewer flights are left out")


@em.asset(
    group_name="reporting",
    tags=labels("operations", "gold", "insights"),
    owners=["team:insights"],
    kinds={"polars"},
    code_version="1",
)
def punctuality(config: Punctuality, flights: pl.DataFrame, carriers: pl.DataFrame) -> em.Output[pl.DataFrame]:
    """Which airline is late most often?"""
    report = (
        flights.group_by("carrier")
        .agg(
            flights=pl.len(),
            late_percent=100 * (pl.col("arrival_delay") > config.late_after).mean(),
            cancelled_percent=100 * pl.col("cancelled").mean(),
            median_delay=pl.col("arrival_delay").median(),
        )
        .filter(pl.col("flights") >= config.fewest_flights)
        .join(carriers, left_on="carrier", right_on="code")
        .sort("late_percent", "carrier", descending=[True, False])
    )
    late = report.select("name", "late_percent").iter_rows()
    return _with_picture(report, bars(f"Arrivals more than {config.late_after} minutes late", late, "%"))


@em.asset(
    group_name="reporting",
    tags=labels("operations", "gold", "insights"),
    owners=["team:insights"],
    kinds={"polars"},
    code_version="1",
)
def rush_hours(flights: pl.DataFrame) -> em.Output[pl.DataFrame]:
    """When should one fly? Mean departure delay in minutes by weekday (1 is Monday) and hour of departure."""
    report = (
        flights.filter(~pl.col("cancelled"))
        .group_by("weekday", "hour")
        .agg(flights=pl.len(), mean_delay=pl.col("departure_delay").mean())
        .sort("weekday", "hour")
    )
    hours = [str(hour) for hour in range(5, 24)]
    heat = {
        (WEEKDAYS[weekday - 1], str(hour)): delay
        for weekday, hour, delay in report.select("weekday", "hour", "mean_delay").iter_rows()
    }
    return _with_picture(report, heat_map("Mean departure delay by weekday and hour", WEEKDAYS, hours, heat))


@em.asset(
    group_name="reporting",
    tags=labels("network", "gold", "insights"),
    owners=["team:insights"],
    kinds={"polars"},
    code_version="1",
)
def routes(flights: pl.DataFrame, airports: pl.DataFrame) -> em.Output[pl.DataFrame]:
    """Where do New Yorkers fly? Flights a day to every destination; its place is null where nobody recorded it."""
    days = flights["date"].n_unique()
    report = (
        flights.group_by("destination")
        .agg(flights_a_day=pl.len() / days, carriers=pl.col("carrier").n_unique())
        .join(airports, left_on="destination", right_on="code", how="left")
        .sort("flights_a_day", "destination", descending=[True, False])
    )
    busiest = report["flights_a_day"].max()
    on_the_map = report.drop_nulls("longitude").select(
        "longitude", "latitude", weight=pl.col("flights_a_day") / busiest
    )
    return _with_picture(report, route_map("Routes out of New York", KENNEDY, on_the_map.iter_rows()))


@em.asset(
    group_name="reporting",
    tags=labels("weather", "gold", "insights"),
    owners=["team:insights"],
    kinds={"polars"},
    code_version="1",
)
def weather_delays(flights: pl.DataFrame, hourly_weather: pl.DataFrame) -> em.Output[pl.DataFrame]:
    """How much does the weather cost? Departures by the conditions in the hour they were scheduled."""
    report = (
        flights.with_columns(observed_at=pl.col("scheduled_at").dt.truncate("1h"))
        .join(hourly_weather, on=["origin", "observed_at"], how="left")
        .with_columns(pl.col("conditions").fill_null("unknown"))
        .group_by("conditions")
        .agg(
            flights=pl.len(),
            mean_delay=pl.col("departure_delay").mean(),
            cancelled_percent=100 * pl.col("cancelled").mean(),
        )
        .sort("mean_delay", descending=True)
    )
    delay = report.select("conditions", "mean_delay").iter_rows()
    return _with_picture(report, bars("Mean departure delay by weather", delay, "min"))


@em.asset(
    group_name="reporting",
    tags=labels("fleet", "gold", "insights"),
    owners=["team:insights"],
    kinds={"polars"},
    code_version="1",
)
def fleet(flights: pl.DataFrame, aircraft: pl.DataFrame) -> em.Output[pl.DataFrame]:
    """How old are the aircraft? By maker. No tail number is left in it, so it is no longer personal data."""
    report = (
        flights.join(aircraft, on="tail_number", how="left")
        .with_columns(pl.col("maker").fill_null("unknown"), age=pl.col("date").dt.year() - pl.col("built"))
        .group_by("maker")
        .agg(
            flights=pl.len(),
            aircraft=pl.col("tail_number").n_unique(),
            mean_age=pl.col("age").mean(),
            mean_seats=pl.col("seats").mean(),
        )
        .sort("flights", "maker", descending=[True, False])
    )
    oldest = report.drop_nulls("mean_age").filter(pl.col("flights") >= 100).sort("mean_age", descending=True)
    return _with_picture(report, bars("Mean age by maker", oldest.select("maker", "mean_age").iter_rows(), "years"))


def _with_picture(report: pl.DataFrame, picture: str) -> em.Output[pl.DataFrame]:
    return em.Output(report, metadata={"plot": em.MetadataValue.md(picture)})
