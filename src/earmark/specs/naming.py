"""Rules for the names of ops, graphs, jobs, inputs, outputs and groups."""

from __future__ import annotations

import keyword
import re
from functools import lru_cache
from typing import Any

from earmark.values.errors import DagsterInvalidDefinitionError, caller_location
from earmark.values.keys import AssetKey

_NAME = re.compile(r"[A-Za-z0-9_]+")
_RESERVED = frozenset(("context", "conf", "config", "meta", "arg_dict", "dict", "input_arg_dict", "output_arg_dict",
                       "int", "str", "float", "bool", "input", "output", "type", *keyword.kwlist))  # fmt: skip


@lru_cache(maxsize=65536)
def is_valid_name(name: str) -> bool:
    """Say whether ``name`` may name an op, graph, job, input or output."""
    return _NAME.fullmatch(name) is not None and name not in _RESERVED


def check_name(name: Any, what: str) -> str:
    """Return ``name`` if it may name a ``what`` ("op", "job", "input", ...).

    Raises:
        DagsterInvalidDefinitionError: It is not a string, has other characters, or is a reserved word.
    """
    if isinstance(name, str) and is_valid_name(name):
        return name
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise DagsterInvalidDefinitionError(
            f"{name!r} is not a valid name for {_article(what)}: names are made of letters, digits and underscores.",
            where=caller_location(), name=name,
        )  # fmt: skip
    raise DagsterInvalidDefinitionError(
        f"{name!r} is not a valid name for {_article(what)}: it is a reserved word.", where=caller_location(), name=name
    )


def _article(what: str) -> str:
    return f"an {what}" if what[:1] in "aeiou" else f"a {what}"


def asset_key_of(thing: Any) -> AssetKey:
    """Return the asset key that ``thing`` means: a key, a string, segments, or any definition of one asset.

    Raises:
        DagsterInvalidDefinitionError: ``thing`` names no asset, or more than one.
    """
    if isinstance(thing, (AssetKey, str)):
        return AssetKey.from_coercible(thing)
    keys = getattr(thing, "keys", None)
    if isinstance(keys, (set, frozenset)) and len(keys) > 1:
        raise DagsterInvalidDefinitionError(
            f"{thing!r} defines {len(keys)} assets; name the one that is meant by its key.", where=caller_location()
        )
    key = getattr(thing, "key", None) or getattr(thing, "asset_key", None)
    return key if isinstance(key, AssetKey) else AssetKey.from_coercible(thing)
