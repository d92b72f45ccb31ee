"""The morning: ops and graphs, with aliases, retries, an optional branch and an order without data."""

from collections.abc import Iterator

import dagster as dg


class Morning(dg.Config):
    """How much to bake, and how often the oven fails before it heats."""

    loaves: int = 20
    cold_starts: int = 1


@dg.op(retry_policy=dg.RetryPolicy(max_retries=2), tags={"dagster/priority": 5, "machine": "oven"})
def heat_oven(context: dg.OpExecutionContext, config: Morning) -> int:
    """Fails as often as configured, then gives the temperature."""
    if context.retry_number < config.cold_starts:
        raise dg.Failure(f"still cold after attempt {context.retry_number + 1}")
    return 250


@dg.op
def mix(config: Morning) -> int:
    """Dough for so many loaves."""
    return config.loaves


@dg.op
def bake(temperature: int, loaves: int) -> int:
    """A hot oven loses one loaf in twenty."""
    return loaves - loaves // 20 if temperature > 200 else 0


@dg.op(out={"shop": dg.Out(int), "charity": dg.Out(int, is_required=False)})
def sort_out(loaves: int) -> Iterator[dg.Output[int]]:
    """What is left over goes to charity, when there is any."""
    yield dg.Output(min(loaves, 30), "shop")
    if loaves > 30:
        yield dg.Output(loaves - 30, "charity")


@dg.op
def deliver(loaves: int) -> str:
    """Somebody carries it."""
    return f"{loaves} loaves"


@dg.op(ins={"delivered": dg.In(dg.Nothing)})
def clean_up() -> str:
    """Only after the shop has its bread; it needs nothing from there."""
    return "clean"


@dg.graph
def oven_work() -> int:
    """Heat, mix and bake."""
    return bake(heat_oven(), mix())


@dg.job(tags={"shift": "early", "crew": {"size": 2}})
def morning() -> None:
    """From cold oven to clean kitchen."""
    shop, charity = sort_out(oven_work())
    clean_up(delivered=deliver.alias("to_shop")(shop))
    deliver.alias("to_charity")(charity)
