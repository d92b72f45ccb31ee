"""``earmark component``: list, show, check, scaffold, refresh."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from earmark.cli import options
from earmark.cli.options import CodeFlags, takes_code

if TYPE_CHECKING:
    from earmark.components.component import Component
    from earmark.components.project import Project

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="List component classes, check what names them, begin new ones."
)

TypeName = Annotated[str, typer.Argument(metavar="TYPE", help="A component class, as YAML names it: shop.lib.Table.")]


@app.command("list")
@takes_code
def list_types(as_json: options.Json = False, *, flags: CodeFlags) -> None:
    """List the component classes that a defs.yaml of this project may name."""
    from earmark.cli.terminal import print_json, table

    _, types = _types(flags)
    rows = [(name, _summary(cls)) for name, cls in types.items()]
    if as_json:
        print_json([{"type": name, "description": cls.get_description() or ""} for name, cls in types.items()])
        return
    table(("type", "what it is"), rows, "There are no component classes.")


@app.command()
@takes_code
def show(name: TypeName, as_json: options.Json = False, *, flags: CodeFlags) -> None:
    """Show the attributes of a component class; with --json, their JSON schema."""
    from earmark.cli.terminal import out, print_json, table
    from earmark.components.types import named_type

    _, types = _types(flags)
    cls = named_type(name, types)
    model = cls.get_model_cls()
    if as_json:
        print_json({} if model is None else model.model_json_schema())
        return
    out().print(cls.get_description() or cls.__name__)
    fields = model.model_fields.items() if model else ()
    rows = [(key, "needed" if one.is_required() else "", one.description or "") for key, one in fields]
    table(("attribute", "", "what it is"), rows, "It takes no attributes.")


@app.command()
@takes_code
def check(as_json: options.Json = False, *, flags: CodeFlags) -> None:
    """Check every defs.yaml of the project: all mistakes, each with its line; exit code 3 if there is one."""
    from earmark.cli import exits, faults
    from earmark.cli.terminal import out, print_json
    from earmark.components.checking import faults_of
    from earmark.components.tree import ComponentTree

    project, _ = _types(flags)
    found = faults_of(ComponentTree.for_project(project.root))
    if as_json:
        print_json([{"error": str(one)} for one in found.faults])
    else:
        for one in found.faults:
            faults.tell(one)
        if not found.faults:
            out().print(f"ok {found.documents} components")
    if found.faults:
        raise typer.Exit(exits.BAD_CODE)


@app.command()
@takes_code
def scaffold(
    name: TypeName,
    path: Annotated[str, typer.Argument(metavar="PATH", help="The new folder, from the folder of definitions.")],
    written_as: Annotated[Literal["yaml", "python"], typer.Option("--format", help="What is written.")] = "yaml",
    append: Annotated[bool, typer.Option("--append", help="Add to the file that is there.")] = False,
    params: Annotated[str, typer.Option("--params", metavar="JSON", help="What its scaffolder is told.")] = "",
    *,
    flags: CodeFlags,
) -> None:
    """Begin a new component: write its defs.yaml, and what its class adds."""
    from earmark.cli.terminal import out
    from earmark.components.scaffolding import ScaffoldRequest, scaffolder_of
    from earmark.components.tree import ComponentTree
    from earmark.components.types import named_type

    project, types = _types(flags)
    cls = named_type(name, types)
    target = ComponentTree.for_project(project.root).defs_module_path / path
    scaffolder = scaffolder_of(cls)
    full = next((known for known, one in types.items() if one is cls), name)
    request: ScaffoldRequest[Any] = ScaffoldRequest(
        full, target, written_as, project.root, _params(scaffolder.get_scaffold_params(), params), append
    )
    scaffolder().scaffold(request)
    shown = target.relative_to(Path.cwd()) if target.is_relative_to(Path.cwd()) else target
    out().print(f"Written: {shown}. Fill in what it needs (`earmark component show {full}`).")


@app.command()
@takes_code
def refresh(
    keys: Annotated[list[str] | None, typer.Argument(metavar="[KEY]...", help="Only these states.")] = None,
    *,
    flags: CodeFlags,
) -> None:
    """Ask again for the state that components make their definitions of, and keep it."""
    import asyncio

    from earmark.cli.terminal import out
    from earmark.components.state_backed import StateBackedComponent
    from earmark.components.tree import ComponentTree
    from earmark.values.errors import SettingsError, did_you_mean

    project, _ = _types(flags)
    found = ComponentTree.for_project(project.root).get_all_components(StateBackedComponent)  # type: ignore[type-abstract]
    by_key = {one.defs_state_config.key: one for one in found}
    for key in keys or ():
        if key not in by_key:
            raise SettingsError(f"No component of this project has the state {key!r}.{did_you_mean(key, by_key)}")
    for key in keys or by_key:
        out().print(f"{key}: {asyncio.run(by_key[key].refresh_state(project.root))}")
    if not by_key:
        out().print("No component of this project keeps state.")


def _params(model: Any, text: str) -> Any:
    import pydantic

    from earmark.values.errors import SettingsError

    if not text:
        return model() if model and not any(one.is_required() for one in model.model_fields.values()) else None
    if model is None:
        raise SettingsError("This component class takes no --params.")
    try:
        return model.model_validate_json(text)
    except pydantic.ValidationError as error:
        raise SettingsError(f"--params {text} does not fit: {error}") from error


def _types(flags: CodeFlags) -> tuple[Project, dict[str, type[Component]]]:
    from earmark.cli.loading import choose_target
    from earmark.components.project import find_project
    from earmark.components.types import component_types
    from earmark.guest.loader import start_imports_from, use_alias

    target = choose_target(flags)
    use_alias(target.dagster_alias)
    start_imports_from(target)
    project = find_project(target.working_directory or Path.cwd())
    return project, component_types(project)


def _summary(cls: type[Component]) -> str:
    doc = inspect.cleandoc(cls.get_description() or "")
    return " ".join(doc.partition("\n\n")[0].split())
