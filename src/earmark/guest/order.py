"""What a guest is told when it is started, and what each of its workers is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from earmark.execute.instance import DagsterInstance
from earmark.execute.patience import STORE_PATIENCE
from earmark.guest.project import CodeTarget
from earmark.runs.limits import PoolLimits
from earmark.store.open import open_store
from earmark.system import clock as system_clock
from earmark.tags.flow import FlowRule
from earmark.tags.policy import TagPolicy


def open_instance(store: str, home: str, settings: Mapping[str, Any]) -> DagsterInstance:
    """Open what a guest or a worker was told of: the store, the home, and what the settings say about tags."""
    return DagsterInstance(
        open_store(store, clock=system_clock.now, create=False),
        Path(home),
        tag_flow=msgspec.convert(settings.get("tag_flow", {}), dict[str, FlowRule]),
        tag_policies=msgspec.convert(settings.get("tag_policies", []), list[TagPolicy]),
    )


class GuestOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a guest is started: by one argument, as JSON.

    Args:
        fd: The socket to the host.
        home: The home folder.
        store: What the store is opened by.
        location: The name of the code location.
        module: The module to load; or
        file: the Python file.
        working_directory: The folder that imports start from.
        attribute: The name of the variable or function to take; found by its type if ``None``.
        dagster_alias: Whether ``import dagster`` means Earmark there; ``None``: where Dagster is not installed.
        worker: What workers are told beyond that: timeouts, the slots of pools, which tags flow, policies about tags.
    """

    fd: int
    home: str
    store: str
    location: str
    module: str | None = None
    file: str | None = None
    working_directory: str | None = None
    attribute: str | None = None
    dagster_alias: bool | None = None
    worker: dict[str, Any] = {}

    def open(self) -> DagsterInstance:
        """Open the store."""
        return open_instance(self.store, self.home, self.worker)

    @property
    def target(self) -> CodeTarget:
        """What to load."""
        return CodeTarget(
            module=self.module,
            file=None if self.file is None else Path(self.file),
            working_directory=None if self.working_directory is None else Path(self.working_directory),
            attribute=self.attribute,
            name=self.location,
            dagster_alias=self.dagster_alias,
        )


class WorkerOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a worker is told.

    Args:
        run_id: The run.
        launch_token: What it claims the run with.
        home: The home folder.
        store: What the store is opened by.
        location: The code location.
        settings: ``cancel_grace`` (seconds), ``max_runtime`` (seconds, 0 for none), ``store_patience`` (seconds that a
            store out of reach is waited for), ``pools``, ``tag_flow`` and ``tag_policies`` (what the settings files
            say of them), ``traces`` (whether the run is traced).
        forks: Whether the process that runs user code may fork again, for steps in processes of their own.
        traceparent: The span that the run's own belongs to.
    """

    run_id: str
    launch_token: str
    home: str
    store: str
    location: str
    settings: dict[str, Any] = {}
    forks: bool = True
    traceparent: str = ""

    @property
    def patience(self) -> float:
        """How many seconds a store that is out of reach is waited for."""
        return float(self.settings.get("store_patience", STORE_PATIENCE))

    @property
    def pool_limits(self) -> PoolLimits:
        """What the settings files say of pools."""
        return msgspec.convert(self.settings.get("pools", {}), PoolLimits)

    def open(self) -> DagsterInstance:
        """Open the store."""
        return open_instance(self.store, self.home, self.settings)
