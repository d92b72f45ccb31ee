"""The flags that several commands share, under the field's names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

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
Launch = Annotated[
    bool,
    typer.Option(
        "--launch", help="Put the run into the queue of `earmark dev` or `daemon`, instead of executing it here."
    ),
]


@dataclass(frozen=True, slots=True)
class CodeFlags:
    """What the flags say about where the code is."""

    module: str | None = None
    file: str | None = None
    directory: str | None = None
    attribute: str | None = None
    location: str | None = None
    as_dagster: bool | None = None
