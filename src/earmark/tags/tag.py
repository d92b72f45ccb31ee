"""The rules for keys and values of tags, and the one place where tags are brought into their stored form.

Two strictnesses exist. Tags of assets and of events are labels: short strings out of a small set of characters.
Tags of ops, jobs and runs also carry settings: any string, or a JSON value that is stored as its JSON text.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from earmark.values.errors import InvalidTagError, SourceLocation, caller_location

MAX_SEGMENT_LENGTH = 63
"""The most characters that a segment of a key, and the value of an asset tag, may have."""

MAX_VALUE_BYTES = 64 * 1024
"""The most bytes that the value of a run, job or op tag may take as UTF-8."""

KIND_PREFIX = "dagster/kind/"
"""Keys that begin so carry the kinds of an asset: ``kinds={"python"}`` is stored as ``dagster/kind/python``."""

PARTITION_PREFIX = "dagster/partition/"
"""Keys that begin so carry a run's key in one dimension of a multi-partition."""

HIDDEN_PREFIX = ".dagster/"
"""Keys that begin so are internal; nothing shows them."""

_SYSTEM_PREFIXES = ("dagster/", "earmark/", HIDDEN_PREFIX)

KEY_RULE = (
    "a key is NAME or PREFIX/NAME, and each of the two is 1 to 63 characters out of A-Z a-z 0-9 - _ ."
    " (only dagster/kind/NAME and dagster/partition/DIMENSION have three parts)"
)
VALUE_RULE = "a value is at most 63 characters out of A-Z a-z 0-9 - _ . (it may be empty)"

_LONGEST_KEPT = 2 * MAX_SEGMENT_LENGTH + len(PARTITION_PREFIX)
# What is longer than any good key is looked at anew each time, so that it cannot fill the memory.
_SEGMENT = r"[A-Za-z0-9\-_.]{1,63}"
_KEY = re.compile(rf"(?:dagster/(?:kind|partition)/{_SEGMENT}|(?:{_SEGMENT}/)?{_SEGMENT})\Z")
_VALUE = re.compile(r"[A-Za-z0-9\-_.]{0,63}\Z")
_FOREIGN = r"[^A-Za-z0-9\-_.]"


def key_fault(key: str) -> str | None:
    """Say what is wrong with a key, as the end of a sentence, or return ``None`` for a good one.

    Example:
        >>> key_fault("team/domain") is None
        True
        >>> key_fault("my team")
        "holds ' '"
    """
    return _key_fault(key) if len(key) <= _LONGEST_KEPT else _find_key_fault(key)


@lru_cache(maxsize=65_536)
def _key_fault(key: str) -> str | None:
    return None if _KEY.match(key) else _find_key_fault(key)


def _find_key_fault(key: str) -> str:
    if not key:
        return "is empty"
    foreign = re.search(_FOREIGN, key.replace("/", "-"))
    if foreign:
        return f"holds {foreign.group()!r}"
    parts = key.split("/")
    if not all(parts):
        return "has an empty part beside a slash"
    longest = max(parts, key=len)
    if len(longest) > MAX_SEGMENT_LENGTH:
        return f"has a part of {len(longest)} characters"
    return f"has {len(parts)} parts"


def value_fault(value: str) -> str | None:
    """Say what is wrong with a value by the rule for good values, or return ``None`` for a good one."""
    return _value_fault(value) if len(value) <= MAX_SEGMENT_LENGTH else _find_value_fault(value)


@lru_cache(maxsize=65_536)
def _value_fault(value: str) -> str | None:
    return None if _VALUE.match(value) else _find_value_fault(value)


def _find_value_fault(value: str) -> str:
    foreign = re.search(_FOREIGN, value)
    if foreign:
        return f"holds {foreign.group()!r}"
    return f"has {len(value)} characters"


def is_hidden(key: str) -> bool:
    """Say whether a key is internal, so that nothing shows it."""
    return key.startswith(HIDDEN_PREFIX)


def is_system(key: str) -> bool:
    """Say whether a key belongs to the system: it begins with ``dagster/``, ``earmark/`` or ``.dagster/``."""
    return key.startswith(_SYSTEM_PREFIXES)


def check_key(key: Any, where: SourceLocation | None = None) -> None:
    """Accept a good key and refuse any other.

    Raises:
        InvalidTagError: The key is not a string or breaks the rule for keys; the message shows both.
    """
    fault = key_fault(key) if isinstance(key, str) else f"is a {type(key).__name__}, not a string"
    if fault is not None:
        raise InvalidTagError(
            f"The tag key {key!r} {fault}: {KEY_RULE}.",
            where=where or caller_location(),
            key=key,
            rule=KEY_RULE,
        )


def normalize_asset_tags(tags: Mapping[str, str] | None, where: SourceLocation | None = None) -> dict[str, str]:
    """Return the tags of an asset or an event, checked by the strict rules.

    Args:
        tags: Keys and values. ``None`` is no tags.
        where: The place where the tags were written; found from the stack when an error needs it.

    Raises:
        InvalidTagError: A key or a value breaks its rule; the message shows the key, the value and the rule.

    Example:
        >>> normalize_asset_tags({"domain": "marketing", "pii": ""})
        {'domain': 'marketing', 'pii': ''}
    """
    if not tags:
        _require_mapping(tags, where)
        return {}
    _require_mapping(tags, where)
    for key, value in tags.items():
        if not isinstance(key, str) or key_fault(key) is not None:
            check_key(key, where)
        if not isinstance(value, str):
            raise InvalidTagError(
                f"The tag {key!r} has the value {value!r} of type {type(value).__name__}: on an asset a value"
                f" is a string.",
                where=where or caller_location(),
                hint="JSON values may stand in op_tags and in the tags of jobs and runs.",
                key=key,
                value=value,
                rule=VALUE_RULE,
            )
        fault = value_fault(value)
        if fault is not None:
            raise InvalidTagError(
                f"The tag {key!r} has the value {_shortened(value)} which {fault}: on an asset {VALUE_RULE}.",
                where=where or caller_location(),
                key=key,
                value=value,
                rule=VALUE_RULE,
            )
    return dict(tags)


def normalize_run_tags(
    tags: Mapping[str, Any] | None, strict: bool = False, where: SourceLocation | None = None
) -> dict[str, str]:
    """Return the tags of an op, a job or a run in their stored form: strings, JSON values as JSON text.

    Args:
        tags: Keys, and values that are strings or JSON values. ``None`` is no tags.
        strict: Whether a bad key is refused, as on the command line, the API and the UI. In code it is a
            ``DeprecationWarning``, because old projects rely on such keys.
        where: The place where the tags were written; found from the stack when a message needs it.

    Raises:
        InvalidTagError: A value does not survive the way to JSON and back or is longer than 64 KiB; a key is
            not a string or empty; or ``strict`` is set and a key breaks its rule.

    Example:
        >>> normalize_run_tags({"attempts": 10, "limits": {"cpu": "500m"}})
        {'attempts': '10', 'limits': '{"cpu": "500m"}'}
    """
    if not tags:
        _require_mapping(tags, where)
        return {}
    _require_mapping(tags, where)
    normal: dict[str, str] = {}
    for key, value in tags.items():
        if not isinstance(key, str) or key_fault(key) is not None:
            _judge_lenient_key(key, strict, where)
        text = value if type(value) is str else _stored_text(key, value, where)
        fault = _storage_fault(text)
        if fault is not None:
            raise InvalidTagError(
                f"The tag {key!r} has a value that {fault}: {_shortened(text)}.",
                where=where or caller_location(),
                key=key,
                value=value,
                rule=fault,
            )
        normal[key] = text
    return normal


def value_notices(tags: Mapping[str, str]) -> list[str]:
    """Return a sentence for each value that breaks the rule for good values; such values are kept all the same."""
    notices = []
    for key, value in tags.items():
        fault = None if is_system(key) else value_fault(value)
        if fault is not None:
            notices.append(f"The value of the tag {key!r} {fault}; {VALUE_RULE}. It is kept as it is.")
    return notices


def tags_from_texts(texts: Iterable[str]) -> dict[str, Any]:
    """Read tags as a person types them: each text is ``key=value`` or a JSON object. Later texts win.

    Raises:
        InvalidTagError: A text is neither.

    Example:
        >>> tags_from_texts(["team=ml", '{"attempts": 3}'])
        {'team': 'ml', 'attempts': 3}
    """
    found: dict[str, Any] = {}
    for text in texts:
        if text.lstrip().startswith("{"):
            found.update(_json_object(text))
            continue
        key, equals, value = text.partition("=")
        if not equals:
            raise InvalidTagError(
                f"{text!r} is not a tag.", hint="Write key=value, or a JSON object.", value=text, rule="key=value"
            )
        found[key.strip()] = value
    return found


def kind_tags(kinds: Iterable[str] | None, where: SourceLocation | None = None) -> dict[str, str]:
    """Return the tags under which the kinds of an asset are stored.

    Raises:
        InvalidTagError: A kind is not a string of 1 to 63 characters out of the set of a key.

    Example:
        >>> kind_tags({"python"})
        {'dagster/kind/python': ''}
    """
    if kinds is None:
        return {}
    if isinstance(kinds, str):
        raise InvalidTagError(
            f"kinds is a set of strings, not the string {kinds!r}.",
            where=where or caller_location(),
            hint=f"Write kinds={{{kinds!r}}}.",
            value=kinds,
        )
    stored: dict[str, str] = {}
    for kind in sorted(kinds, key=str):
        key = f"{KIND_PREFIX}{kind}"
        if not isinstance(kind, str) or key_fault(key) is not None:
            raise InvalidTagError(
                f"The kind {kind!r} is not 1 to 63 characters out of A-Z a-z 0-9 - _ .",
                where=where or caller_location(),
                key=key,
                value=kind,
                rule=KEY_RULE,
            )
        stored[key] = ""
    return stored


def kinds_of(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the kinds that a thing's tag keys carry, sorted.

    Example:
        >>> kinds_of({"dagster/kind/python": "", "team": "ml"})
        ('python',)
    """
    return tuple(sorted(key[len(KIND_PREFIX) :] for key in tags if key.startswith(KIND_PREFIX)))


def _require_mapping(tags: Any, where: SourceLocation | None) -> None:
    if tags is None or isinstance(tags, Mapping):
        return
    raise InvalidTagError(
        f"Tags are a dict of keys and values, not {_shortened(tags)} ({type(tags).__name__}).",
        where=where or caller_location(),
        value=tags,
    )


def _judge_lenient_key(key: Any, strict: bool, where: SourceLocation | None) -> None:
    if strict or not isinstance(key, str) or not key or _storage_fault(key) is not None:
        check_key(key, where)
    place = where or caller_location()
    message = f"The tag key {key!r} {key_fault(key)}: {KEY_RULE}. Such keys are deprecated."
    if place is None:
        warnings.warn(message, DeprecationWarning, stacklevel=3)
        return
    warnings.warn_explicit(message, DeprecationWarning, place.file, place.line)


def _storage_fault(text: str) -> str | None:
    if len(text) * 4 > MAX_VALUE_BYTES or not text.isascii():
        try:
            size = len(text.encode())
        except UnicodeEncodeError:
            return "is not Unicode text (it holds half of a surrogate pair)"
        if size > MAX_VALUE_BYTES:
            return f"takes {size} bytes, more than the {MAX_VALUE_BYTES} allowed"
    if "\x00" in text:
        return "holds a NUL character, which no store keeps"
    return None


def _stored_text(key: str, value: Any, where: SourceLocation | None) -> str:
    if isinstance(value, str):
        return str.__str__(value)
    import json

    try:
        text = json.dumps(value, allow_nan=False)
        survives = _same(json.loads(text), value)
    except (TypeError, ValueError, RecursionError):
        survives, text = False, ""
    if not survives:
        instead = f" (it would come back as {_shortened(json.loads(text))})" if text else ""
        raise InvalidTagError(
            f"The tag {key!r} has the value {_shortened(value)} of type {type(value).__name__}, which does not"
            f" survive the way to JSON and back{instead}.",
            where=where or caller_location(),
            hint="Give a string, or a JSON value made of dict, list, str, int, float, bool and None.",
            key=key,
            value=value,
            rule="json.loads(json.dumps(value)) == value",
        )
    return text


def _same(loaded: Any, given: Any) -> bool:
    return bool(loaded == given)


def _json_object(text: str) -> dict[str, Any]:
    import json

    try:
        loaded = json.loads(text)
    except ValueError as fault:
        raise InvalidTagError(
            f"{text!r} begins like a JSON object but is none: {fault}.", value=text, rule="JSON"
        ) from fault
    if not isinstance(loaded, dict):
        raise InvalidTagError(f"{text!r} is JSON, but not an object.", value=text, rule="JSON")
    return loaded


def _shortened(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 120 else f"{shown[:80]}...{shown[-20:]}"
