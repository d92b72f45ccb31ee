"""History: January 2013, day by day, in one run.

From the shell the same is asked with

    earmark backfill launch day_at_the_airports --from 2013-01-01 --to 2013-01-31 --tags reason=reload
"""

import earmark as em

from flights.automation.daily import day_at_the_airports
from flights.tables import ParquetTables


def backfill(first: str, last: str, tables: ParquetTables) -> em.ExecuteInProcessResult:
    """Computes all days from `first` to `last` (both included, `2013-01-31`) in this process."""
    return em.materialize(
        [
            day_at_the_airports,
            em.AssetSpec("flights"),
        ],  # the bare spec: read what is stored, do not make it again
        resources={"io_manager": tables},
        tags={
            "dagster/asset_partition_range_start": first,
            "dagster/asset_partition_range_end": last,
            "reason": "reload",
        },
    )
