"""What a guest is told when it is started."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from earmark.execute.instance import DagsterInstance
from earmark.guest.project import CodeTarget
from earmark.store.open import open_store
from earmark.system import clock as system_clock
from earmark.tags.flow import FlowRule


def open_instance(store: str, home: str, settings: Mapping[str, Any]) -> DagsterInstance:
    """Open what a guest or a worker was told of: the store, the home, and which tags of assets flow to runs."""
    return DagsterInstance(
        open_store(store, clock=system_clock.now, create=False),
        Path(home),
        tag_flow=msgspec.convert(settings.get("tag_flow", {}), dict[str, FlowRule]),
    )


class GuestOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a guest is started: by one argument, as JSON.

    Args:
        fd: The socket to the host.
        home: The home folder.
        store: What the store is opened by.
        location: The name of the code location.
        target: What to load.
        worker: What workers are told beyond that: timeouts, the slots of pools, which tags flow.
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
