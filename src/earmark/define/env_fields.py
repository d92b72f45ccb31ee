"""Fields of pydantic classes that take an ``EnvVar`` where they take a text or a number."""

from __future__ import annotations

from typing import Any

from pydantic_core import CoreSchema, core_schema

from earmark.define.env import EnvVar, IntEnvVar

_MARK = "earmark_environment"
_CONTAINERS = frozenset({"model", "function-wrap", "function-before", "function-after", "definitions"})


def let_environment_variables_through(schema: CoreSchema) -> CoreSchema:
    """Return the core schema of a class whose fields keep an ``EnvVar`` as it is, past every other validation.

    A field that may only be a literal is left alone: pydantic reads the discriminators of unions from those.
    """
    part: Any = schema
    while part.get("type") in _CONTAINERS:
        part = part["schema"]
    if part.get("type") != "model-fields":
        return schema
    for field in part["fields"].values():
        _wrap(field)
    return schema


def _wrap(holder: Any) -> None:
    inner = holder["schema"]
    if inner["type"] == "default":
        _wrap(inner)
        return
    metadata = inner.get("metadata") or {}
    if metadata.get(_MARK) or inner["type"] == "literal":
        return
    holder["schema"] = core_schema.no_info_wrap_validator_function(
        _keep_environment_variable, inner, metadata={**metadata, _MARK: True}
    )


def _keep_environment_variable(value: Any, handler: Any) -> Any:
    return value if isinstance(value, (EnvVar, IntEnvVar)) else handler(value)
