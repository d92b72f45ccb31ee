"""Errors as a person reads them: one block, and an exit code."""

from __future__ import annotations

from earmark.cli import exits
from earmark.cli.terminal import err
from earmark.values.errors import (
    DagsterCodeLocationLoadError,
    DagsterError,
    DagsterInvalidDefinitionError,
    DagsterUserCodeExecutionError,
    InvalidTagError,
    StoreError,
)


def tell(error: DagsterError) -> int:
    """Print an error on stderr and return the exit code that it means."""
    from rich.text import Text

    console = err()
    trace = error.facts.get("traceback") or (_cause(error) if exit_code(error) == exits.BAD_CODE else "")
    if trace:
        console.print(Text(trace))
        console.print()
    console.print(Text.assemble(("error: ", "bold red"), error.message or type(error).__name__))
    if error.hint:
        console.print(Text.assemble(("  hint: ", "bold"), error.hint))
    if error.where is not None:
        console.print(Text(f"    at: {error.where}", style="dim"))
    return exit_code(error)


def exit_code(error: DagsterError) -> int:
    """Return the exit code that an error means."""
    if isinstance(error, StoreError):
        return exits.STORE
    if isinstance(error, InvalidTagError) and error.where is None:
        return exits.BAD_INPUT
    if isinstance(error, (DagsterCodeLocationLoadError, DagsterInvalidDefinitionError, DagsterUserCodeExecutionError)):
        return exits.BAD_CODE
    return exits.BAD_INPUT


def _cause(error: DagsterError) -> str:
    from earmark.guest.loader import users_traceback

    cause = error.__cause__
    return "" if cause is None or isinstance(cause, DagsterError) else users_traceback(cause)
