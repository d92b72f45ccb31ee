"""What the tests share: the project's resources, pointed at a folder that is thrown away."""

from collections.abc import Mapping
from pathlib import Path

import pytest

import flights.definitions as project
from flights.archive import FlightArchive
from flights.publishing import Warehouse
from flights.tables import ParquetTables


@pytest.fixture
def tables(tmp_path: Path) -> ParquetTables:
    """An empty store of tables."""
    return ParquetTables(root=str(tmp_path / "tables"))


@pytest.fixture
def resources(tables: ParquetTables, tmp_path: Path) -> Mapping[str, object]:
    """All that the project needs to run, writing only below a temporary folder."""
    return {
        **(project.defs.resources or {}),
        "archive": FlightArchive(),
        "io_manager": tables,
        "warehouse": Warehouse(path=str(tmp_path / "flights.duckdb"), tables=tables.root),
    }
