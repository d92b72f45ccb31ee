"""JSON data within metadata: what it may be made of, and its one form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from earmark.specs.metadata.faults import invalid_metadata


def json_data(value: Any, path: str = "") -> Any:
    """Return JSON data in the form in which it comes back from the wire.

    Tuples become lists, keys that are numbers, bools or ``None`` become text as ``json.dumps`` writes them,
    subclasses of text and numbers become plain, NaN and infinities become ``None``.

    Args:
        value: Dicts, lists, tuples, text, numbers, bools and ``None``, nested.
        path: Where the value lies within the whole, for the error.

    Raises:
        DagsterInvalidMetadata: Something within is none of these.
    """
    kind = type(value)
    if value is None or kind in (str, bool, int):
        return value
    if kind is float:
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {_key(key, path): json_data(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_data(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__index__(value)
    if isinstance(value, float):
        return json_data(float.__float__(value))
    where = f" at {path.lstrip('.')}" if path else ""
    raise invalid_metadata(f"Not JSON{where}: {value!r} ({kind.__name__}).", value)


def _key(key: Any, path: str) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    if key is None:
        return "null"
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, int):
        return str(int.__index__(key))
    if isinstance(key, float):
        return float.__repr__(key)
    where = f" of {path.lstrip('.')}" if path else ""
    raise invalid_metadata(f"Not JSON: the key {key!r}{where} ({type(key).__name__}).", key)
