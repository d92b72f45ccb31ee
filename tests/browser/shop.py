"""A shop of two thousand assets and a few jobs: what the pages show while they are tested."""

import time

import earmark as em

DOMAINS = ("sales", "supply", "finance", "product")
TEAMS = ("core", "growth", "ml", "platform")
TIERS = ("gold", "silver", "bronze")


@em.asset(group_name="raw", tags={"domain": "marketing", "pii": "true", "team": "growth"}, kinds={"python"})
def clicks():
    return 1


@em.asset(group_name="raw", tags={"domain": "sales", "team": "core"}, owners=["team:data"])
def orders():
    return 1


def numbered(number: int) -> em.AssetsDefinition:
    """Make one of many: twenty areas of a hundred tables, each table read from the one before it."""
    area, place = divmod(number, 100)

    @em.asset(
        key_prefix=[f"area_{area:02}"],
        name=f"table_{place:02}",
        group_name=f"area_{area:02}",
        deps=[em.AssetKey([f"area_{area:02}", f"table_{place - 1:02}"])] if place else [],
        tags={"domain": DOMAINS[area % 4], "team": TEAMS[number % 4], "tier": TIERS[place % 3]},
    )
    def table():
        return number

    return table


@em.op(config_schema=em.Field({"limit": em.Field(int, default_value=10)}, is_required=False))
def load(context):
    return 1


@em.job(tags={"team": "growth", "tier": "gold"})
def sync_crm():
    load()


@em.op
def nap(context):
    for _ in range(600):
        time.sleep(0.1)


@em.job(tags={"team": "platform"})
def long_export():
    nap()


marketing = em.define_asset_job("daily_marketing", selection="group:raw", tags={"team": "growth", "env": "prod"})
defs = em.Definitions(
    assets=[clicks, orders, *(numbered(number) for number in range(2_000))], jobs=[sync_crm, long_export, marketing]
)
