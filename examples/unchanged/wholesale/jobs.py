"""Work that is no table: a fan-out as wide as the day, a job cut by configuration, hooks and loggers."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from wholesale.calendar import DAYS
from wholesale.resources import Currency


class Trucks(dg.Config):
    """How many leave."""

    count: int = 3


@dg.op(out=dg.DynamicOut(str))
def trucks(config: Trucks) -> Iterator[dg.DynamicOutput[str]]:
    """As many outputs as there are trucks today."""
    for number in range(config.count):
        yield dg.DynamicOutput(f"truck {number}", mapping_key=f"t{number}")


@dg.op(required_resource_keys={"currency"}, tags={"team": "road"})
def drive(context: dg.OpExecutionContext, truck: str) -> int:
    """Earns more the later it leaves."""
    currency: Currency = context.resources.currency
    earned = 100 * (int(truck[-1]) + 1)
    context.log.info("%s earned %s", truck, currency.words(earned))
    return earned


@dg.op
def count_money(amounts: list[int]) -> int:
    """Everything that came home."""
    return sum(amounts)


seen: list[tuple[str, str]] = []
"""What the hooks were told, for the tests."""


@dg.success_hook
def cheer(context: dg.HookContext) -> None:
    """After a step that went well."""
    seen.append(("good", context.op.name))


@dg.failure_hook
def sigh(context: dg.HookContext) -> None:
    """After one that did not."""
    seen.append(("bad", str(context.op_exception)))


@dg.job(hooks={cheer, sigh}, tags={"team": "road"})
def round_trip() -> None:
    """Trucks leave, drive, and bring money."""
    count_money(trucks().map(drive).collect())


@dg.daily_partitioned_config(
    start_date="2024-05-01", tags_for_partition_fn=lambda start, end: {"weekday": str(start.isoweekday())}
)
def the_day(start: Any, end: Any) -> dict[str, Any]:
    """The configuration of a day."""
    return {"ops": {"sweep": {"config": {"day": f"{start:%Y-%m-%d}"}}}}


@dg.op(config_schema={"day": str, "rooms": dg.Field(dg.Array(str), is_required=False)})
def sweep(context: dg.OpExecutionContext) -> str:
    """Leaves the floor clean."""
    rooms = context.op_config.get("rooms", ["hall"])
    return f"{context.op_config['day']}: {', '.join(rooms)}"


@dg.job(config=the_day)
def cleaning() -> None:
    """Every evening."""
    sweep()


@dg.op(out={"odd": dg.Out(int, is_required=False), "even": dg.Out(int, is_required=False)})
def sort_bunch(context: dg.OpExecutionContext) -> Iterator[dg.Output[int]]:
    """One of two ways."""
    size = int(context.run.tags.get("bunch", "4"))
    yield dg.Output(size, "odd" if size % 2 else "even")


@dg.op
def to_window(size: int) -> str:
    return f"{size} in the window"


@dg.op
def to_cellar(size: int) -> str:
    return f"{size} in the cellar"


@dg.graph(ins={}, out={})
def evening_sort() -> None:
    """Pairs go down, the rest is shown."""
    odd, even = sort_bunch()
    to_window(odd)
    to_cellar(even)


evening = evening_sort.to_job(name="evening", tags={"shift": "late"}, op_retry_policy=dg.RetryPolicy(max_retries=1))

count_days = dg.define_asset_job("count_days", selection=dg.AssetSelection.assets("day_total"), partitions_def=DAYS)
floor = dg.define_asset_job("floor", selection='group:stock and tag:"tier"="silver"')
