"""From the scanner to the weekly report: tables cut in five ways, and how one cut feeds another."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from wholesale.calendar import DAYS, DAYS_AND_DEPOTS, DEPOTS, SUPPLIERS, WEEKS
from wholesale.resources import Currency, Scanner

contracts = dg.AssetSpec("contracts", group_name="outside", tags={"domain": "law"}, metadata={"keeper": "notary"})
"""Something that others write. It is only named here."""


class Waste(dg.Config):
    """What is thrown away."""

    percent: int = 5


@dg.asset(
    partitions_def=DAYS_AND_DEPOTS,
    group_name="intake",
    tags={"domain": "stock", "tier": "bronze"},
    kinds={"json"},
    owners=["team:floor"],
    code_version="3",
    retry_policy=dg.RetryPolicy(max_retries=1, delay=0.01),
)
def intake(context: dg.AssetExecutionContext, scanner: Scanner) -> int:
    """Stems that came in on a day at a depot."""
    key = context.partition_key
    assert isinstance(key, dg.MultiPartitionKey)
    where = key.keys_by_dimension
    context.log.info("scanning %s", where["depot"])
    return scanner.stems(where["day"], where["depot"])


@dg.asset(
    partitions_def=DAYS,
    ins={
        "intake": dg.AssetIn(
            partition_mapping=dg.MultiToSingleDimensionPartitionMapping(partition_dimension_name="day")
        )
    },
    group_name="stock",
    tags={"domain": "stock", "tier": "silver"},
)
def day_total(context: dg.AssetExecutionContext, config: Waste, intake: dict[str, int]) -> int:
    """Stems of a day over all depots, less what is thrown away."""
    total = sum(intake.values())
    context.add_output_metadata({"depots": len(intake), "stems": total})
    return total * (100 - config.percent) // 100


@dg.asset(
    partitions_def=DAYS,
    ins={
        "running_stock": dg.AssetIn(partition_mapping=dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)),
    },
    group_name="stock",
    tags={"domain": "stock", "tier": "silver"},
)
def running_stock(context: dg.AssetExecutionContext, running_stock: int | None, day_total: int) -> int:
    """All stems so far: yesterday's count, and today's."""
    return (running_stock or 0) + day_total


@dg.asset(
    partitions_def=WEEKS,
    group_name="reports",
    tags={"domain": "stock", "tier": "gold"},
    automation_condition=dg.AutomationCondition.eager(),
)
def week_report(context: dg.AssetExecutionContext, day_total: dict[str, int]) -> dict[str, Any]:
    """The days of a week, and its best one."""
    start, end = context.partition_time_window
    best = max(day_total, key=lambda day: (day_total[day], day))
    return {"from": f"{start:%Y-%m-%d}", "to": f"{end:%Y-%m-%d}", "days": len(day_total), "best": best}


@dg.multi_asset(
    specs=[
        dg.AssetSpec("price_list", group_name="prices", tags={"domain": "sales"}, skippable=True),
        dg.AssetSpec("discounts", group_name="prices", tags={"domain": "sales"}, deps=["price_list"], skippable=True),
    ],
    check_specs=[dg.AssetCheckSpec("nobody_pays_nothing", asset="price_list")],
    can_subset=True,
)
def prices(context: dg.AssetExecutionContext, currency: Currency) -> Iterator[Any]:
    """Two tables and a check from one function; it makes only what is asked for."""
    if dg.AssetKey("price_list") in context.selected_asset_keys:
        yield dg.MaterializeResult("price_list", metadata={"rose": currency.words(120)})
    if context.selected_asset_check_keys:
        yield dg.AssetCheckResult(passed=True, check_name="nobody_pays_nothing", asset_key="price_list")
    if dg.AssetKey("discounts") in context.selected_asset_keys:
        yield dg.MaterializeResult("discounts", metadata={"percent": 10})


@dg.asset(
    partitions_def=DEPOTS,
    deps=[contracts, dg.AssetDep("discounts")],
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="prices",
    tags={"domain": "sales"},
)
def depot_offer(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    """What each depot may offer; all depots are made by one run."""
    return dg.MaterializeResult(metadata={"depots": ", ".join(sorted(context.partition_keys))})


@dg.asset(partitions_def=SUPPLIERS, group_name="suppliers", tags={"domain": "law"})
def supplier_file(context: dg.AssetExecutionContext) -> str:
    """What is known of a supplier."""
    return f"{context.partition_key} is known"


@dg.op(ins={"week": dg.In(dict)}, out=dg.Out(str))
def headline(context: dg.OpExecutionContext, week: dict[str, Any]) -> str:
    """One line about a week."""
    return f"best day: {week['best']}"


@dg.op(config_schema={"shout": dg.Field(bool, default_value=False)})
def set_in_type(context: dg.OpExecutionContext, text: str) -> str:
    """As it goes to the printer."""
    return text.upper() if context.op_config["shout"] else text


@dg.graph_asset(
    partitions_def=WEEKS,
    ins={"week": dg.AssetIn("week_report")},
    group_name="reports",
    tags={"domain": "press"},
)
def poster(week: dict[str, Any]) -> str:
    """The week as one line: an asset made by two ops."""
    return set_in_type(headline(week))


@dg.op(out={"front": dg.Out(str), "back": dg.Out(str)})
def fold(text: str) -> tuple[str, str]:
    """A leaflet has two sides."""
    return text[:4], text[4:]


@dg.graph_multi_asset(
    outs={"leaflet_front": dg.AssetOut(), "leaflet_back": dg.AssetOut()},
    ins={"text": dg.AssetIn("poster", partition_mapping=dg.SpecificPartitionsPartitionMapping(["2024-05-06"]))},
    group_name="press",
)
def leaflet(text: str) -> dict[str, Any]:
    """Two assets from one graph."""
    front, back = fold(text)
    return {"leaflet_front": front, "leaflet_back": back}


@dg.observable_source_asset(group_name="outside", tags={"domain": "market"})
def auction_clock() -> dg.DataVersion:
    """Somebody else's clock, looked at now and then."""
    return dg.DataVersion("round-7")


def sign_of(depot: str) -> dg.AssetsDefinition:
    """Makes the asset of one depot's sign; a project may have as many as it likes."""

    @dg.asset(name=f"{depot}_sign", key_prefix=["signs"], group_name="signs", tags={"depot": depot})
    def sign() -> str:
        return f"Welcome to {depot}"

    return sign


signs = [sign_of(depot) for depot in DEPOTS.get_partition_keys()]


@dg.asset_check(asset=day_total, additional_ins={"running_stock": dg.AssetIn("running_stock")})
def stock_is_not_less_than_its_day(day_total: Any, running_stock: Any) -> dg.AssetCheckResult:
    """Yesterday cannot have been negative."""
    return dg.AssetCheckResult(passed=True, metadata={"looked_at": dg.MetadataValue.json({"day": 1})})


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec("has_a_depot", asset="depot_offer"),
        dg.AssetCheckSpec("is_signed", asset="contracts", blocking=False),
    ]
)
def papers() -> Iterator[dg.AssetCheckResult]:
    """Two checks of two assets from one look."""
    yield dg.AssetCheckResult(check_name="has_a_depot", asset_key="depot_offer", passed=True)
    yield dg.AssetCheckResult(
        check_name="is_signed", asset_key="contracts", passed=False, severity=dg.AssetCheckSeverity.WARN
    )
