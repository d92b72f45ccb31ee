"""Fields of pydantic classes that take stand-ins: an ``EnvVar`` for a scalar, a resource yet to be configured."""

from __future__ import annotations

from typing import Any

from pydantic_core import CoreSchema, core_schema

from earmark.define.config.env import EnvVar, IntEnvVar

_MARK = "earmark_stand_ins"
_CONTAINERS = frozenset({"model", "function-wrap", "function-before", "function-after", "definitions"})


def let_through(schema: CoreSchema, kinds: tuple[type, ...] = (EnvVar, IntEnvVar)) -> CoreSchema:
    """Return the core schema of a class whose fields keep values of some kinds as they are, past all validation.

    A field that may only be a literal is left alone: pydantic reads the discriminators of unions from those.
    """
    part: Any = schema
    while part.get("type") in _CONTAINERS:
        part = part["schema"]
    if part.get("type") != "model-fields":
        return schema

    def keep(value: Any, handler: Any) -> Any:
        return value if isinstance(value, kinds) else handler(value)

    for field in part["fields"].values():
        _wrap(field, keep)
    return schema


def _wrap(holder: Any, keep: Any) -> None:
    inner = holder["schema"]
    if inner["type"] == "default":
        _wrap(inner, keep)
        return
    metadata = inner.get("metadata") or {}
    if metadata.get(_MARK) or inner["type"] == "literal":
        return
    holder["schema"] = core_schema.no_info_wrap_validator_function(keep, inner, metadata={**metadata, _MARK: True})
