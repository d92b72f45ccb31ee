"""The pydantic classes of what is written in YAML, and errors of theirs in words."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, core_schema

from earmark.components.resolution_context import ResolutionContext
from earmark.components.templates import holds_template, is_template
from earmark.components.yaml_documents import ValuePath
from earmark.values.errors import DagsterInvalidDefinitionError, did_you_mean


class Model(BaseModel):
    """A pydantic class for what is written in YAML: a name that is no field of it is an error.

    Example:
        >>> class Table(Model):
        ...     name: str
        ...     limit: int = 10
        >>> Table(name="orders")
        Table(name='orders', limit=10)
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


class _OrTemplate:
    """Lets the text of a template stand where another type is asked for; it is checked once it is evaluated.

    Args:
        is_one: Tells what is let through.
    """

    def __init__(self, is_one: Callable[[object], bool]) -> None:
        self.is_one = is_one

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def let_through(value: Any, validate: Any) -> Any:
            return value if self.is_one(value) else validate(value)

        return core_schema.no_info_wrap_validator_function(let_through, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [handler(schema), {"type": "string", "description": "A template: {{ ... }}."}]}


OR_TEMPLATE = _OrTemplate(is_template)
"""Beside a type: the text of a template will do too, as in ``Annotated[int, OR_TEMPLATE]``."""

OR_TEMPLATES_WITHIN = _OrTemplate(holds_template)
"""Beside a pydantic class that knows nothing of templates: it is checked once those within it are evaluated."""


def validated(model: type[BaseModel], attributes: Any, what: str, context: ResolutionContext) -> Any:
    """Return ``attributes`` as an instance of a model.

    Args:
        model: The pydantic class.
        attributes: What was written.
        what: What people call the thing that has these attributes.
        context: Says where they stand.

    Raises:
        DagsterInvalidDefinitionError: They do not fit; each fault is told with its line.
    """
    try:
        return model.model_validate(attributes)
    except ValidationError as error:
        raise fault(error, model, what, context) from None


def fault(
    error: ValidationError, model: type[BaseModel], what: str, context: ResolutionContext
) -> DagsterInvalidDefinitionError:
    """Return pydantic's error in words, with the place of each fault."""
    faults = error.errors(include_url=False)
    first: ValuePath = (*context.path, *faults[0]["loc"])
    places = context.source_position_tree
    told = []
    for one in faults:
        line = f"line {places.line((*context.path, *one['loc']))}: " if places and len(faults) > 1 else ""
        told.append(line + _in_words(one, model, what))
    return context.error("\n".join(told), path=first)


def _in_words(one: Any, model: type[BaseModel], what: str) -> str:
    loc: tuple[str | int, ...] = one["loc"]
    name = str(loc[-1]) if loc else what
    within = ".".join(str(part) for part in loc[:-1])
    holder = f"{within} of {what}" if within else what
    if one["type"] == "extra_forbidden":
        known = sorted(set(_names_at(model, loc[:-1])))
        has = f" It has: {', '.join(known)}." if known else " It has none."
        return f"{holder} has no attribute {name!r}.{did_you_mean(name, known) or has}"
    if one["type"] == "missing":
        return f"{holder} needs {name!r}, which is missing."
    shown = repr(one["input"])
    shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
    message = str(one["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{name} of {holder}: {message}, not {shown} ({type(one['input']).__name__})."


def _names_at(model: Any, loc: tuple[str | int, ...]) -> Iterator[str]:
    """Give the names that may stand where ``loc`` leads to."""
    at = list(_models_in(model))
    for part in loc:
        deeper = [found for one in at if part in one.model_fields for found in _models_in(one.model_fields[part])]
        at = deeper or at
    for one in at:
        yield from one.model_fields


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    annotation = getattr(annotation, "annotation", annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, types.UnionType, Annotated, list, tuple, dict, set) or get_args(annotation):
        for inner in get_args(annotation):
            yield from _models_in(inner)
