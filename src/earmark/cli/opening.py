"""Opening the home and its store for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from earmark.cli.terminal import err

if TYPE_CHECKING:
    from earmark.execute.instance import DagsterInstance


@contextmanager
def open_instance(*, quiet: bool = False) -> Iterator[DagsterInstance]:
    """Open the instance of the home; where no home is set, say in one line which folder is used.

    Args:
        quiet: Whether that line is left out.

    Raises:
        StoreError: The home cannot be written, or its store is of a newer version.
    """
    from earmark.execute.instance import DagsterInstance
    from earmark.system.home import find_home

    home = find_home()
    if not quiet and home.is_implied:
        err().print(f"home: {home.path} (set EARMARK_HOME for another)", style="dim")
    with DagsterInstance.get() as instance:
        yield instance
