"""Hooks of the documentation build: the order of the folders, and the reference pages of the public names."""

from __future__ import annotations

import ast
import importlib
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation, Section
from mkdocs.structure.pages import Page

ORDER = ["tutorial", "guides", "ui", "concepts", "reference", "design"]
TITLES = {name: name.capitalize() for name in ORDER} | {"api": "Python API", "ui": "In the browser"}
PUBLIC_ROOTS = ("earmark", "earmark.dagster")
COMPOSED = ("earmark.execute.contexts.", "earmark.execute.io_contexts.")
"""Modules whose classes are made of views, whose attributes are their own to a reader."""

WITH_INHERITED = "\n    options:\n      inherited_members: true"
FIGURES = Path("benchmarks/results/latest.json")
_LONG = 10_000
"""From so many milliseconds on, seconds are easier to read."""

IMAGES = Path("docs/images")
PICTURE = re.compile(r"<!-- picture (?P<name>[\w-]+): (?P<words>.+?) -->")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add one reference page for each module that holds public names."""
    by_module = public_names()
    for module, names in by_module.items():
        title = title_of(module)
        options = WITH_INHERITED if module.startswith(COMPOSED) else ""
        blocks = "\n\n".join(f"::: {module}.{name}{options}" for name in sorted(names, key=str.lower))
        page = f"# {title}\n\n{blocks}\n"
        address = f"reference/api/{module.removeprefix('earmark.').replace('.', '-')}.md"
        files.append(File.generated(config, address, content=page))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put what is made from the code and the committed figures where a page asks for it by a comment."""
    for mark, make in (("benchmarks", figures), ("system-tags", system_tags)):
        if f"<!-- {mark} -->" in markdown:
            markdown = markdown.replace(f"<!-- {mark} -->", make())
    return PICTURE.sub(picture, markdown)


def picture(mark: re.Match[str]) -> str:
    """Return a picture in the light and the dark theme, or nothing where it was not taken yet."""
    name, words = mark["name"], mark["words"]
    if not (IMAGES / f"{name}-light.png").exists():
        return ""
    return "\n".join(f"![{words}](../images/{name}-{theme}.png#only-{theme})" for theme in ("light", "dark"))


def system_tags() -> str:
    """Return the registry of system tags as a table."""
    registry = importlib.import_module("earmark.tags.system")
    lines = ["| tag | set by | where you may set it | value | says or does |", "| --- | --- | --- | --- | --- |"]
    for row in registry.SYSTEM_TAGS:
        places = ", ".join(place.value for place in row.places) or "nowhere"
        key = f"{row.key}..." if row.key.endswith("/") else row.key
        lines.append(f"| `{key}` | {row.set_by} | {places} | {row.value.value} | {row.effect} |")
    return "\n".join(lines)


def figures() -> str:
    """Return the committed figures as a table, and what they were measured on."""
    if not FIGURES.exists():
        return "No figures are committed yet."
    report = json.loads(FIGURES.read_text())
    lines = ["| what | here | target | Dagster | ratio |", "| --- | ---: | ---: | ---: | ---: |"]
    for row in report["rows"]:
        ours = row["earmark"]
        if "error" in ours:
            continue
        target = "" if ours["target"] is None else f"{ours['target']:g} {ours['unit']}"
        ratio = "" if row["ratio"] is None else f"{row['ratio']:,.0f}" if row["ratio"] >= 100 else f"{row['ratio']:.3g}"
        lines.append(f"| {ours['name']} | {figure(ours)} | {target} | {figure(row['dagster'])} | {ratio} |")
    machine = report["machine"]
    measured = (
        f"Measured on {report['measured']}: {machine['processor']}, {machine['cores']} cores, "
        f"Python {machine['python']}, {machine['system']}."
    )
    return "\n".join([*lines, "", measured])


def figure(result: dict[str, Any] | None) -> str:
    """Return one figure with its unit, or why there is none."""
    if result is None:
        return ""
    if "error" in result:
        return str(result["error"]).split(": ")[-1]
    value, unit = result["value"], result["unit"]
    if unit == "ms" and value >= _LONG:
        value, unit = value / 1000, "s"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    """Order the folders as a reader meets them and give them their titles."""
    for item in nav.items:
        _retitle(item)
    nav.items.sort(key=lambda item: _rank(getattr(item, "title", None)))
    return nav


def public_names() -> Mapping[str, list[str]]:
    """Return, for each module, the public names that live in it, as the package's lazy tables have them."""
    found: dict[str, set[str]] = defaultdict(set)
    for root in PUBLIC_ROOTS:
        try:
            package = importlib.import_module(root)
        except ModuleNotFoundError as missing:
            if missing.name != root:
                raise
            continue
        for name, module in getattr(package, "_EXPORTS", {}).items():
            found[module].add(name)
    own = {module: sorted(names - borrowed_names(module)) for module, names in sorted(found.items())}
    return {module: names for module, names in own.items() if names}


def borrowed_names(module: str) -> set[str]:
    """Return what a module imports from other packages, such as ``typing.Any``: those have their own reference."""
    return {
        alias.asname or alias.name
        for node in ast.parse(source_of(module).read_text()).body
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] != "earmark"
        for alias in node.names
    }


def source_of(module: str) -> Path:
    """Return the file of one of our modules."""
    path = Path("src", *module.split("."))
    return path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"


def title_of(module: str) -> str:
    """Return the first clause of a module's docstring, which says what its names are for."""
    text = ast.get_docstring(ast.parse(source_of(module).read_text())) or module
    return text.splitlines()[0].split(":")[0].split(";")[0].rstrip(".")


def _retitle(item: Any) -> None:
    if not isinstance(item, Section):
        return
    item.title = TITLES.get(item.title.lower().replace(" ", ""), item.title)
    for child in item.children:
        _retitle(child)


def _rank(title: str | None) -> int:
    titles = [TITLES[folder] for folder in ORDER]
    return titles.index(title) + 1 if title in titles else 0
