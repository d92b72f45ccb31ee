"""What must hold of the data. A blocking check stops everything downstream; the others only say what they saw."""

import earmark as em
import polars as pl

from flights.assets.core import flights
from flights.assets.reporting import fleet, routes, weather_delays


@em.asset_check(asset=flights, blocking=True)
def flight_ids_are_unique(flights: pl.DataFrame) -> em.AssetCheckResult:
    """Every report counts rows, so a flight that stands here twice would be a wrong number everywhere."""
    twice = flights.height - flights["flight_id"].n_unique()
    return em.AssetCheckResult(
        passed=twice == 0,
        description=f"{twice} of {flights.height} flights are listed again under the same id",
        metadata={"duplicates": twice},
    )


@em.asset_check(asset=flights)
def no_day_is_missing(flights: pl.DataFrame) -> em.AssetCheckResult:
    """Between the first and the last day of the table every day has departures."""
    first, last = flights["date"].min(), flights["date"].max()
    missing = (last - first).days + 1 - flights["date"].n_unique()
    return em.AssetCheckResult(passed=missing == 0, metadata={"missing_days": missing})


@em.asset_check(asset=weather_delays)
def the_weather_is_known(weather_delays: pl.DataFrame) -> em.AssetCheckResult:
    """Stations fail now and then; the report is sound while nearly all flights have their weather."""
    return _at_least(98, _known_percent(weather_delays, "conditions", "flights"))


@em.asset_check(asset=fleet)
def the_aircraft_are_registered(fleet: pl.DataFrame) -> em.AssetCheckResult:
    """Two airlines report fleet numbers in place of tail numbers, so this one warns on the real data."""
    return _at_least(95, _known_percent(fleet, "maker", "flights"))


@em.asset_check(asset=routes)
def destinations_are_on_the_map(routes: pl.DataFrame) -> em.AssetCheckResult:
    """Four airports in the Caribbean are missing from the published table; more than that would be news."""
    lost = routes.filter(pl.col("longitude").is_null())["destination"].sort().to_list()
    return em.AssetCheckResult(passed=len(lost) <= 4, metadata={"not_on_the_map": ", ".join(lost)})


def _known_percent(report: pl.DataFrame, column: str, weight: str) -> float:
    known = report.filter(pl.col(column) != "unknown")[weight].sum()
    return 100 * known / report[weight].sum()


def _at_least(wanted: float, percent: float) -> em.AssetCheckResult:
    return em.AssetCheckResult(
        passed=percent >= wanted,
        severity=em.AssetCheckSeverity.WARN,
        description=f"{percent:.1f} % are known, {wanted} % are wanted",
        metadata={"known_percent": percent},
    )
