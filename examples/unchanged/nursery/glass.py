"""What the greenhouse does."""

from collections.abc import Iterator

import dagster as dg


def heat(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    yield dg.MaterializeResult(asset_key="warmth", metadata={"degrees": 21})
    yield dg.AssetCheckResult(asset_key="warmth", check_name="not_frozen", passed=True)
