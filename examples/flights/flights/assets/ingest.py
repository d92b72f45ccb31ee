"""Five tables, as published. Nothing is changed here, so a question about the source can be answered from them."""

from collections.abc import Iterator

import earmark as em
import polars as pl
from pydantic import Field

from flights.archive import FlightArchive
from flights.labels import labels


class Sample(em.Config):
    """How much of the flights to take. The whole year is 336,776 rows, which is quick enough to be the default."""

    every: int = Field(default=1, ge=1, description="keep one flight in this many")


@em.asset(
    group_name="ingest",
    tags=labels("operations", "bronze", "platform"),
    owners=["team:platform"],
    kinds={"csv", "parquet"},
    code_version="1",
    retry_policy=em.RetryPolicy(max_retries=2, delay=1),
)
def raw_flights(config: Sample, archive: FlightArchive) -> pl.DataFrame:
    """Every departure from Newark, Kennedy and LaGuardia in 2013 (US Bureau of Transportation Statistics)."""
    return archive.read("flights").gather_every(config.every)


@em.asset(
    group_name="ingest",
    tags=labels("fleet", "bronze", "platform", pii=True),
    owners=["team:platform"],
    kinds={"csv", "parquet"},
    code_version="1",
)
def raw_planes(archive: FlightArchive) -> pl.DataFrame:
    """The register of aircraft, by tail number (Federal Aviation Administration)."""
    return archive.read("planes")


@em.asset(
    group_name="ingest",
    tags=labels("weather", "bronze", "platform"),
    owners=["team:platform"],
    kinds={"csv", "parquet"},
    code_version="1",
)
def raw_weather(archive: FlightArchive) -> pl.DataFrame:
    """What the stations at the three airports measured, hour by hour (National Weather Service)."""
    return archive.read("weather")


LOOKUP = em.AssetOut(
    group_name="ingest",
    tags=labels("network", "bronze", "platform"),
    owners=["team:platform"],
    kinds={"csv", "parquet"},
    code_version="1",
    is_required=False,
)


@em.multi_asset(outs={"raw_airports": LOOKUP, "raw_airlines": LOOKUP}, can_subset=True)
def lookup_tables(context: em.AssetExecutionContext, archive: FlightArchive) -> Iterator[em.Output[pl.DataFrame]]:
    """Two small tables in one step: airports of the United States, and airlines by their two-letter code.

    The step can be run for either of them alone; it reads only what is selected.
    """
    selected = context.op_execution_context.selected_output_names
    if "raw_airports" in selected:
        yield em.Output(archive.read("airports"), output_name="raw_airports")
    if "raw_airlines" in selected:
        yield em.Output(archive.read("airlines"), output_name="raw_airlines")
