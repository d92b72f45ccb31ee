"""Everything the wholesaler has."""

import tempfile
from pathlib import Path

import dagster as dg

from wholesale import assets, automation, jobs
from wholesale.resources import Currency, Scanner, Shelf

currency = Currency(symbol=dg.EnvVar("WHOLESALE_CURRENCY"))

defs = dg.Definitions(
    assets=[*dg.load_assets_from_modules([assets]), assets.contracts],
    asset_checks=dg.load_asset_checks_from_modules([assets]),
    jobs=[jobs.round_trip, jobs.cleaning, jobs.evening, jobs.count_days, jobs.floor, automation.new_suppliers],
    schedules=[automation.every_day, automation.every_evening, automation.departures],
    sensors=[
        automation.letters,
        automation.after_discounts,
        automation.when_both_moved,
        automation.tell_the_garage,
        automation.clean_after,
        automation.reports_follow,
    ],
    resources={
        "currency": currency,
        "scanner": Scanner(currency=currency),
        "io_manager": Shelf(root=str(Path(tempfile.gettempdir(), "wholesale"))),
    },
)
