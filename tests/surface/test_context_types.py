"""What editors and type checkers know of the contexts that user code is given."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from earmark import AssetCheckExecutionContext, AssetExecutionContext, OpExecutionContext

CONTEXTS = (OpExecutionContext, AssetExecutionContext, AssetCheckExecutionContext)

ANYTHING = {"load_asset_value", "op_config", "resources"}
"""What user code alone knows the type of."""


def public_names(kind: type) -> list[str]:
    return [name for name in dir(kind) if not name.startswith("_")]


@pytest.mark.parametrize("kind", CONTEXTS)
def test_every_attribute_of_a_context_is_there_for_a_type_checker_with_a_type(kind: type) -> None:
    untyped = []
    for name in public_names(kind):
        member = inspect.getattr_static(kind, name)
        function = member.fget if isinstance(member, property) else member
        gives = inspect.signature(function).return_annotation
        if name not in ANYTHING and gives in (inspect.Signature.empty, Any, "Any"):
            untyped.append(name)
    assert len(public_names(kind)) > 50
    assert untyped == []


@pytest.mark.parametrize("kind", CONTEXTS)
def test_no_context_answers_for_names_that_it_does_not_have(kind: type) -> None:
    assert not hasattr(kind, "__getattr__")


def test_the_contexts_of_assets_and_checks_have_all_that_the_context_of_an_op_has() -> None:
    for kind in (AssetExecutionContext, AssetCheckExecutionContext):
        assert set(public_names(OpExecutionContext)) - set(public_names(kind)) - {"op_execution_context"} == set()
