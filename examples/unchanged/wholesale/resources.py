"""What the tables need: a scanner that is opened and closed, prices in a currency, and a shelf of JSON files."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field, PrivateAttr


class Currency(dg.ConfigurableResource):
    """Turns cents into words."""

    symbol: str = "EUR"

    def words(self, cents: int) -> str:
        return f"{cents / 100:.2f} {self.symbol}"


class Scanner(dg.ConfigurableResource):
    """Counts stems at a depot. It is opened once for a run and closed after it."""

    seed: int = Field(default=7, description="from which the counts follow")
    currency: Currency
    _open: bool = PrivateAttr(default=False)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        self._open = True

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        self._open = False

    def stems(self, day: str, depot: str) -> int:
        """How many stems came in: the same for the same seed, day and depot."""
        if not self._open:
            raise RuntimeError("the scanner is closed")
        return (self.seed * int(day[-2:]) + 10 * len(depot)) % 97 + 3


class Shelf(dg.ConfigurableIOManager):
    """One JSON file for a table, or for each partition of it."""

    root: str
    indent: int | None = None

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        if obj is None:
            return
        key = context.asset_partition_key if context.has_asset_partitions else None
        file = self._file(context, key)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(obj, indent=self.indent, sort_keys=True))
        context.add_output_metadata({"path": dg.MetadataValue.path(str(file)), "bytes": file.stat().st_size})

    def load_input(self, context: dg.InputContext) -> Any:
        if not context.has_asset_partitions:
            return json.loads(
                self._file(context if context.has_asset_key else context.upstream_output, None).read_text()
            )
        found = {key: self._file(context, key) for key in context.asset_partition_keys}
        values = {key: json.loads(file.read_text()) for key, file in found.items() if file.exists()}
        return values if len(found) > 1 else next(iter(values.values()), None)

    def _file(self, context: dg.OutputContext | dg.InputContext | None, partition: str | None) -> Path:
        assert context is not None
        name = context.asset_key.path if context.has_asset_key else context.get_identifier()
        parts = [*name, *([] if partition is None else [partition.replace("|", "_")])]
        return Path(self.root, *parts).with_suffix(".json")
