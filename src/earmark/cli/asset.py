"""``earmark asset``: list, show, materialize."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from earmark.cli import options
from earmark.cli.asset_wipe import wipe
from earmark.cli.lines import Line
from earmark.cli.options import CodeFlags, takes_code

if TYPE_CHECKING:
    from earmark.define.assets.asset_resolution import ResolvedAssets
    from earmark.specs.asset import AssetSpec

app = typer.Typer(add_completion=False, no_args_is_help=True, help="List, show, materialize and wipe assets.")
app.command("wipe")(wipe)


@app.command("list")
@takes_code
def list_assets(
    query: options.Query = "",
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """List assets, all or those that a query means: 'tag:domain=sales', 'group:core', '+orders', 'kind:dbt'."""
    from earmark.cli.finding import assets_meant
    from earmark.cli.loading import load_code
    from earmark.cli.near import nothing_matches
    from earmark.cli.terminal import print_json, table, tags_text

    code = load_code(flags)
    resolved = code.definitions.resolved
    specs = [resolved.graph.get(key).spec for key in assets_meant(code, query)]
    if as_json:
        print_json([_as_json(resolved, spec) for spec in specs])
        return
    table(
        ("ASSET", "GROUP", "KINDS", "TAGS"),
        ((spec.key.to_user_string(), spec.group, " ".join(sorted(spec.kinds)), tags_text(spec.tags)) for spec in specs),
        nothing_matches("asset", query, resolved.queries_with_sources.vocabulary)
        if query and not specs
        else "There are no assets. Write one with @asset, and give it to Definitions(assets=[...]).",
    )


def _as_json(resolved: ResolvedAssets, spec: AssetSpec) -> dict[str, Any]:
    node = resolved.graph.get(spec.key)
    return {
        "key": spec.key.to_user_string(),
        "group": spec.group,
        "description": spec.description,
        "tags": {key: value for key, value in sorted(spec.tags.items()) if not key.startswith("dagster/kind/")},
        "kinds": sorted(spec.kinds),
        "owners": list(spec.owners),
        "code_version": spec.code_version,
        "partitions": None if spec.partitions_def is None else str(spec.partitions_def),
        "upstream": sorted(key.to_user_string() for key in node.parent_keys),
        "downstream": sorted(key.to_user_string() for key in node.child_keys),
        "checks": sorted(key.name for key in node.check_keys),
        "is_executable": spec.key in resolved.graph.executable_asset_keys,
    }


@app.command()
@takes_code
def show(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The asset's key, such as orders or raw/orders.")],
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Show one asset: what it is made from, who uses it, and its latest materialization."""
    from earmark.cli.loading import load_code
    from earmark.cli.opening import open_store
    from earmark.cli.terminal import out, print_json

    code = load_code(flags)
    resolved = code.definitions.resolved
    spec = _one(resolved, key)
    with open_store(quiet=as_json) as store:
        state = store.assets.get(spec.key)
        latest = state.materialization
    shown = _as_json(resolved, spec)
    if as_json:
        print_json({**shown, "latest_materialization": latest})
        return
    console = out()
    console.print(shown["key"], style="bold")
    if spec.description:
        console.print(f"  {spec.description}")
    for title, text in _lines(shown, spec):
        if text:
            console.print(Line((f"  {title:<13}", "dim"), text))
    for line in _latest_lines(latest):
        console.print(line)


def _one(resolved: ResolvedAssets, key: str) -> AssetSpec:
    from earmark.graph.selection import require_known
    from earmark.tags.query import Exact, Key
    from earmark.values.keys import AssetKey

    require_known(Key((Exact(key),)), resolved.graph)
    found = AssetKey.from_user_string(key)
    return resolved.graph.get(found if found in resolved.graph else AssetKey((key,))).spec


def _lines(shown: dict[str, Any], spec: AssetSpec) -> list[tuple[str, str]]:
    from earmark.cli.terminal import tags_text

    return [
        ("group", shown["group"]),
        ("tags", tags_text(spec.tags)),
        ("kinds", " ".join(shown["kinds"])),
        ("owners", " ".join(shown["owners"])),
        ("partitions", shown["partitions"] or ""),
        ("code version", shown["code_version"] or ""),
        ("made from", ", ".join(shown["upstream"])),
        ("used by", ", ".join(shown["downstream"])),
        ("checks", ", ".join(shown["checks"])),
    ]


def _latest_lines(latest: Any) -> list[Line]:
    from earmark.cli.terminal import time_text

    if latest is None:
        return [Line(("  never materialized", "dim"))]
    lines = [Line(("  materialized ", "dim"), time_text(latest.timestamp), f" in run {latest.run_id}")]
    metadata = latest.fact.materialization.metadata
    width = max((9, *map(len, metadata)))
    for name, value in metadata.items():
        text = _value_text(value)
        first = text.splitlines()[0] if text else ""
        lines.append(Line((f"    {name:<{width}}  ", "dim"), first if first == text else f"{first} ..."))
    return lines


def _value_text(value: Any) -> str:
    plain = getattr(value, "value", value)
    columns = getattr(plain, "columns", None)
    if isinstance(columns, (list, tuple)):
        return ", ".join(f"{column.name} {column.type}" for column in columns)
    return str(plain).strip()


@app.command()
@takes_code
def explain(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The asset.")],
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Say why an asset was, or was not, asked for by its condition."""
    from earmark.cli.explaining import explain_condition

    explain_condition("asset", key, flags, as_json=as_json)


@app.command()
@takes_code
def materialize(
    select: options.Select = None,
    partition: options.Partition = None,
    partition_range: options.PartitionRange = None,
    config: options.ConfigFiles = None,
    config_json: options.ConfigJson = None,
    tags: options.Tags = None,
    to_queue: options.Launch = False,
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Materialize the assets that --select means (all, if it is left out), with their checks, in one run."""
    from earmark.cli.launching import launch, read_config, read_range, read_tags
    from earmark.cli.loading import load_code
    from earmark.cli.queueing import enqueue
    from earmark.runs.request import RunAsk, Surface
    from earmark.values.errors import DagsterInvalidSubsetError

    code = load_code(flags)
    if not code.definitions.has_implicit_global_asset_job_def():
        raise DagsterInvalidSubsetError(f"{code.target.label} defines no assets.")
    job = code.definitions.resolve_implicit_global_asset_job_def()
    ask = RunAsk(
        tags=read_tags(tags),
        surface=Surface.CLI,
        partition=partition,
        partition_range=read_range(partition_range),
        run_config=read_config(config, config_json),
        asset_selection=selected_assets(code.definitions.resolved, select),
    )
    start = enqueue if to_queue else launch
    raise typer.Exit(start(code, job, ask, as_json=as_json))


def selected_assets(resolved: ResolvedAssets, select: str | None) -> Any:
    """Return the keys of the assets that a selection means; ``None`` for all that can be executed.

    Raises:
        DagsterInvalidSubsetError: It means none, or names what is not there or cannot be executed.
    """
    from earmark.cli.near import words_of_none
    from earmark.define.assets.asset_job import select_layer
    from earmark.define.assets.asset_selection import AssetSelection
    from earmark.values.errors import DagsterInvalidSubsetError

    if select is None:
        return None
    found = select_layer(resolved, AssetSelection.from_coercible(select)).selected_asset_keys
    if not found:
        nothing = words_of_none("asset", select, resolved.queries_with_sources.vocabulary)
        raise DagsterInvalidSubsetError(
            " ".join([f"--select {select!r} means no asset that can be materialized.", *nothing]),
            hint="`earmark asset list QUERY` shows what a query means.",
        )
    return found
