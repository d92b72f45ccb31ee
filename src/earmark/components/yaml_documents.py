"""YAML read with the place of every value, so that a mistake is told with its file, line and column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from earmark.values.errors import DagsterInvalidDefinitionError, SourceLocation

ValuePath = tuple[str | int, ...]
"""Keys and positions from the root of a document to one value of it."""

_AROUND = 2


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where PyYAML was built so: six times as fast


class _Loader(_Base):  # type: ignore[misc]
    """Plain data only; a date stays the text that it was written as."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the base class has it so
        first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True)
class Places:
    """Where the values of one document stand.

    Args:
        file: The file.
        lines: Its lines.
        starts: For the path of a value, the line of it, counted from 1.
        prefix: The path that others are counted from.
    """

    file: Path
    lines: Sequence[str]
    starts: dict[ValuePath, int]
    prefix: ValuePath = ()

    def line(self, path: ValuePath = ()) -> int:
        """Return the line of a value, or of the nearest one around it that is written there."""
        return self.starts[self.known((*self.prefix, *path))]

    def known(self, path: ValuePath) -> ValuePath:
        """Return the longest path that the document has and that uses the parts of ``path`` in their order.

        A path that a validation gives has parts of its own in between, such as the kinds of a union.
        """
        found: ValuePath = ()
        for part in path:
            if (*found, part) in self.starts:
                found = (*found, part)
        return found

    def at(self, path: ValuePath = ()) -> SourceLocation:
        """Return the place of a value."""
        return SourceLocation(str(self.file), self.line(path))

    def excerpt(self, path: ValuePath = ()) -> str:
        """Return the lines around a value as text, its own marked."""
        line = self.line(path)
        first = max(1, line - _AROUND)
        shown = self.lines[first - 1 : line + _AROUND]
        return "\n".join(
            f"{'>' if number == line else ' '} {number:>4} | {text}" for number, text in enumerate(shown, first)
        )

    def below(self, *parts: str | int) -> Places:
        """Return the places with paths counted from a value of it."""
        return Places(self.file, self.lines, self.starts, (*self.prefix, *parts))


@dataclass(frozen=True)
class Document:
    """One document of a file: its value, and where each part of that stands."""

    value: Any
    places: Places


def read_documents(path: Path) -> list[Document]:
    """Return the documents of a YAML file; empty ones are left out.

    Raises:
        DagsterInvalidDefinitionError: It is not YAML, or a key stands twice in one mapping.
    """
    text = path.read_text(encoding="utf-8")
    return read_text(text, path)


def read_text(text: str, path: Path) -> list[Document]:
    """Return the documents of a text; ``path`` is what its file is called in messages. Errors as `read_documents`."""
    lines = text.splitlines()
    found = []
    loader = _Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            starts = dict(_places(node, (), path)) if node else {}
            value = loader.construct_document(node)
            if value is not None:
                found.append(Document(value, Places(path, lines, starts)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = SourceLocation(str(path), mark.line + 1) if mark else None
        raise DagsterInvalidDefinitionError(
            f"{path.name} is not YAML: {error.problem or error}{f' ({error.context})' if error.context else ''}.",
            where=where,
            hint="A value that begins with {{ or [ needs quotes; lists and mappings are told by indentation.",
        ) from None
    except yaml.YAMLError as error:
        raise DagsterInvalidDefinitionError(f"{path} is not YAML: {error}.") from error
    finally:
        loader.dispose()
    return found


def _places(node: yaml.Node, path: ValuePath, file: Path) -> Iterator[tuple[ValuePath, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in seen and key != "<<":
                raise DagsterInvalidDefinitionError(
                    f"{key!r} stands twice in one mapping of {file.name}; the first would be lost.",
                    where=SourceLocation(str(file), key_node.start_mark.line + 1),
                )
            seen.add(key)
            yield from _places(value_node, (*path, key), file)
            # The key's own line is nearer to what a person wrote than that of a value below it.
            yield (*path, key), key_node.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield from _places(item, (*path, position), file)
