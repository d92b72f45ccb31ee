"""``earmark definitions``: validate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from earmark.cli import options
from earmark.cli.lines import Line
from earmark.cli.options import CodeFlags, takes_code

if TYPE_CHECKING:
    from earmark.guest.loader import LoadedCode

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Check that a project's definitions load and fit together."
)


@app.callback()
def root() -> None:
    """Check that a project's definitions load and fit together."""


@app.command()
@takes_code
def validate(
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Load every code location and check that its definitions fit together; exit code 3 if one does not."""
    from earmark.cli import exits, faults
    from earmark.cli.loading import all_targets
    from earmark.cli.terminal import out, print_json
    from earmark.define.definitions import Definitions
    from earmark.guest.loader import load
    from earmark.values.errors import DagsterError

    told: list[dict[str, Any]] = []
    for target in all_targets(flags):
        try:
            code = load(target)
            Definitions.validate_loadable(code.definitions)
        except DagsterError as error:
            told.append({"location": target.name, "ok": False, "error": str(error)})
            if not as_json:
                faults.tell(error)
            continue
        counts = _counts(code)
        told.append({"location": target.name, "ok": True, **counts})
        if not as_json:
            text = ", ".join(f"{number} {noun}" for noun, number in counts.items() if number)
            out().print(Line(("ok ", "bold green"), target.name, f": {text or 'nothing defined'}"))
    if as_json:
        print_json(told)
    if not all(one["ok"] for one in told):
        raise typer.Exit(exits.BAD_CODE)


def _counts(code: LoadedCode) -> dict[str, int]:
    definitions = code.definitions
    graph = definitions.resolve_asset_graph()
    return {
        "assets": len(graph),
        "checks": len(graph.asset_check_keys),
        "jobs": len([job for job in definitions.resolve_all_job_defs() if not job.name.startswith("__")]),
        "schedules": len(definitions.schedules or ()),
        "sensors": len(definitions.sensors or ()),
        "resources": len(definitions.resources or {}),
    }
