"""Opening the home, its settings and its store for a command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from earmark.cli.terminal import err

if TYPE_CHECKING:
    from earmark.execute.instance import DagsterInstance
    from earmark.store.ports import Store


_CALLER = "TRACEPARENT"
"""The variable in which programs hand their span to those that they start."""


@contextmanager
def open_store(*, quiet: bool = False) -> Iterator[Store]:
    """Open the store of the home, for a command that only reads what is stored: nothing that executes is imported.

    Args:
        quiet: Whether it is left unsaid which folder is used where no home is set.

    Raises:
        StoreError: The home cannot be written, or its store is of a newer version.
        SettingsError: A settings file holds an unknown key or a bad value.
    """
    from earmark.cli.hosting import open_home

    _, _, store = open_home(quiet=quiet)
    with closing(store):
        yield store


@contextmanager
def open_instance(*, quiet: bool = False, span: str = "") -> Iterator[DagsterInstance]:
    """Open the instance of the home, with what its settings declare.

    Where no home is set, one line says which folder is used; what a settings file says in vain is told too.

    Args:
        quiet: Whether these lines are left out.
        span: What is done meanwhile, as a span of the trace that ``TRACEPARENT`` names, where the settings or the
            environment ask for traces; empty for what launches nothing.

    Raises:
        StoreError: The home cannot be written, or its store is of a newer version.
        SettingsError: A settings file holds an unknown key or a bad value.
    """
    from earmark.cli.hosting import begin_traces
    from earmark.execute.instance import DagsterInstance
    from earmark.store.open import open_store
    from earmark.system import clock, tracing
    from earmark.system.home import find_home
    from earmark.system.settings import read_settings

    home = find_home()
    settings = read_settings(home)
    if not quiet:
        for line in (home.notice, *settings.warnings):
            if line:
                err().print(line, style="dim")
    store = open_store(settings.storage or home.path, clock=clock.now, durability=settings.durability)
    with DagsterInstance(store, home.path, tag_flow=settings.tag_flow, tag_policies=settings.tag_policies) as instance:
        if not span:
            yield instance
            return
        begin_traces(settings, "command")
        try:
            with tracing.span(span, parent=os.environ.get(_CALLER, "")):
                yield instance
        finally:
            tracing.end()


def present_span() -> str:
    """Return the ``traceparent`` of what this command does; of its caller, where the command itself is not traced."""
    from earmark.system import tracing

    return tracing.current() or os.environ.get(_CALLER, "")
