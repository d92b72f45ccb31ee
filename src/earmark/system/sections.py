"""What each section of a settings file says, as parts of the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from earmark.runs.limits import (
    DEFAULT_MAX_CONCURRENT_RUNS,
    UNLIMITED,
    FairShare,
    PoolLimits,
    QueuePolicy,
    RunLimit,
    read_duration,
    read_limits,
)
from earmark.runs.policies import KEPT_FOR_EVER, Retention, RunMonitoring, RunRetries
from earmark.specs.policy import Backoff
from earmark.system.serving import ServerSettings
from earmark.system.table import SettingsTable
from earmark.tags.flow import FlowRule, read_flow
from earmark.tags.policy import Enforce, TagPolicy

_SECONDS = 1_000_000
_STATES_OF_TICKS = ("started", "skipped", "failure", "success")
_STATES_OF_RUNS = ("success", "failure", "canceled")


def read_sections(table: SettingsTable, beside: tuple[str, ...]) -> dict[str, Any]:
    """Return the parts of the settings that a file has something about."""
    table.knows(*beside)
    parts: dict[str, Any] = {}
    if not table.is_of_dagster:
        if "storage" in table:
            parts["storage"] = table.text("storage")
        table.knows("storage", "durability")
        if "durability" in table:
            parts["durability"] = table.word("durability", ("normal", "full"))
        _read_tags(table.table("tags"), parts)
        _read_telemetry(table.table("telemetry"), parts)
    concurrency, older = table.table("concurrency"), table.table("run_queue")
    if concurrency or older:
        parts["queue"], parts["pools"] = _read_concurrency(concurrency, older)
    for name, read in _SECTIONS.items():
        section = table.table(name)
        if section:
            parts[name] = read(section)
            section.done()
    table.done()
    return parts


def _read_tags(tags: SettingsTable, parts: dict[str, Any]) -> None:
    if "flow" in tags:
        parts["tag_flow"] = read_flow_section(tags)
    policies = tags.table("policy")
    if policies:
        parts["tag_policies"] = tuple(_read_policy(policies, key) for key in policies.names())
    tags.done()


def _read_telemetry(telemetry: SettingsTable, parts: dict[str, Any]) -> None:
    if "traces" in telemetry:
        parts["traces"] = telemetry.flag("traces", False)
    telemetry.knows("traces")
    telemetry.done()


def read_flow_section(tags: SettingsTable) -> Mapping[str, FlowRule]:
    """Return which tags flow to runs, of the table ``tags``; nothing where it does not say."""
    return tags.making(lambda: read_flow(tags.raw("flow") or {}), "flow")


def _read_policy(policies: SettingsTable, key: str) -> TagPolicy:
    table = policies.table(key)
    required, values = table.texts("required_on"), table.texts("values")
    pattern, description, colour = (table.text(name) or "" for name in ("pattern", "description", "colour"))
    enforce = Enforce(table.word("enforce", tuple(Enforce)) or Enforce.WARN)
    table.done()
    return table.making(lambda: TagPolicy(key, required, values, pattern, description, colour, enforce))


def _read_concurrency(concurrency: SettingsTable, older: SettingsTable) -> tuple[QueuePolicy, PoolLimits]:
    runs, pools = concurrency.table("runs"), concurrency.table("pools")
    if runs and older:
        concurrency.refuse("runs", "and run_queue say the same twice; keep one of them")
    queue = _read_queue(runs or older)
    default = concurrency.whole("default_op_concurrency_limit", UNLIMITED, least=UNLIMITED)
    limits = PoolLimits(
        default=pools.whole("default_limit", default, least=UNLIMITED),
        limits=_read_pools(pools.table("limits")),
        by_run=pools.word("granularity", ("op", "run")) == "run",
    )
    pools.ignore("op_granularity_run_buffer")
    for table in (runs, pools, older, concurrency):
        table.done()
    return (replace(queue, pools=limits) if limits.by_run else queue), limits


def _read_queue(table: SettingsTable) -> QueuePolicy:
    table.ignore(
        "block_op_concurrency_limited_runs",
        "dequeue_interval_seconds",
        "dequeue_num_workers",
        "dequeue_use_threads",
        "max_user_code_failure_retries",
        "user_code_failure_retry_delay",
    )
    most = table.whole("max_concurrent_runs", DEFAULT_MAX_CONCURRENT_RUNS, least=UNLIMITED)
    none: tuple[RunLimit, ...] = ()
    limits = table.read("tag_concurrency_limits", read_limits, none) + table.read("limits", read_limits, none)
    ageing = table.read("ageing", lambda raw: read_duration(raw, "ageing"), None)
    fair_by = table.text("fair_by")
    weights = table.table("fair_weights")
    if fair_by is None and weights:
        table.refuse("fair_weights", "needs fair_by, the tag that they are about")
    fair = None if fair_by is None else table.making(lambda: FairShare(fair_by, _numbers(weights)), "fair_by")
    return table.making(lambda: QueuePolicy(max_concurrent_runs=most, limits=limits, ageing=ageing, fair_by=fair))


def _read_pools(table: SettingsTable) -> dict[str, int]:
    return {name: table.whole(name, UNLIMITED, least=UNLIMITED) for name in table.names()}


def _numbers(table: SettingsTable) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in table.names():
        value = table.raw(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            table.refuse(name, f"is a number above 0, not {value!r}")
        found[name] = float(value)
    return found


def _read_retries(table: SettingsTable) -> RunRetries:
    known = RunRetries()
    backoff = table.word("backoff", ("linear", "exponential"))
    return RunRetries(
        enabled=table.flag("enabled", known.enabled),
        max_retries=table.whole("max_retries", known.max_retries, least=0),
        retry_on_asset_or_op_failure=table.flag("retry_on_asset_or_op_failure", known.retry_on_asset_or_op_failure),
        delay=table.read("delay", lambda raw: read_duration(raw, "delay"), known.delay),
        backoff=None if backoff is None else Backoff(backoff.upper()),
        longest_delay=table.read("longest_delay", lambda raw: read_duration(raw, "longest_delay"), known.longest_delay),
    )


def _read_monitoring(table: SettingsTable) -> RunMonitoring:
    known = RunMonitoring()
    table.ignore(
        "cancellation_thread_poll_interval_seconds",
        "enabled",
        "free_slots_after_run_end_seconds",
        "max_resume_run_attempts",
        "poll_interval_seconds",
    )

    def seconds(key: str, default: int) -> int:
        return table.whole(key, default // _SECONDS, least=1) * _SECONDS

    longest = table.whole("max_runtime_seconds", 0, least=0)
    return RunMonitoring(
        start_timeout=seconds("start_timeout_seconds", known.start_timeout),
        start_attempts=table.whole("start_attempts", known.start_attempts, least=1),
        cancel_timeout=seconds("cancel_timeout_seconds", known.cancel_timeout),
        max_runtime=longest * _SECONDS or None,
    )


def _read_retention(table: SettingsTable) -> Retention:
    found = {
        name: _read_days(table.table(name), _STATES_OF_RUNS if name == "runs" else _STATES_OF_TICKS)
        for name in Retention.__struct_fields__
    }
    return Retention(**found)


def _read_days(table: SettingsTable, states: tuple[str, ...]) -> dict[str, int]:
    days = table.raw("purge_after_days")
    if isinstance(days, Mapping):
        by_state = table.table("purge_after_days")
        found = {name: by_state.whole(name, KEPT_FOR_EVER, least=KEPT_FOR_EVER) for name in states if name in by_state}
        by_state.knows(*states)
        by_state.done()
    else:
        every = table.whole("purge_after_days", KEPT_FOR_EVER, least=KEPT_FOR_EVER)
        found = {} if days is None else dict.fromkeys(states, every)
    table.done()
    return found


def _read_server(table: SettingsTable) -> ServerSettings:
    known = ServerSettings()
    table.knows("login_required", "requests_per_minute")
    prefix = table.text("prefix") or known.prefix
    if not (prefix.startswith("/") and prefix.endswith("/")):
        table.refuse("prefix", f"begins and ends with a slash, not {prefix!r}")
    return ServerSettings(
        prefix=prefix,
        allowed_hosts=table.texts("allowed_hosts"),
        login_required=table.flag("login_required", False) if "login_required" in table else None,
        session_hours=table.whole("session_hours", known.session_hours, least=1),
        requests_per_minute=table.whole("requests_per_minute", 0, least=0) if "requests_per_minute" in table else None,
        max_body_bytes=table.whole("max_body_bytes", known.max_body_bytes, least=1_024),
        metric_tags=table.texts("metric_tags"),
    )


_SECTIONS: dict[str, Callable[[SettingsTable], Any]] = {
    "run_retries": _read_retries,
    "run_monitoring": _read_monitoring,
    "retention": _read_retention,
    "server": _read_server,
}
