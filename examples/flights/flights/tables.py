"""Where the data goes: one parquet file per table (or per partition of a table), and what is said about it."""

import os
from collections.abc import Mapping
from pathlib import Path

import earmark as em
import polars as pl

from flights.charts import markdown_table


class ParquetTables(em.ConfigurableIOManager):
    """Stores every table as parquet under `root`, and reports its rows, columns and first lines.

    Assets only take and return frames; that they live in files, and where, is said here and nowhere else. So a test
    can keep them in memory, and production can point `root` to another disk, without a change to any asset.
    """

    root: str

    def handle_output(self, context: em.OutputContext, obj: pl.DataFrame) -> None:
        if not context.has_asset_partitions:
            path = self._file(context.asset_key)
            _write(obj, path)
        else:
            path = self._write_partitions(context, obj)
        context.add_output_metadata({"path": em.MetadataValue.path(path), **described(obj)})

    def load_input(self, context: em.InputContext) -> pl.DataFrame:
        if not context.has_asset_partitions:
            path = self._file(context.asset_key)
            if not path.is_file():
                raise FileNotFoundError(
                    f"{path} is not there yet: materialize {context.asset_key.to_user_string()} first"
                )
            return pl.read_parquet(path)
        stored = [self._file(context.asset_key, key) for key in context.asset_partition_keys]
        return pl.concat([pl.read_parquet(path) for path in stored if path.is_file()])

    def _write_partitions(self, context: em.OutputContext, frame: pl.DataFrame) -> Path:
        """Cuts the frame by the asset's `partition_expr` column; one run may fill many partitions."""
        keys, column = context.asset_partition_keys, context.definition_metadata["partition_expr"]
        files = {key: self._file(context.asset_key, key) for key in keys}
        for key, file in files.items():
            _write(frame.filter(pl.col(column).cast(pl.String) == key), file)
        return files[keys[0]] if len(keys) == 1 else files[keys[0]].parent

    def _file(self, key: em.AssetKey, partition: str | None = None) -> Path:
        folder = Path(self.root, *key.path[:-1])
        name = key.path[-1]
        return folder / f"{name}.parquet" if partition is None else folder / name / f"{partition}.parquet"


def described(frame: pl.DataFrame) -> Mapping[str, em.MetadataValue]:
    """What a person wants to know of a table before opening it: its size, its columns, its first lines."""
    columns = [em.TableColumn(name, str(dtype)) for name, dtype in frame.schema.items()]
    return {
        "dagster/row_count": em.MetadataValue.int(frame.height),
        "dagster/column_schema": em.MetadataValue.table_schema(em.TableSchema(columns)),
        "preview": em.MetadataValue.md(markdown_table(frame.head(5))),
    }


def _write(frame: pl.DataFrame, path: Path) -> None:
    """Writes beside the target and swaps it in, so that a reader never meets half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    frame.write_parquet(unfinished)
    os.replace(unfinished, path)
