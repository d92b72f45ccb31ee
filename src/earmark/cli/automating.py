"""What the commands about schedules, sensors, backfills and partitions share: the code, the home, and what is meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earmark.cli.options import CodeFlags

if TYPE_CHECKING:
    from earmark.guest.loader import LoadedCode
    from earmark.locations.registry import LocationState
    from earmark.store.ports import Store
    from earmark.system.settings import Settings
    from earmark.views.automation import AutomationPages
    from earmark.views.catalog import Automation, CatalogCache


@dataclass
class Opened:
    """A home with its store, and the code locations, loaded in this process.

    Args:
        home: The home folder.
        settings: Its settings.
        store: Its store.
        codes: The code locations by name.
        catalogs: What they define.
        pages: What is known of their schedules and sensors.
    """

    home: Path
    settings: Settings
    store: Store
    codes: dict[str, LoadedCode]
    catalogs: CatalogCache
    pages: AutomationPages

    def named(self, kind: str, names: Sequence[str]) -> list[Automation]:
        """Return schedules or sensors by their names.

        Raises:
            DagsterInvariantViolationError: There is none of a name.
        """
        from earmark.values.errors import DagsterInvariantViolationError, did_you_mean

        there = {one.name: one for one in self.catalogs.get().automations if is_of(one, kind)}
        for name in names:
            if name not in there:
                raise DagsterInvariantViolationError(
                    f"There is no {kind} {name!r}.{did_you_mean(name, there)}",
                    hint=f"`earmark {kind} list` shows what there is.",
                )
        return [there[name] for name in names]

    def wake(self) -> None:
        """Tell the home's host, if there is one, that something is new."""
        from earmark.system.wake import wake_host

        wake_host(self.home)


def is_of(one: Automation, kind: str) -> bool:
    """Say whether a command about a ``kind`` (``schedule``, ``sensor``) is about it; conditions count as sensors."""
    return (one.kind == "schedule") == (kind == "schedule")


@contextmanager
def opened(flags: CodeFlags, *, quiet: bool = False) -> Iterator[Opened]:
    """Load the code locations that are meant, and open the home.

    Raises:
        SettingsError: Nothing names any code.
        DagsterCodeLocationLoadError: Code does not load.
        StoreError: The store cannot be opened.
    """
    import sys
    from contextlib import redirect_stdout

    from earmark.cli.hosting import open_home
    from earmark.cli.loading import all_targets
    from earmark.guest.loader import load
    from earmark.views.automation import AutomationPages
    from earmark.views.catalog import CatalogCache

    with redirect_stdout(sys.stderr):
        loaded = [load(target) for target in all_targets(flags)]
    codes = {location_name(code): code for code in loaded}
    home, settings, store = open_home(quiet=quiet)
    try:
        catalogs = CatalogCache(LoadedHere(codes))
        yield Opened(home.path, settings, store, codes, catalogs, AutomationPages(store, catalogs))
    finally:
        store.close()


def location_name(code: LoadedCode) -> str:
    """Return the name under which a host keeps a code location."""
    target = code.target
    return target.name or target.module or Path(str(target.file)).stem


class LoadedHere:
    """Code locations that are loaded in this process, as views ask of them."""

    version = 1

    def __init__(self, codes: dict[str, LoadedCode]) -> None:
        self._codes = codes

    def locations(self) -> Sequence[LocationState]:
        from earmark.locations.registry import LocationState

        return [
            LocationState(name=name, status="ready", manifest=code.definitions.manifest())
            for name, code in sorted(self._codes.items())
        ]

    def reload(self, name: str) -> None:
        raise NotImplementedError("A command loads code once.")

    def ask(self, location: str, kind: str, payload: dict[str, Any], seconds: float = 60.0) -> dict[str, Any]:
        raise NotImplementedError("A command has the code itself.")


def list_automations(kind: str, query: str, flags: CodeFlags, *, as_json: bool) -> None:
    """List schedules or sensors."""
    from earmark.cli.terminal import own_tags_text, print_json, table, time_text

    with opened(flags, quiet=as_json) as here:
        rows = [here.pages.row(one) for one in here.pages.select(query) if is_of(one, kind)]
        nothing = _none_of(here, kind, query) if query and not rows else f"There are no {kind}s. {_HOW[kind]}"
    if as_json:
        print_json(rows)
        return
    table(
        (kind.upper(), "STATUS", "WHEN", *(["NEXT"] if kind == "schedule" else []), "LAST TICK", "TARGETS", "TAGS"),
        (
            (
                row.name,
                "running" if row.is_running else "stopped",
                row.rhythm_words,
                *([time_text(row.next_at)] if kind == "schedule" else []),
                "" if row.last_tick is None else f"{time_text(row.last_tick.at)} {row.last_tick.status}",
                _targets_text(row.targets),
                own_tags_text(row.tags),
            )
            for row in rows
        ),
        nothing,
    )


def _none_of(here: Opened, kind: str, query: str) -> str:
    from earmark.cli.near import words_of_none
    from earmark.views.jobs import indexed

    words = words_of_none(
        "automation", query, lambda: indexed("automation", here.pages.facts()[1]).vocabulary(), bare="text"
    )
    return " ".join([f"No {kind} matches.", *words])


def _targets_text(targets: Sequence[str]) -> str:
    """Return jobs and queries over assets; the job of all assets only where nothing says more."""
    named = [one for one in targets if not one.startswith("__")]
    return ", ".join(named) if named else "assets" if targets else ""


_HOW = {
    "schedule": 'Write one with @schedule("0 6 * * *", job=...), and give it to Definitions(schedules=[...]).',
    "sensor": "Write one with @sensor(job=...), and give it to Definitions(sensors=[...]).",
}
"""What to do where there are none."""


def switch_automations(kind: str, names: Sequence[str], flags: CodeFlags, *, running: bool, as_json: bool) -> None:
    """Switch schedules or sensors on or off."""
    from earmark.cli.hosting import note
    from earmark.cli.terminal import out, print_json

    with opened(flags, quiet=as_json) as here:
        chosen = here.named(kind, names)
        for one in chosen:
            here.pages.set_running(one, running)
            note(here.store, "automation.start" if running else "automation.stop", one.name)
        states = [here.pages.state_of(one) for one in chosen]
        here.wake()
    if as_json:
        print_json([{"name": state.name, "location": state.location, "status": state.status} for state in states])
        return
    for state in states:
        out().print(f"The {kind} {state.name} is {state.status}.")
