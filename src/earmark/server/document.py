"""The OpenAPI document as people and generators want it: short names, named alternatives, words for each field."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any, Literal, get_args, get_origin

import msgspec
from litestar import Litestar
from litestar.openapi.plugins import JsonRenderPlugin

from earmark.server.tokens import Role
from earmark.views.shapes import (
    assets,
    automation,
    backfills,
    common,
    deployment,
    finding,
    graph,
    jobs,
    launch,
    live,
    queries,
    runs,
    session,
    tags,
    values,
)

_SHAPES = (
    assets, automation, backfills, common, deployment, finding, graph, jobs, launch, live, queries, runs, session,
    tags, values,
)  # fmt: skip
_REFERENCE = "#/components/schemas/"


class DocumentPlugin(JsonRenderPlugin):
    """Serves the document."""

    def render(self, request: Any, openapi_schema: dict[str, Any]) -> bytes:
        """Return the document as JSON."""
        return super().render(request, worded(openapi_schema))


def document_of(app: Litestar) -> dict[str, Any]:
    """Return the OpenAPI document of an application."""
    return worded(app.openapi_schema.to_schema())


def worded(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with short names of pages, named alternatives, and the words of fields.

    Args:
        document: What the framework makes of the handlers.

    Example:
        >>> field = {"type": "string", "enum": ["viewer", "operator", "admin"]}
        >>> answer = worded({"components": {"schemas": {"Page_a.b.Row_": {"properties": {"role": field}}}}})
        >>> answer["components"]["schemas"]["RowPage"]["properties"]["role"]
        {'$ref': '#/components/schemas/Role'}
    """
    found: dict[str, Any] = document["components"]["schemas"]
    _, streamed = msgspec.json.schema_components([live.Changes], ref_template=f"{_REFERENCE}{{name}}")
    schemas = {**found, **streamed}
    names = {name: _short(name) for name in schemas}
    alternatives = _alternatives()
    schemas = {names[name]: _with_words(names[name], schema) for name, schema in schemas.items()}
    named: dict[str, Any] = _renamed(
        {**document, "components": {**document["components"], "schemas": schemas}}, names, alternatives
    )
    for name, words in alternatives.items():
        named["components"]["schemas"].setdefault(name, {"type": "string", "enum": list(words), "title": name})
    return named


def _short(name: str) -> str:
    if not name.startswith("Page_"):
        return name
    return f"{name.removeprefix('Page_').rstrip('_').rpartition('.')[2]}Page"


@cache
def _alternatives() -> dict[str, tuple[str, ...]]:
    """Return the alternatives that have a name of their own, by it."""
    found: dict[str, tuple[str, ...]] = {"Role": get_args(Role)}
    for module in _SHAPES:
        for name, value in vars(module).items():
            if get_origin(value) is Literal and name[0].isupper():
                found[name] = get_args(value)
    return found


def _renamed(node: Any, names: dict[str, str], alternatives: dict[str, tuple[str, ...]]) -> Any:
    if isinstance(node, list):
        return [_renamed(one, names, alternatives) for one in node]
    if not isinstance(node, dict):
        return node
    target = node.get("$ref")
    if isinstance(target, str) and target.startswith(_REFERENCE):
        name = target.removeprefix(_REFERENCE)
        return {**node, "$ref": f"{_REFERENCE}{names.get(name, name)}"}
    words = node.get("enum")
    if words is not None and len(words) > 1:
        for name, known in alternatives.items():
            if set(known) == set(words):
                rest = {key: value for key, value in node.items() if key in ("default", "description")}
                return {"$ref": f"{_REFERENCE}{name}", **rest}
    return {key: _renamed(value, names, alternatives) for key, value in node.items()}


def _with_words(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Add what the source says of a struct and its fields, and what a field that may be left out then is."""
    words, defaults = _words().get(name, {}), _defaults().get(name, {})
    properties = schema.get("properties")
    if not isinstance(properties, dict) or not words:
        return schema
    described = {
        field: {
            **one,
            **({"description": words[field]} if field in words else {}),
            **({"default": defaults[field]} if field in defaults else {}),
        }
        for field, one in properties.items()
    }
    return {**schema, "properties": described, "description": words.get("", "")}


def _structs() -> Iterator[tuple[ModuleType, type[msgspec.Struct]]]:
    for module in _SHAPES:
        for value in vars(module).values():
            if inspect.isclass(value) and issubclass(value, msgspec.Struct) and value.__module__ == module.__name__:
                yield module, value


@cache
def _defaults() -> dict[str, dict[str, Any]]:
    """Return what fields are that are left out of a request, by the struct's name."""
    found: dict[str, dict[str, Any]] = {}
    for _, struct in _structs():
        for field in msgspec.structs.fields(struct):
            if not field.required:
                made = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
                found.setdefault(struct.__name__, {})[field.name] = msgspec.to_builtins(made)
    return found


@cache
def _words() -> dict[str, dict[str, str]]:
    """Return what the source says of each struct (under the empty name) and of its fields, by the struct's name."""
    said: dict[str, dict[str, str]] = {}
    sources = {module: _said_in(module) for module in _SHAPES}
    for module, struct in _structs():
        for base in reversed(struct.__mro__[1:]):
            inherited = said.get(base.__name__, {})
            said.setdefault(struct.__name__, {}).update((field, one) for field, one in inherited.items() if field)
        said[struct.__name__] = {**said.get(struct.__name__, {}), **sources[module].get(struct.__name__, {})}
    return said


def _said_in(module: ModuleType) -> dict[str, dict[str, str]]:
    said: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(module)).body:
        if not isinstance(node, ast.ClassDef):
            continue
        words = said.setdefault(node.name, {})
        words[""] = ast.get_docstring(node) or ""
        for field, after in zip(node.body, node.body[1:], strict=False):
            if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
                continue
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                words[field.target.id] = inspect.cleandoc(str(after.value.value)).replace("``", "`")
    return said
