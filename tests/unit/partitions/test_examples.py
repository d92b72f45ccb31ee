"""The page about partitions and the examples of the docstrings say what the code does."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import earmark
import earmark.partitions

PAGE = Path(__file__).parents[3] / "docs" / "concepts" / "partitions.md"
FENCE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MODULES = [module.name for module in pkgutil.iter_modules(earmark.partitions.__path__)]


def failures(example):
    """Run an example and return what differed from what it says."""
    told = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=told.append)
    return "".join(told)


def test_the_examples_of_the_page_run_as_printed():
    source = "\n".join(FENCE.findall(PAGE.read_text()))
    example = doctest.DocTestParser().get_doctest(source, {}, PAGE.name, str(PAGE), 0)
    assert len(example.examples) > 30
    assert failures(example) == ""


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_the_docstrings_run_as_printed(name):
    module = importlib.import_module(f"earmark.partitions.{name}")
    for example in doctest.DocTestFinder(exclude_empty=True).find(module, extraglobs={"em": earmark}):
        assert failures(example) == ""
