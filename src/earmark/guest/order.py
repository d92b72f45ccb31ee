"""What a guest is told when it is started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from earmark.guest.project import CodeTarget


class GuestOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a guest is started: by one argument, as JSON.

    Args:
        fd: The socket to the host.
        home: The home folder.
        store: What the store is opened by.
        location: The name of the code location.
        target: What to load.
        worker: What workers are told beyond that: timeouts, the default executor.
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
