"""Accepting runs in bulk: stored with their tags, their plans and the event that they wait."""

from __future__ import annotations

from benchmarks.daemon import PROJECT
from benchmarks.dagster_dev import running_dagster
from benchmarks.result import Result, seconds_of

COUNT = 30_000
BATCH = 3_000
COUNT_OF_OTHERS = 50


def measure(api: str) -> Result:
    """Return milliseconds for a thousand queued runs."""
    if api != "earmark":
        return of_dagster()
    import earmark as em
    from earmark.events.kinds import RunEnqueued
    from earmark.execute.request import made_run
    from earmark.runs.request import RunAsk
    from earmark.system.ids import new_id
    from earmark.values import wire

    @em.op
    def nothing() -> None:
        return None

    @em.job(tags={"team": "core", "env": "prod"})
    def empty() -> None:
        nothing()

    instance = em.DagsterInstance.get()
    plan = empty.plan()
    instance.store.plans.put(plan.content_hash(), wire.encode(plan))
    rates = []
    for start in range(0, COUNT, BATCH):

        def accept(start: int = start) -> None:
            asks = [RunAsk(tags={"customer": str(number % 500)}) for number in range(start, start + BATCH)]
            runs = [made_run(empty, plan, instance, ask, run_id=new_id(), code_location="here").run for ask in asks]
            instance.store.runs.create(runs, [RunEnqueued()])

        rates.append(BATCH / seconds_of(accept))
    assert instance.store.queue.length() == COUNT
    instance.dispose()
    seconds = sum(BATCH / rate for rate in rates)
    return Result(
        "a thousand runs made and put into the queue",
        seconds / COUNT * 1_000_000,
        "ms",
        target=333,
        details={
            "runs per second": COUNT / seconds,
            "last over first": rates[-1] / rates[0],
        },
    )


def of_dagster() -> Result:
    """Launch runs one after the other over its GraphQL, which takes no more at once; none is started."""
    with running_dagster(PROJECT, maximum=0) as dagster:
        dagster.launch("empty", {"customer": "0"})
        tags = [{"customer": str(number)} for number in range(COUNT_OF_OTHERS)]
        seconds = seconds_of(lambda: [dagster.launch("empty", own) for own in tags])
    return Result(
        f"a thousand runs put into the queue, by {COUNT_OF_OTHERS} of them",
        seconds / COUNT_OF_OTHERS * 1_000_000,
        "ms",
        details={"runs per second": COUNT_OF_OTHERS / seconds},
    )
