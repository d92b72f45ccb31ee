"""Errors as a person reads them: one block, and an exit code."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import typer

from earmark.cli import exits
from earmark.cli.lines import Line
from earmark.cli.terminal import err
from earmark.values.errors import (
    DagsterCodeLocationLoadError,
    DagsterError,
    DagsterInvalidDefinitionError,
    DagsterUserCodeExecutionError,
    InvalidTagError,
    StoreError,
)

_TYPER = str(Path(typer.__file__).parent)
_OURS = (str(Path(__file__).resolve().parents[1]), _TYPER, sysconfig.get_path("stdlib"), "<frozen ")


def tell(error: DagsterError) -> int:
    """Print an error on stderr and return the exit code that it means."""
    console = err()
    code = exit_code(error)
    trace = error.facts.get("traceback", _cause(error) if code == exits.BAD_CODE else "")
    if trace:
        console.print(trace, soft_wrap=True)
        console.print()
    console.print(Line(("error: ", "bold red"), error.message or type(error).__name__), soft_wrap=True)
    if error.hint:
        console.print(Line(("  hint: ", "bold"), error.hint), soft_wrap=True)
    if _is_in_users_code(error):
        console.print(Line((f"    at: {error.where}", "dim")), soft_wrap=True)
    return code


def tell_fault(error: Exception) -> int:
    """Print an error that nobody has foreseen, with all of its stack, and return the exit code."""
    import traceback

    console = err()
    console.print("".join(traceback.format_exception(error)).rstrip(), soft_wrap=True)
    console.print()
    users = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(_OURS)]
    if users:
        last = users[-1]
        text = f"{type(error).__name__} was raised at {last.filename}:{last.lineno}, while Earmark called it."
    else:
        text = "That is a fault in Earmark. Please report it with the lines above."
    console.print(Line(("error: ", "bold red"), text), soft_wrap=True)
    return exits.FAULT


def exit_code(error: DagsterError) -> int:
    """Return the exit code that an error means."""
    if isinstance(error, StoreError):
        return exits.STORE
    if isinstance(error, InvalidTagError) and not _is_in_users_code(error):
        return exits.BAD_INPUT
    if isinstance(error, (DagsterCodeLocationLoadError, DagsterInvalidDefinitionError, DagsterUserCodeExecutionError)):
        return exits.BAD_CODE
    return exits.BAD_INPUT


def _is_in_users_code(error: DagsterError) -> bool:
    """Say whether an error points into the user's code; for what was typed, the caller is what calls our commands."""
    return error.where is not None and not error.where.file.startswith(_TYPER)


def _cause(error: DagsterError) -> str:
    from earmark.guest.loader import users_traceback

    cause = error.__cause__
    return "" if cause is None or isinstance(cause, DagsterError) else users_traceback(cause)
