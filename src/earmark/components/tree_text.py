"""The tree of components as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from earmark.components.component import Component
from earmark.components.folder import CompositeYamlComponent, DefsFolderComponent, PythonFileComponent
from earmark.components.locations import ComponentPath
from earmark.components.yaml_component import Described

Entry = tuple[str, ComponentPath, Sequence["Entry"]]
"""A line's text, its place, and what stands below it."""


def lines_of(
    root: Component,
    status: Callable[[ComponentPath], str],
    hide_plain_defs: bool,
    described_in: Callable[[Path], Sequence[Described]],
) -> Iterator[str]:
    """Give the lines of the tree below a component.

    Args:
        root: The component, mostly a folder.
        status: What is written behind a place.
        hide_plain_defs: Whether files without components are left out.
        described_in: The YAML documents of a folder.
    """

    def entries(component: Component, path: Path) -> Iterator[Entry]:
        described = described_in(path)
        if described and not isinstance(component, DefsFolderComponent):
            inner = component.components if isinstance(component, CompositeYamlComponent) else [component]
            for position, one in enumerate(inner):
                number = f"[{position}]" if len(inner) > 1 else ""
                name = f"{described[0].file.name}{number} ({type(one).__name__})"
                yield name, ComponentPath(path, position), ()
            return
        if isinstance(component, PythonFileComponent):
            for name in component.components:
                yield name, ComponentPath(path, name), ()
        elif isinstance(component, DefsFolderComponent):
            for child_path, child in component.children.items():
                below = list(entries(child, child_path))
                if below or not hide_plain_defs:
                    yield child_path.name, ComponentPath(child_path), below

    def drawn(found: Sequence[Entry], indent: str) -> Iterator[str]:
        for position, (name, place, below) in enumerate(found):
            is_last = position == len(found) - 1
            yield f"{indent}{'└' if is_last else '├'}── {name}{status(place)}"
            yield from drawn(below, indent + ("    " if is_last else "│   "))

    path = root.path if isinstance(root, DefsFolderComponent) else Path()
    yield from drawn(list(entries(root, path)), "")
