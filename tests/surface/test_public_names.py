"""Every public name says what it is for and shows it in an example. `test_module_examples.py` runs the examples."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
from typing import Any

import pytest

ROOTS = ("earmark", "earmark.dagster")

BARE = re.compile(r"(isinstance|issubclass)\([^()]*\)|type\([^()]*\)\.__name__|[A-Z]\w+\.[A-Z_]+(\.value|\.name)?")
"""What tells of a name only that it is there: a question for its type, a member of an enum."""


def public_names() -> list[tuple[str, str]]:
    """Return (root, name) for every entry of the lazy tables; a name that both roots have counts once."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for root in ROOTS:
        try:
            package = importlib.import_module(root)
        except ModuleNotFoundError as missing:
            if missing.name != root:
                raise
            continue
        for name, module in getattr(package, "_EXPORTS", {}).items():
            found.setdefault((name, module), (root, name))
    return sorted(found.values(), key=lambda pair: (pair[1], pair[0]))


NAMES = public_names()
IDS = [f"{root}.{name}" for root, name in NAMES]


def resolve(root: str, name: str) -> Any:
    return getattr(importlib.import_module(root), name)


def documents_itself(thing: Any) -> bool:
    """Tell whether a value can carry a docstring: a class, a function; not a constant, an alias or Python's own."""
    if getattr(thing, "__module__", None) in ("builtins", "typing"):
        return False  # `Int` is `int`, `Nothing` the class of `None`, `Any` that of `typing`
    return inspect.isclass(thing) or inspect.isroutine(thing)


def is_error(thing: Any) -> bool:
    return inspect.isclass(thing) and issubclass(thing, BaseException)


@pytest.mark.parametrize(("root", "name"), NAMES, ids=IDS)
def test_a_public_name_resolves_and_says_what_it_is_for(root: str, name: str) -> None:
    thing = resolve(root, name)
    if documents_itself(thing):
        own = thing.__dict__.get("__doc__") if inspect.isclass(thing) else thing.__doc__
        assert own, f"{name} has no docstring"
        assert len(own.split()) >= 3, f"the docstring of {name} says nothing: {own!r}"


@pytest.mark.parametrize(("root", "name"), NAMES, ids=IDS)
def test_a_public_name_shows_itself_in_an_example(root: str, name: str) -> None:
    thing = resolve(root, name)
    # An error class is shown by whatever raises it; a constant by what takes it.
    if not documents_itself(thing) or is_error(thing):
        return
    assert thing.__module__.startswith("earmark."), f"{name} lives in {thing.__module__}"
    examples = doctest.DocTestParser().get_examples(thing.__doc__ or "")
    assert examples, f"the docstring of {name} has no example"
    shown = [one.source.strip() for one in examples if one.want]
    assert not all(BARE.fullmatch(one) for one in shown) or not shown, f"the example of {name} shows no use: {shown}"


def test_the_two_roots_give_the_same_objects() -> None:
    if not NAMES:
        pytest.skip("the package root has no table of names yet")
    roots = {root: set(getattr(importlib.import_module(root), "_EXPORTS", {})) for root in ROOTS}
    common = roots["earmark"] & roots["earmark.dagster"]
    assert common
    assert [name for name in sorted(common) if resolve("earmark", name) is not resolve("earmark.dagster", name)] == []
