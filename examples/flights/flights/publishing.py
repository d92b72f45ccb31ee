"""The reports as a DuckDB file that anybody can query: a job made of ops, where the steps matter and not tables.

choose_reports -> copy_reports -> no_report_is_empty -> write_index
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import earmark as em

REPORTS = ["punctuality", "rush_hours", "routes", "weather_delays", "fleet"]

SMALL = em.Out(io_manager_key="small_values")
"""What passes between these ops is small and not a table, so it does not go through the parquet store."""


class Warehouse(em.ConfigurableResource):
    """A DuckDB file, and the folder of parquet tables that it is filled from."""

    path: str
    tables: str

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """An open connection; committed and closed at the end, so that another process can open the file."""
        Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(self.path) as connection:
            yield connection

    def replace(self, connection: duckdb.DuckDBPyConnection, table: str) -> int:
        """Fills one table from its parquet file, and returns the number of its rows."""
        source = Path(self.tables, f"{table}.parquet")
        if not source.is_file():
            raise em.Failure(f"{table} was never materialized: {source} is not there", allow_retries=False)
        connection.execute(f'create or replace table "{table}" as select * from read_parquet(?)', [str(source)])
        count = connection.execute(f'select count(*) from "{table}"').fetchone()
        return int(count[0]) if count else 0


class Publication(em.Config):
    """What to publish."""

    reports: list[str] = REPORTS


@em.op(out=SMALL)
def choose_reports(config: Publication) -> list[str]:
    """The reports asked for; a name that is not a report stops the job before anything is written."""
    unknown = sorted(set(config.reports) - set(REPORTS))
    if unknown:
        raise em.Failure(f"not a report: {', '.join(unknown)}. There are: {', '.join(REPORTS)}", allow_retries=False)
    return config.reports


@em.op(
    out=SMALL,
    tags={"dagster/concurrency_key": "warehouse"},  # DuckDB takes one writer at a time, across all runs
    retry_policy=em.RetryPolicy(max_retries=3, delay=0.5, backoff=em.Backoff.EXPONENTIAL),
)
def copy_reports(context: em.OpExecutionContext, reports: list[str], warehouse: Warehouse) -> dict[str, int]:
    """Replaces every report in the warehouse, and counts its rows."""
    with warehouse.connect() as connection:
        rows = {report: warehouse.replace(connection, report) for report in reports}
    context.log.info("%d reports, %d rows, in %s", len(rows), sum(rows.values()), warehouse.path)
    return rows


@em.op(out=SMALL)
def no_report_is_empty(rows: dict[str, int]) -> dict[str, int]:
    """An empty report is worse than an old one: fail, and say which."""
    empty = [report for report, count in rows.items() if count == 0]
    if empty:
        raise em.Failure(f"empty: {', '.join(empty)}", metadata={"empty": len(empty)}, allow_retries=False)
    return rows


@em.op(out=SMALL)
def write_index(context: em.OpExecutionContext, rows: dict[str, int], warehouse: Warehouse) -> str:
    """A page that lists what is in the warehouse, beside it."""
    lines = [f"| {report} | {count} |" for report, count in sorted(rows.items())]
    page = Path(warehouse.path).with_suffix(".md")
    page.write_text("\n".join(["| report | rows |", "| --- | --- |", *lines, ""]))
    context.log_event(
        em.AssetMaterialization(
            "warehouse_index",
            description="What the published warehouse holds.",
            metadata={"path": em.MetadataValue.path(page), "reports": len(rows)},
            tags={"domain": "operations", "tier": "gold"},
        )
    )
    return str(page)


@em.graph(tags={"team": "insights"})
def publish():
    """Copies the reports into the warehouse and writes its index."""
    write_index(no_report_is_empty(copy_reports(choose_reports())))


publish_reports = publish.to_job(
    name="publish_reports",
    description="Publishes the five reports as one DuckDB file.",
    tags={"audience": "public", "dagster/max_retries": 1},
)
