"""What an instance decides about the lives of its runs: retries, time limits, how long things are kept."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from earmark.specs.policy import Backoff
from earmark.values.errors import SettingsError

KEPT_FOR_EVER = -1
"""What stands for "never" where a setting is a number of days."""


class RunRetries(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How failed runs are executed again by themselves. Tags of a run say otherwise for that run.

    Args:
        enabled: Whether ``max_retries`` holds for runs that do not say how often.
        max_retries: How often, for runs that do not say.
        retry_on_asset_or_op_failure: Whether a failure of user code is retried too, for runs that do not say.
        delay: Before the first retry, in microseconds.
        backoff: How the delay grows with each retry.
        longest_delay: What the delay never grows beyond, in microseconds.
    """

    enabled: bool = True
    max_retries: int = 0
    retry_on_asset_or_op_failure: bool = True
    delay: int = 0
    backoff: Backoff | None = None
    longest_delay: int = 3_600_000_000

    def __post_init__(self) -> None:
        if self.max_retries < 0:
            raise SettingsError(f"max_retries is 0 or more, not {self.max_retries}.", value=self.max_retries)


class RunMonitoring(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How long a run may take to start, to end and to be cancelled. All times are in microseconds.

    Args:
        start_timeout: How long a starting run may go unclaimed before it is started again.
        start_attempts: How often it is started before it fails.
        cancel_timeout: How long a run may take to end after it was asked to, before it is killed.
        max_runtime: How long runs may take that carry no ``dagster/max_runtime``; ``None`` for any time.
    """

    start_timeout: int = 180_000_000
    start_attempts: int = 3
    cancel_timeout: int = 30_000_000
    max_runtime: int | None = None


class Thing(StrEnum):
    """What retention is set for."""

    RUNS = "runs"
    SCHEDULE = "schedule"
    SENSOR = "sensor"
    AUTO_MATERIALIZE = "auto_materialize"


class Retention(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """For how many days things are kept, by their final state; -1, and what is not named, is for ever.

    Args:
        runs: Finished runs with their logs, by ``success``, ``failure``, ``canceled``. What is known of assets stays.
        schedule: Ticks of schedules, by ``started``, ``skipped``, ``failure``, ``success``.
        sensor: Ticks of sensors, likewise.
        auto_materialize: Ticks of automation conditions, likewise.
    """

    runs: dict[str, int] = {}
    schedule: dict[str, int] = {}
    sensor: dict[str, int] = {}
    auto_materialize: dict[str, int] = {}
