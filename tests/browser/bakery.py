"""A bakery: partitions of two dimensions, configuration to fill in, and much that starts by itself."""

from typing import Literal

import earmark as em

DAYS = em.DailyPartitionsDefinition("2026-08-01", end_date="2026-11-01")
SHOPS = em.StaticPartitionsDefinition(["centre", "harbour", "north", "station", "university"])


class Oven(em.Config):
    """How hot and how long."""

    temperature: int = 220
    minutes: int = 40
    program: Literal["bread", "cake", "pizza"] = "bread"


class Baking(em.Config):
    """What is baked."""

    loaves: int
    oven: Oven = Oven()
    note: str = ""


@em.asset(
    group_name="sales",
    partitions_def=em.MultiPartitionsDefinition({"day": DAYS, "shop": SHOPS}),
    tags={"team": "shops", "domain": "sales"},
)
def takings(context):
    """What each shop took on each day; the till of one shop fails on some days."""
    day, shop = context.partition_key.split("|")
    if shop == "north" and day.endswith("3"):
        raise ValueError(f"the till of {shop} sent nothing for {day}")
    return 1


@em.asset(group_name="sales", partitions_def=DAYS, tags={"team": "shops", "domain": "sales"})
def visitors(context):
    """How many came on each day."""
    if context.partition_key == "2026-08-05":
        raise ValueError("the counter at the door was off")
    return 1


@em.asset(group_name="kitchen", tags={"team": "kitchen"}, automation_condition=em.AutomationCondition.eager())
def recipes():
    """What can be baked."""


@em.asset(group_name="kitchen", deps=[recipes], tags={"Team": "kitchen"})
def allergens():
    """What is in it; its key of tags is nearly that of the others."""


class Weighing(em.Config):
    """How it is weighed."""

    grams: int
    unit: Literal["kg", "lb"] = "kg"


@em.asset(group_name="kitchen", deps=[recipes])
def scales(config: Weighing):
    """What nobody has put a tag on."""
    return config.grams


@em.op(tags={"engine": "oven"}, pool="oven")
def bake(config: Baking):
    if config.oven.temperature > 300:
        raise ValueError(f"an oven of {config.oven.temperature} degrees burns the bread")
    return config.loaves


@em.op
def sell(loaves: int):
    print(f"sold {loaves} loaves")


@em.job(tags={"team": "kitchen", "tier": "gold"})
def bake_bread():
    """Bake, then sell."""
    sell(bake())


@em.op
def count():
    return 1


@em.job(tags={"team": "office"})
def close_the_day():
    """Count what was sold."""
    count()


menu = em.define_asset_job(
    "menu", selection="key:allergens", tags={"team": "kitchen"}, automation_condition=em.AutomationCondition.missing()
)
evening = em.ScheduleDefinition(
    job=close_the_day, name="evening", cron_schedule="*/20 * * * *", tags={"team": "office", "reason": "evening"}
)
weekly = em.ScheduleDefinition(
    job=close_the_day, name="weekly", cron_schedule="0 6 * * 1", tags={"team": "office", "reason": "week"}
)


@em.sensor(job=close_the_day, name="new_orders", minimum_interval_seconds=3_600, tags={"team": "shops"})
def new_orders(context):
    """Ask for a run for each order, as far as it has read."""
    context.log.info("read the orders of the morning")
    if context.cursor == "all":
        yield em.SkipReason("every order has been read")
        return
    for order in ("4711", "4712"):
        yield em.RunRequest(run_key=f"order-{order}", tags={"order": order, "team": "shops"})
    context.update_cursor("all")


@em.sensor(job=close_the_day, name="till", minimum_interval_seconds=3_600, tags={"team": "shops"})
def till(context):
    """Fail, as tills do."""
    raise ConnectionError("the till does not answer")


defs = em.Definitions(
    assets=[takings, visitors, recipes, allergens, scales],
    jobs=[bake_bread, close_the_day, menu],
    schedules=[evening, weekly],
    sensors=[new_orders, till],
)
