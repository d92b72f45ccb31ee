"""Configuration for people: the type in one line, an example, a JSON Schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from earmark.specs.config.spec import ConfigKind, ConfigSpec

_SCALARS = {
    ConfigKind.ANY: "Any",
    ConfigKind.INT: "Int",
    ConfigKind.FLOAT: "Float",
    ConfigKind.STRING: "String",
    ConfigKind.BOOL: "Bool",
}
_EXAMPLES = {
    ConfigKind.ANY: "AnyType",
    ConfigKind.INT: 0,
    ConfigKind.FLOAT: 0.0,
    ConfigKind.STRING: "...",
    ConfigKind.BOOL: True,
}
_JSON_TYPES = {
    ConfigKind.INT: "integer",
    ConfigKind.FLOAT: "number",
    ConfigKind.STRING: "string",
    ConfigKind.BOOL: "boolean",
}


def describe(spec: ConfigSpec) -> str:
    """Return what configuration looks like, in one line.

    Example:
        >>> from earmark.specs.config import INT, STRING, array, shape
        >>> describe(shape({"city": STRING, "days": array(INT).with_default([])}))
        '{ city: String days?: [Int] }'
    """
    inner = "" if spec.inner is None else describe(spec.inner)
    match spec.kind:
        case ConfigKind.ENUM:
            return spec.name or "Enum"
        case ConfigKind.ARRAY:
            return f"[{inner}]"
        case ConfigKind.MAP:
            return f"{{ [{spec.key_label or describe(spec.key or ConfigSpec())}]: {inner} }}"
        case ConfigKind.NONEABLE:
            return f"{inner}?"
        case ConfigKind.ONE_OF:
            return f"({' | '.join(describe(option) for option in spec.options)})"
        case ConfigKind.SHAPE | ConfigKind.SELECTOR:
            return _describe_fields(spec)
    return spec.name or _SCALARS[spec.kind]


def _describe_fields(spec: ConfigSpec) -> str:
    written = [
        f"{name}{'' if field.is_required else '?'}: {describe(field)}" for name, field in sorted(spec.fields.items())
    ]
    if spec.open:
        written.append("...")
    return f"{{ {' '.join(written)} }}" if written else "{ }"


def example(spec: ConfigSpec) -> Any:
    """Return the least that fits, as JSON, with placeholders for what must be filled in.

    Example:
        >>> from earmark.specs.config import INT, STRING, shape
        >>> example(shape({"city": STRING, "days": INT.with_default(7)}))
        {'city': '...'}
    """
    if spec.has_default:
        return spec.default
    match spec.kind:
        case ConfigKind.ENUM:
            return spec.choices[0] if spec.choices else None
        case ConfigKind.ARRAY:
            return []
        case ConfigKind.MAP:
            return {}
        case ConfigKind.NONEABLE:
            return None
        case ConfigKind.ONE_OF:
            return example(spec.options[0])
        case ConfigKind.SHAPE:
            return {name: example(field) for name, field in spec.fields.items() if field.is_required}
        case ConfigKind.SELECTOR:
            return {name: example(field) for name, field in list(spec.fields.items())[:1]}
    return _EXAMPLES[spec.kind]


def to_json_schema(spec: ConfigSpec) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of configuration, for completion in an editor.

    Example:
        >>> from earmark.specs.config import INT
        >>> to_json_schema(INT.with_default(3))
        {'type': 'integer', 'default': 3}
    """
    schema = _SCHEMAS.get(spec.kind, _scalar_schema)(spec)
    if spec.kind is not ConfigKind.SHAPE and spec.name and spec.kind is not ConfigKind.ANY:
        schema["title"] = spec.name
    if spec.description:
        schema["description"] = spec.description
    if spec.has_default:
        schema["default"] = spec.default
    if spec.secret:
        schema["writeOnly"] = True
    return schema


def _scalar_schema(spec: ConfigSpec) -> dict[str, Any]:
    kind = _JSON_TYPES.get(spec.kind)
    plain: dict[str, Any] = {} if kind is None else {"type": kind}
    plain.update(spec.constraints)
    if not spec.from_environment:
        return plain
    reference = {
        "type": "object",
        "properties": {"env": {"type": "string", "description": "The name of an environment variable."}},
        "required": ["env"],
        "additionalProperties": False,
    }
    return {"anyOf": [plain, reference]}


def _shape_schema(spec: ConfigSpec) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    if spec.name:
        schema["title"] = spec.name
    schema["properties"] = {name: to_json_schema(field) for name, field in spec.fields.items()}
    for alias, name in spec.aliases.items():
        schema["properties"][alias] = schema["properties"][name]
    required = [name for name, field in spec.fields.items() if field.is_required]
    if required:
        schema["required"] = required
    schema["additionalProperties"] = spec.open
    return schema


def _selector_schema(spec: ConfigSpec) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: to_json_schema(field) for name, field in spec.fields.items()},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _of_inner(spec: ConfigSpec) -> dict[str, Any]:
    return {} if spec.inner is None else to_json_schema(spec.inner)


_SCHEMAS: dict[ConfigKind, Callable[[ConfigSpec], dict[str, Any]]] = {
    ConfigKind.ENUM: lambda spec: {"enum": list(spec.choices)},
    ConfigKind.ARRAY: lambda spec: {"type": "array", "items": _of_inner(spec)},
    ConfigKind.MAP: lambda spec: {"type": "object", "additionalProperties": _of_inner(spec)},
    ConfigKind.NONEABLE: lambda spec: {"anyOf": [_of_inner(spec), {"type": "null"}]},
    ConfigKind.ONE_OF: lambda spec: {"anyOf": [to_json_schema(option) for option in spec.options]},
    ConfigKind.SHAPE: _shape_schema,
    ConfigKind.SELECTOR: _selector_schema,
}
