"""The command ``earmark``: which nouns there are, and how errors are told."""

from __future__ import annotations

import importlib
import re
import sys
from typing import Annotated, Any

import typer
from typer.core import MarkupMode, TyperCommand, TyperGroup

from earmark.cli.lines import shows_colours

NOUNS = {
    "asset": ("earmark.cli.asset", "List, show and materialize assets."),
    "job": ("earmark.cli.job", "List, show and execute jobs."),
    "op": ("earmark.cli.op", "List ops."),
    "run": ("earmark.cli.run", "Find runs, and read what happened in them."),
    "schedule": ("earmark.cli.schedule", "List schedules, switch them on and off, and try them."),
    "sensor": ("earmark.cli.sensor", "List sensors, switch them on and off, try them, set their cursors."),
    "backfill": ("earmark.cli.backfill", "Fill many partitions: launch, watch and steer backfills."),
    "partition": ("earmark.cli.partition", "List partitions with their state, and add and remove dynamic ones."),
    "limits": ("earmark.cli.limits", "Limit how many runs are in progress, by tag, query or pool."),
    "tags": ("earmark.cli.tags", "List the tags in use, and those that Earmark reads."),
    "definitions": ("earmark.cli.definitions", "Check that a project's definitions load and fit together."),
    "component": ("earmark.cli.component", "List component classes, check what names them, begin new ones."),
    "dev": ("earmark.cli.dev", "Run everything on this machine, with the UI."),
    "daemon": ("earmark.cli.daemon", "Run the queue, rescue and automation, without the HTTP server."),
    "server": ("earmark.cli.server", "Serve the API and the UI, without the queue and automation."),
    "token": ("earmark.cli.token", "Make, list and revoke the tokens that open the API and the UI."),
    "audit": ("earmark.cli.audit", "Read who changed what, and when."),
    "store": ("earmark.cli.store", "Say where runs are kept, and bring the store up to date."),
}
"""The nouns: the module of each, imported when it is used, and what it is for."""


_MARKUP: MarkupMode = "rich" if shows_colours(sys.stdout) else None
"""How help and faulty flags are shown: in boxes on a terminal. For those typer loads half of rich, a reader of Markdown
and one of source code; what reads them from a pipe has no use for boxes."""

_SaidByTyper: type[Exception] = next(one for one in typer.BadParameter.__mro__ if one.__name__ == "ClickException")
"""What is wrong with the flags themselves; typer tells it."""


_NO_FLAG = re.compile(r"-([a-z_]{2,}:.|[0-9]+$)")


def _no_flag(arg: str) -> str:
    """Return an argument so that neither ``-1`` nor a query that begins with ``-tag:pii`` is taken for a flag."""
    return f" {arg}" if _NO_FLAG.match(arg) else arg


class Nouns(TyperGroup):
    """The nouns, and one way of telling errors for all of them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the nouns in the order of the table."""
        return list(NOUNS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a stand-in, which is enough to list it in the help."""
        if cmd_name not in NOUNS:
            return None
        return TyperCommand(cmd_name, help=NOUNS[cmd_name][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command to run, with its module imported."""
        name, stand_in, rest = super().resolve_command(ctx, args)
        if name is None or stand_in is None:
            return name, stand_in, rest
        app = importlib.import_module(NOUNS[name][0]).app
        app.rich_markup_mode = _MARKUP
        command = typer.main.get_command(app)
        command.name = name
        return name, command, [_no_flag(arg) for arg in rest]

    def invoke(self, ctx: Any) -> Any:
        """Run the command; tell errors that a person can mend in one block, without our own stack."""
        from earmark.values.errors import DagsterError

        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            from earmark.cli import exits

            print("interrupted", file=sys.stderr)
            raise typer.Exit(exits.INTERRUPTED) from None
        except DagsterError as error:
            from earmark.cli.faults import tell

            raise typer.Exit(tell(error)) from None
        except (typer.Exit, typer.Abort, _SaidByTyper, BrokenPipeError):
            raise
        except Exception as error:
            from earmark.cli.faults import tell_fault

            raise typer.Exit(tell_fault(error)) from None


app = typer.Typer(
    cls=Nouns,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=_MARKUP,
    help="Define, run and find data by its tags.",
)


def _print_version(wanted: bool) -> None:
    if not wanted:
        return
    from earmark import __version__

    print(f"earmark {__version__}")
    raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Define, run and find data by its tags."""


def run() -> None:
    """Run the command line with the arguments of this process."""
    from earmark.cli import terminal
    from earmark.system import heap

    heap.look_rarely()
    terminal.tell_warnings()
    app(prog_name="earmark")


if __name__ == "__main__":
    run()
