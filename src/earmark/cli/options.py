"""The flags that several commands share, under the field's names."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
import typer

_CODE = "Where the code is (if pyproject.toml does not say)"

Module = Annotated[
    str | None,
    typer.Option("-m", "--module-name", metavar="MODULE", help="The module to load.", rich_help_panel=_CODE),
]
File = Annotated[
    str | None,
    typer.Option("-f", "--python-file", metavar="FILE", help="The Python file to load.", rich_help_panel=_CODE),
]
Directory = Annotated[
    str | None,
    typer.Option(
        "-d", "--working-directory", metavar="DIR", help="The folder that imports start from.", rich_help_panel=_CODE
    ),
]
Attribute = Annotated[
    str | None,
    typer.Option("-a", "--attribute", metavar="NAME", help="The variable or function to take.", rich_help_panel=_CODE),
]
Location = Annotated[
    str | None,
    typer.Option("-l", "--location", metavar="NAME", help="Which code location, of several.", rich_help_panel=_CODE),
]
AsDagster = Annotated[
    bool | None,
    typer.Option(
        "--as-dagster/--not-as-dagster",
        help="Whether `import dagster` means Earmark. By default: if Dagster is not installed.",
        rich_help_panel=_CODE,
        show_default=False,
    ),
]
Query = Annotated[
    str,
    typer.Argument(metavar="[QUERY]", help="Only what matches, such as 'tag:team=ml -tag:pii'.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Job = Annotated[str | None, typer.Option("-j", "--job", metavar="NAME", help="The job.")]
Select = Annotated[str | None, typer.Option("--select", metavar="QUERY", help="Only these, such as '+tag:tier=gold'.")]
Partition = Annotated[str | None, typer.Option("--partition", metavar="KEY", help="The partition.")]
PartitionRange = Annotated[
    str | None,
    typer.Option("--partition-range", metavar="FIRST...LAST", help="A range of partitions, in one run."),
]
ConfigFiles = Annotated[
    list[str] | None,
    typer.Option("-c", "--config", metavar="FILE", help="A YAML file of run configuration; later ones win."),
]
ConfigJson = Annotated[str | None, typer.Option("--config-json", metavar="JSON", help="Run configuration, as JSON.")]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tags", metavar="KEY=VALUE", help="A tag of the run; repeat it, or give a JSON object."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it; without this, only say what would be done.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done, as without --yes.")]
Runs = Annotated[str, typer.Argument(metavar="QUERY", help="A run's id, or a query: 'tag:team=ml status:queued'.")]
Launch = Annotated[
    bool,
    typer.Option(
        "--launch", help="Put the run into the queue of `earmark dev` or `daemon`, instead of executing it here."
    ),
]


def refuse_both(dry_run: bool, yes: bool) -> None:
    """Refuse ``--dry-run`` together with ``--yes``."""
    if dry_run and yes:
        raise typer.BadParameter("--dry-run and --yes say the contrary of each other")


class CodeFlags(msgspec.Struct, frozen=True):
    """What the flags say about where the code is; each field is a flag of the commands that take code."""

    module: Module = None
    file: File = None
    directory: Directory = None
    attribute: Attribute = None
    location: Location = None
    as_dagster: AsDagster = None


R = TypeVar("R")


def takes_code(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command the flags that say where the code is, in the place of its parameter ``flags``."""
    return _with_flags(command, without="")


def takes_code_of_all(command: Callable[..., R]) -> Callable[..., R]:
    """As :func:`takes_code`, for a command that serves all code locations and so lets none be chosen."""
    return _with_flags(command, without="location")


def _with_flags(command: Callable[..., R], without: str) -> Callable[..., R]:
    told = inspect.signature(command, eval_str=True)
    kind = told.parameters["flags"].kind
    flags = {
        name: flag.replace(kind=kind)
        for name, flag in inspect.signature(CodeFlags, eval_str=True).parameters.items()
        if name != without
    }

    @functools.wraps(command)
    def with_flags(**given: Any) -> R:
        where = CodeFlags(**{name: given.pop(name) for name in flags})
        return command(**given, flags=where)

    parameters: list[inspect.Parameter] = []
    for name, parameter in told.parameters.items():
        parameters.extend(flags.values() if name == "flags" else (parameter,))
    with_flags.__signature__ = told.replace(parameters=parameters)  # type: ignore[attr-defined]
    return with_flags
