"""From flags to definitions."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from earmark.cli.options import CodeFlags
from earmark.values.errors import SettingsError, did_you_mean

if TYPE_CHECKING:
    from earmark.guest.loader import LoadedCode
    from earmark.guest.project import CodeTarget


def load_code(flags: CodeFlags) -> LoadedCode:
    """Load the code location that flags or the project name.

    Raises:
        SettingsError: Nothing names one, or several are named.
        DagsterCodeLocationLoadError: Its code does not load.
    """
    from earmark.guest.loader import load

    # What a module prints while it is imported is no part of a command's answer.
    with redirect_stdout(sys.stderr):
        return load(choose_target(flags))


def choose_target(flags: CodeFlags) -> CodeTarget:
    """Return the one code location that is meant.

    Raises:
        SettingsError: Nothing names one, or several are named.
    """
    found = all_targets(flags)
    if len(found) == 1:
        return found[0]
    raise SettingsError(
        f"{found[0].source} names several code locations: {', '.join(one.name for one in found)}.",
        hint="Choose one with -l NAME.",
    )


def all_targets(flags: CodeFlags) -> list[CodeTarget]:
    """Return the code locations that are meant.

    Raises:
        SettingsError: Nothing names one, or none has the name that was given.
    """
    from earmark.guest.project import find_targets

    found = find_targets(
        module=flags.module,
        file=flags.file,
        working_directory=flags.directory,
        attribute=flags.attribute,
        start=Path.cwd(),
    )
    if flags.location is not None:
        names = [one.name for one in found]
        found = [one for one in found if one.name == flags.location]
        if not found:
            raise SettingsError(
                f"There is no code location {flags.location!r} (-l). There are: {', '.join(names)}."
                f"{did_you_mean(flags.location, names)}"
            )
    if flags.as_dagster is not None:
        found = [replace(one, dagster_alias=flags.as_dagster) for one in found]
    return found
