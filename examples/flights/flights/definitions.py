"""Everything this project has: its tables, checks, jobs, what starts them, and what they need to run."""

import os
from pathlib import Path

import earmark as em

from flights import checks
from flights.archive import FlightArchive
from flights.assets import calendar, core, ingest, reporting
from flights.automation.conditions import follow, follow_upstream
from flights.automation.schedules import schedules
from flights.automation.sensors import sensors
from flights.jobs import jobs
from flights.publishing import Warehouse, publish_reports
from flights.tables import ParquetTables

DATA = Path(os.environ.get("FLIGHTS_DATA", Path(__file__).parents[1] / "data"))
"""Where tables and the warehouse are kept: `data/` beside this project, unless FLIGHTS_DATA says otherwise."""

defs = em.Definitions(
    assets=[
        *follow_upstream(em.load_assets_from_modules([ingest, core, reporting])),
        *em.load_assets_from_modules([calendar]),
    ],
    asset_checks=em.load_asset_checks_from_modules([checks]),
    jobs=[*jobs, publish_reports],
    schedules=schedules,
    sensors=[*sensors, follow],
    resources={
        "archive": FlightArchive(),
        "io_manager": ParquetTables(root=str(DATA / "tables")),
        "small_values": em.FilesystemIOManager(),
        "warehouse": Warehouse(path=str(DATA / "flights.duckdb"), tables=str(DATA / "tables")),
    },
)
