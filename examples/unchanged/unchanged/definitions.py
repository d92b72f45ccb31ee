"""Everything the bakery has."""

import dagster as dg

from unchanged import assets
from unchanged.baking import morning

sales = dg.define_asset_job("sales", selection='+tag:"domain"="sales"', tags={"team": "counter"})
catalog = dg.define_asset_job("catalog", selection=dg.AssetSelection.tag("domain", "catalog"))
quiet = dg.define_asset_job("quiet", selection="closing", tags={"label": "only"}, run_tags={"kept": "yes"})

defs = dg.Definitions(
    assets=dg.load_assets_from_modules([assets]),
    asset_checks=dg.load_asset_checks_from_modules([assets]),
    jobs=[sales, catalog, quiet, morning],
    resources={"ledger": assets.Ledger(folder=dg.file_relative_path(__file__, "data"))},
)
