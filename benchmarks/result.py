"""The shape of a figure, and of a case that measures one."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Result:
    """One figure. Smaller is better, whatever the unit.

    Attributes:
        name: What was measured, as a person says it.
        value: The figure.
        unit: Its unit: ``ms``, ``s``, ``x``, ``MB``.
        target: The figure to stay below, if one is set.
        details: Whatever explains the figure: counts, other quantiles.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def holds(self) -> bool | None:
        """Whether the target is met; ``None`` where there is none."""
        return None if self.target is None else self.value <= self.target

    def as_data(self) -> dict[str, Any]:
        """Return the figure as it is written to JSON."""
        return asdict(self)


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long one call takes, in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def processor_seconds_of(work: Callable[[], object]) -> float:
    """Return how much processor time of this process one call takes, in seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def median_seconds(work: Callable[[], object], times: int) -> float:
    """Return the median duration of several calls, in seconds. The first call, which warms up, is not counted."""
    work()
    return statistics.median(seconds_of(work) for _ in range(times))


def machine() -> dict[str, Any]:
    """Say on what a figure was measured, without naming the machine."""
    processor = platform.processor()
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        models = [line.partition(":")[2].strip() for line in listing.read_text().splitlines() if "model name" in line]
        processor = models[0] if models else processor
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
