"""Everything this project has: its tables, checks, jobs, and what they need to run."""

import os
from pathlib import Path

import earmark as em

from flights import checks
from flights.archive import FlightArchive
from flights.assets import core, ingest, reporting
from flights.jobs import jobs
from flights.publishing import Warehouse, publish_reports
from flights.tables import ParquetTables

DATA = Path(os.environ.get("FLIGHTS_DATA", Path(__file__).parents[1] / "data"))
"""Where tables and the warehouse are kept: `data/` beside this project, unless FLIGHTS_DATA says otherwise."""

defs = em.Definitions(
    assets=em.load_assets_from_modules([ingest, core, reporting]),
    asset_checks=em.load_asset_checks_from_modules([checks]),
    jobs=[*jobs, publish_reports],
    resources={
        "archive": FlightArchive(),
        "io_manager": ParquetTables(root=str(DATA / "tables")),
        "small_values": em.FilesystemIOManager(),
        "warehouse": Warehouse(path=str(DATA / "flights.duckdb"), tables=str(DATA / "tables")),
    },
)
