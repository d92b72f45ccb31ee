"""The compatibility surface: which names of Dagster's API there are, and that they are our own objects."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import earmark
import earmark.dagster as dg
from earmark.dagster.names import API_NAMES, API_VERSION

HERE = Path(__file__).parent
NOT_YET = (HERE / "not_yet.txt").read_text().split()


def test_the_list_of_names_that_are_not_there_yet_is_exact() -> None:
    assert sorted(dg.not_yet()) == NOT_YET, "a name has come or gone: write tests/surface/not_yet.txt anew"


def test_every_name_of_the_api_is_supported_or_listed_as_not_yet() -> None:
    assert len(API_NAMES) == 435
    assert dg._EXPORTS.keys() | set(NOT_YET) == API_NAMES


@pytest.mark.parametrize("name", sorted(dg._EXPORTS))
def test_a_supported_name_is_the_same_object_under_both_roots(name: str) -> None:
    assert getattr(dg, name) is getattr(earmark, name)


def test_the_version_is_that_of_the_api() -> None:
    assert dg.__version__ == API_VERSION == "1.13.27"
    assert earmark.__version__ != dg.__version__


def test_a_name_of_our_own_is_no_name_of_dagsters() -> None:
    assert earmark.InvalidTagError
    assert not hasattr(dg, "InvalidTagError")


def test_the_stub_lists_what_the_table_has_from_where_the_table_has_it() -> None:
    tree = ast.parse(Path(earmark.__file__).with_suffix(".pyi").read_text())
    imported = {
        alias.name: node.module for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    (listed,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    assert imported == earmark._EXPORTS
    assert sorted(listed) == sorted(earmark._EXPORTS)


def test_a_name_that_nothing_has_says_what_is_near() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'assett'\. Did you mean 'asset'"):
        earmark.assett
    with pytest.raises(ImportError, match="Did you mean 'asset'"):
        from earmark import assett  # noqa: F401


def test_a_name_that_is_not_there_yet_says_so_and_what_is_near() -> None:
    missing = NOT_YET[0]
    with pytest.raises(ImportError, match=f"does not have '{missing}' of Dagster's API yet"):
        exec(f"from earmark.dagster import {missing}")
    with pytest.raises(ImportError, match=r"Use FreshnessPolicy\."):
        exec("from earmark.dagster import LegacyFreshnessPolicy")
    assert not hasattr(dg, missing)


def test_a_package_of_ours_never_hides_a_public_name() -> None:
    import earmark.graph.dag

    assert callable(earmark.graph)
    assert earmark.graph.__name__ == "graph"
    assert "asset" in dir(earmark)
