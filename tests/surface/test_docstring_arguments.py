"""The arguments that docstrings name are those that there are: in every module, of functions, methods and classes."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest

import earmark

BY_THEMSELVES = {"__main__", "env"}
"""Modules that do their work when they are imported: a program, and what Alembic runs."""

OF_EXTRAS = {"opentelemetry"}
"""Libraries that only an extra of the package brings."""

SECTION = re.compile(r"^Args:\n((?:[ ]{4}.*\n?|\n)+)", re.MULTILINE)
NAMED = re.compile(r"^ {4}(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: \([^)]*\))?:", re.MULTILINE)


def modules() -> list[str]:
    found = (one.name for one in pkgutil.walk_packages(earmark.__path__, "earmark."))
    return sorted(name for name in found if name.rpartition(".")[2] not in BY_THEMSELVES)


def documented(module: Any) -> Iterator[tuple[str, Any]]:
    """Give each function and class that a module defines, methods included, with a name to show."""
    for name, thing in vars(module).items():
        if getattr(thing, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(thing):
            yield name, thing
            for inner, member in vars(thing).items():
                function = getattr(member, "__func__", member)
                if inspect.isfunction(function) and function.__module__ == module.__name__:
                    yield f"{name}.{inner}", function
        elif inspect.isfunction(thing):
            yield name, thing


def named_in(doc: str | None) -> list[str]:
    section = SECTION.search(inspect.cleandoc(doc or "") + "\n")
    if section is None:
        return []
    return [name.strip() for names in NAMED.findall(section.group(1)) for name in names.split(",")]


def taken_by(thing: Any) -> set[str]:
    """Return the arguments of a function, or those by which a class is made, stars included."""
    if not inspect.isclass(thing):
        return names_of(thing)
    called = [one for one in (thing, thing.__init__, thing.__new__) if inspect.isclass(one) or inspect.isfunction(one)]
    fields = {*getattr(thing, "__struct_fields__", ()), *getattr(thing, "__dataclass_fields__", ())}
    return fields.union(*(names_of(one) for one in called))


def names_of(function: Any) -> set[str]:
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, NameError):
        # An exception or another class that is made as Python's own is, or a struct some of whose types are only
        # imported for the checker: it has told its fields already.
        return set()
    return {f"{stars.get(one.kind, '')}{one.name}" for one in parameters}


@pytest.mark.parametrize("name", modules())
def test_the_arguments_that_a_docstring_names_are_there(name: str) -> None:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in OF_EXTRAS:
            raise
        pytest.skip(f"{missing.name} is not installed")
    wrong = {}
    for shown, thing in documented(module):
        named = named_in(thing.__doc__)
        if named and not taken_by(thing).issuperset(named):
            wrong[shown] = sorted(set(named) - taken_by(thing))
    assert wrong == {}


def test_a_name_that_is_not_there_would_be_seen() -> None:
    def add(left: int, right: int) -> int:
        """Add.

        Args:
            left: One.
            rigth: The other: not
                left.
        """
        return left + right

    assert set(named_in(add.__doc__)) - taken_by(add) == {"rigth"}
