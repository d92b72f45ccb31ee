"""Five tables that everything else is built on: one row per thing, clear names, known units, instants in UTC."""

import earmark as em
import polars as pl

from flights.labels import labels

MM_PER_INCH, KM_PER_MILE, EARTH_RADIUS_KM = 25.4, 1.609344, 6371.0
KENNEDY = (-73.7789, 40.6398)
"""Longitude and latitude in degrees of John F. Kennedy airport; distances are counted from here."""


@em.asset(
    group_name="core",
    tags=labels("operations", "silver", "flight-ops"),
    owners=["team:flight-ops"],
    kinds={"polars"},
    code_version="2",
)
def flights(raw_flights: pl.DataFrame) -> pl.DataFrame:
    """One row per scheduled departure; delays in minutes, negative when early, null when it never left."""
    hour_of_departure = pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC")
    date = pl.date("year", "month", "day")
    return raw_flights.select(
        flight_id=pl.concat_str("carrier", "flight", "origin", date, "sched_dep_time", separator="-"),
        date=date,
        scheduled_at=hour_of_departure + pl.duration(minutes="minute"),
        weekday=date.dt.weekday(),
        hour="hour",
        carrier="carrier",
        flight="flight",
        tail_number="tailnum",
        origin="origin",
        destination="dest",
        distance_km=pl.col("distance") * KM_PER_MILE,
        departure_delay="dep_delay",
        arrival_delay="arr_delay",
        cancelled=pl.col("dep_time").is_null(),
    )


@em.asset(
    group_name="core",
    tags=labels("fleet", "silver", "flight-ops", pii=True),
    owners=["team:flight-ops"],
    kinds={"polars"},
    code_version="1",
)
def aircraft(raw_planes: pl.DataFrame) -> pl.DataFrame:
    """One row per registered aircraft. Makers that changed their name are counted as one."""
    maker = pl.col("manufacturer").str.to_titlecase().str.replace(r" (Inc|Co|Ltd)$", "")
    return raw_planes.select(
        tail_number="tailnum",
        maker=maker.str.replace("^Airbus.*", "Airbus").str.replace("^Mcdonnell.*", "McDonnell Douglas"),
        model="model",
        built="year",
        seats="seats",
    )


@em.asset(
    group_name="core",
    tags=labels("weather", "silver", "flight-ops"),
    owners=["team:flight-ops"],
    kinds={"polars"},
    code_version="1",
)
def hourly_weather(raw_weather: pl.DataFrame) -> pl.DataFrame:
    """One row per airport and hour, in metric units, with one word for the conditions, worst first."""
    conditions = (
        pl.when(pl.col("visib") < 2).then(pl.lit("fog"))
        .when(pl.col("precip") >= 0.1).then(pl.lit("heavy rain"))
        .when(pl.col("precip") > 0).then(pl.lit("rain"))
        .when(pl.col("wind_speed") >= 20).then(pl.lit("wind"))
        .otherwise(pl.lit("fair"))
    )  # fmt: skip
    return raw_weather.select(
        origin="origin",
        observed_at=pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC"),
        temperature_c=(pl.col("temp") - 32) / 1.8,
        wind_kmh=pl.col("wind_speed") * KM_PER_MILE,
        rain_mm=pl.col("precip") * MM_PER_INCH,
        visibility_km=pl.col("visib") * KM_PER_MILE,
        conditions=conditions,
    )


@em.asset(
    group_name="core",
    tags=labels("network", "silver", "flight-ops"),
    owners=["team:flight-ops"],
    kinds={"polars"},
    code_version="1",
)
def airports(raw_airports: pl.DataFrame) -> pl.DataFrame:
    """One row per airport: where it is (degrees), its time zone, and how far from Kennedy (great circle, km)."""
    longitude, latitude = pl.col("lon"), pl.col("lat")
    return raw_airports.select(
        code="faa",
        name="name",
        longitude=longitude,
        latitude=latitude,
        timezone="tzone",
        km_from_new_york=_great_circle_km(longitude.radians(), latitude.radians()),
    )


@em.asset(
    group_name="core",
    tags=labels("network", "silver", "flight-ops"),
    owners=["team:flight-ops"],
    kinds={"polars"},
    code_version="1",
)
def carriers(raw_airlines: pl.DataFrame) -> pl.DataFrame:
    """One row per airline, under the name a passenger knows."""
    legal_form = r"\s*(Airlines|Airways|Air Lines|Corporation|Co\.|Inc\.)"
    return raw_airlines.select(code="carrier", name=pl.col("name").str.replace_all(legal_form, "").str.strip_chars())


def _great_circle_km(longitude: pl.Expr, latitude: pl.Expr) -> pl.Expr:
    """The haversine formula from Kennedy to a point given in radians."""
    there_longitude, there_latitude = (pl.lit(degrees).radians() for degrees in KENNEDY)
    half_chord = ((latitude - there_latitude) / 2).sin() ** 2 + (
        latitude.cos() * there_latitude.cos() * ((longitude - there_longitude) / 2).sin() ** 2
    )
    return 2 * EARTH_RADIUS_KM * half_chord.sqrt().arcsin()
