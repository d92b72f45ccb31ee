"""``earmark limits``: list, set, remove, history, and pausing the queue."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from earmark.cli import options

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Limit how many runs are in progress at once, by tag, query or pool.",
)


@app.command("list")
def list_limits(as_json: options.Json = False) -> None:
    """List the limits that hold now, with what they are about and how much of each is in use."""
    from earmark.cli.hosting import open_home
    from earmark.cli.terminal import print_json, table
    from earmark.daemon.policy import effective_policy, effective_pools
    from earmark.decide.queue import QueueBoard
    from earmark.runs.limits import limit_data

    _, settings, store = open_home(quiet=as_json)
    try:
        policy = effective_policy(settings.queue, store)
        pools = effective_pools(settings.pools, store)
        running = store.queue.in_progress()
        slots = store.leases.slots()
        now = store.clock()
    finally:
        store.close()
    board = QueueBoard(policy, in_progress=[(run, run.starting_at or now) for run in running], now=now)
    rows: list[tuple[str, ...]] = []
    for state in board.limits:
        limit = state.bucketing.limit
        buckets = sorted(state.buckets.values(), key=lambda bucket: bucket.describe())
        held = [bucket for bucket in buckets if bucket.used]
        used = ", ".join(
            str(one.used) if one.describe() == limit.name else f"{one.describe()}: {one.used}/{one.allowed}"
            for one in held
        )
        rows.append((limit.name, _about(limit), str(limit.limit), used or "0"))
    for pool in sorted({*pools.limits, *(slot.pool for slot in slots)}):
        taken = [slot.run_id for slot in slots if slot.pool == pool and slot.granted_at is not None]
        units = set(taken) if pools.by_run else taken
        about = f"{'runs' if pools.by_run else 'steps'} of the pool"
        rows.append((f"pool {pool}", about, _number(pools.of(pool)), str(len(units))))
    if as_json:
        print_json(
            {
                "max_concurrent_runs": policy.max_concurrent_runs,
                "limits": [limit_data(limit) for limit in policy.limits],
                "pools": {**pools.limits},
                "default_pool_limit": pools.default,
            }
        )
        return
    table(("LIMIT", "ABOUT", "AT MOST", "IN USE"), rows, "No limit holds.")


def _about(limit: Any) -> str:
    if limit.where:
        return f"runs that match {limit.where}" + (f", per {', '.join(limit.per)}" if limit.per else "")
    if limit.key is None:
        return "all runs"
    if limit.value is not None:
        return f"runs with {limit.key}={limit.value}"
    return f"runs with {limit.key}" + (", each value apart" if limit.per_value else "")


def _number(limit: int) -> str:
    return "any number" if limit < 0 else str(limit)


@app.command("set")
def set_limit(
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="A tag key ('team'), a tag ('team=ml'), a query ('tag:team=ml -tag:tier'), 'max_concurrent_runs', "
            "'pool:NAME', or a limit as JSON.",
        ),
    ],
    limit: Annotated[int | None, typer.Argument(metavar="[LIMIT]", help="How many at once; -1 for any number.")] = None,
    each: Annotated[bool, typer.Option("--each", help="With a key alone: each of its values has the limit.")] = False,
) -> None:
    """Set a limit, or change it; it holds at once."""
    from earmark.cli.hosting import author, note, open_home
    from earmark.cli.terminal import out
    from earmark.daemon import policy
    from earmark.runs.limits import MAX_CONCURRENT_RUNS
    from earmark.system.wake import wake_host

    raw = _raw(what, limit, each)
    home, settings, store = open_home()
    try:
        if what == MAX_CONCURRENT_RUNS:
            policy.set_maximum(store, int(raw["limit"]), author())
            name = MAX_CONCURRENT_RUNS
        elif what.startswith("pool:"):
            name = f"pool {what[5:]}"
            store.settings.set(f"pools/{what[5:]}", int(raw["limit"]), author=author())
        else:
            name = policy.set_limit(settings.queue, store, raw, author()).name
        note(store, "limit.set", name.replace("pool ", "pool:", 1), str(raw["limit"]))
    finally:
        store.close()
    wake_host(home.path)
    number = int(raw["limit"])
    out().print(f"{name} has no limit now." if number < 0 else f"{name} is limited to {number} now.")


def _raw(what: str, limit: int | None, each: bool) -> dict[str, Any]:
    if what.lstrip().startswith("{"):
        try:
            found: dict[str, Any] = json.loads(what)
        except json.JSONDecodeError as error:
            raise typer.BadParameter(f"not JSON: {error}") from None
        return found
    if limit is None:
        raise typer.BadParameter("say how many at once: earmark limits set team=ml 2")
    key, equals, value = what.partition("=")
    if ":" in key:
        return {"where": what, "limit": limit}
    if equals:
        return {"key": key, "value": value, "limit": limit}
    return {"key": key, "limit": limit, **({"value": {"applyLimitPerUniqueValue": True}} if each else {})}


@app.command("remove")
def remove_limit(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The limit, as `limits list` names it.")],
) -> None:
    """Remove a limit; it no longer holds at once."""
    from earmark.cli.hosting import author, note, open_home
    from earmark.cli.terminal import out
    from earmark.daemon import policy
    from earmark.system.wake import wake_host

    home, settings, store = open_home()
    try:
        policy.remove_limit(settings.queue, store, name, author())
        note(store, "limit.remove", name)
    finally:
        store.close()
    wake_host(home.path)
    out().print(f"{name} no longer holds.")


@app.command("history")
def history(as_json: options.Json = False) -> None:
    """Show who changed which limit when, the latest first."""
    from earmark.cli.hosting import open_home
    from earmark.cli.terminal import print_json, table, time_text

    _, _, store = open_home(quiet=as_json)
    try:
        changes = [
            change
            for change in store.settings.history(limit=200)
            if change.key.startswith(("limits/", "pools", "queue."))
        ]
    finally:
        store.close()
    if as_json:
        print_json(
            [
                {"key": c.key, "before": c.before, "after": c.after, "author": c.author, "at": c.changed_at}
                for c in changes
            ]
        )
        return
    table(
        ("WHEN", "WHO", "WHAT", "BEFORE", "AFTER"),
        ((time_text(c.changed_at), c.author, c.key, _told(c.before), _told(c.after)) for c in changes),
        "No limit was ever changed.",
    )


def _told(value: Any) -> str:
    """Return a setting in the history: of a limit its number and what its name does not say; empty if not set."""
    if value is None:
        return ""
    if not isinstance(value, dict) or "limit" not in value:
        return json.dumps(value)
    rest = {key: one for key, one in value.items() if key not in ("name", "limit", "key", "value", "where", "per")}
    return " ".join([str(value["limit"]), *([json.dumps(rest)] if rest else [])])


@app.command("pause")
def pause() -> None:
    """Let nothing leave the queue until `limits resume`."""
    _set_paused(True)


@app.command("resume")
def resume() -> None:
    """Let runs leave the queue again."""
    _set_paused(False)


def _set_paused(paused: bool) -> None:
    from earmark.cli.hosting import author, note, open_home
    from earmark.cli.terminal import count, out
    from earmark.daemon.policy import PAUSED
    from earmark.system.wake import wake_host

    home, _, store = open_home()
    try:
        store.settings.set(PAUSED, paused, author=author())
        note(store, "queue.pause" if paused else "queue.resume", "queue")
        waiting = store.queue.length()
    finally:
        store.close()
    wake_host(home.path)
    told = f"{count(waiting, 'run')} wait{'s' if waiting == 1 else ''}"
    out().print(f"The queue is {'paused' if paused else 'open'}; {told}.")
