"""Does configuration fit? The value with its defaults filled in, or every fault with its path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Union

import msgspec

from earmark.specs.config.describe import describe, example
from earmark.specs.config.spec import ConfigKind, ConfigSpec
from earmark.values.errors import did_you_mean, nearest

Path = tuple[Union[str, int], ...]


class ConfigFault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing wrong with configuration.

    Args:
        path: Where: names of fields and positions in lists, from the root.
        reason: What kind of fault: ``missing``, ``unexpected``, ``type``, ``choice``, ``bound``, ``selector``,
            ``environment`` or ``class`` (a config class refused it).
        message: A sentence for people, with the path.
        expected: What was expected, in one line.
        near: Names that resemble the unexpected one.
    """

    path: Path
    reason: str
    message: str
    expected: str = ""
    near: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.message


class Validated(msgspec.Struct, frozen=True):
    """The value with defaults filled in, and what is wrong with it. The value is only good without faults."""

    value: Any
    faults: tuple[ConfigFault, ...] = ()


_Faults = list[ConfigFault]
_MISSING = object()


def path_text(path: Path) -> str:
    """Return where something is, as people write it.

    Example:
        >>> path_text(("ops", "clean", "config", "cities", 0))
        'path root:ops:clean:config:cities[0]'
    """
    if not path:
        return "the root"
    text = "root"
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f":{part}"
    return f"path {text}"


def validate(spec: ConfigSpec, value: Any, path: Path = ()) -> Validated:
    """Check configuration and fill in its defaults. References to the environment stay as they are.

    Args:
        spec: What it must look like.
        value: JSON: dicts, lists and scalars.
        path: Where the value lies within the whole, for the faults.

    Example:
        >>> from earmark.specs.config import INT, STRING, shape
        >>> spec = shape({"city": STRING, "days": INT.with_default(7)})
        >>> validate(spec, {"city": "Turku"}).value
        {'city': 'Turku', 'days': 7}
        >>> [fault.reason for fault in validate(spec, {"town": "Turku"}).faults]
        ['unexpected', 'missing']
    """
    faults: _Faults = []
    checked = _check(spec, value, path, faults)
    return Validated(checked, tuple(faults))


def _check(spec: ConfigSpec, value: Any, path: Path, faults: _Faults) -> Any:
    match spec.kind:
        case ConfigKind.ANY:
            return value
        case ConfigKind.NONEABLE:
            return None if value is None else _check(_inner(spec), value, path, faults)
        case ConfigKind.SHAPE:
            return _check_shape(spec, value, path, faults)
        case ConfigKind.SELECTOR:
            return _check_selector(spec, value, path, faults)
        case ConfigKind.ARRAY:
            return _check_array(spec, value, path, faults)
        case ConfigKind.MAP:
            return _check_map(spec, value, path, faults)
        case ConfigKind.ENUM:
            return _check_choice(spec, value, path, faults)
        case ConfigKind.ONE_OF:
            return _check_options(spec, value, path, faults)
        case _:
            return _check_scalar(spec, value, path, faults)


def _inner(spec: ConfigSpec) -> ConfigSpec:
    return spec.inner if spec.inner is not None else ConfigSpec()


def is_environment_reference(value: Any) -> bool:
    """Say whether a value is ``{"env": "NAME"}``."""
    return isinstance(value, Mapping) and len(value) == 1 and isinstance(value.get("env"), str)


_PYTHON: dict[ConfigKind, type | tuple[type, ...]] = {
    ConfigKind.INT: int,
    ConfigKind.STRING: str,
    ConfigKind.BOOL: bool,
    ConfigKind.FLOAT: (float, int),
}


def _check_scalar(spec: ConfigSpec, value: Any, path: Path, faults: _Faults) -> Any:
    if spec.from_environment and is_environment_reference(value):
        return value
    fits = isinstance(value, _PYTHON[spec.kind])
    if not fits or (isinstance(value, bool) and spec.kind is not ConfigKind.BOOL):
        if value is None:
            return _refuse_none(spec, path, faults)
        expected = describe(spec)
        return _fault(
            faults,
            path,
            "type",
            f'Invalid scalar at {path_text(path)}. Value "{value}" of type "{type(value)}" is not valid for'
            f' expected type "{expected}".',
            expected,
        )
    if spec.constraints:
        _check_bounds(spec, value, path, faults)
    return float(value) if spec.kind is ConfigKind.FLOAT else value


_BOUNDS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "minimum": (lambda value, bound: value >= bound, "at least"),
    "maximum": (lambda value, bound: value <= bound, "at most"),
    "exclusiveMinimum": (lambda value, bound: value > bound, "more than"),
    "exclusiveMaximum": (lambda value, bound: value < bound, "less than"),
    "multipleOf": (lambda value, bound: value % bound == 0, "a multiple of"),
    "minLength": (lambda value, bound: len(value) >= bound, "of a length of at least"),
    "maxLength": (lambda value, bound: len(value) <= bound, "of a length of at most"),
}


def _check_bounds(spec: ConfigSpec, value: Any, path: Path, faults: _Faults) -> None:
    for word, bound in spec.constraints.items():
        rule = _BOUNDS.get(word)
        if rule is None:
            continue  # a pattern, say: only the config class checks it
        holds, phrase = rule
        if not holds(value, bound):
            _fault(
                faults,
                path,
                "bound",
                f"Value at {path_text(path)} must be {phrase} {bound}, not {value!r}.",
                f"{describe(spec)} {phrase} {bound}",
            )


def _check_choice(spec: ConfigSpec, value: Any, path: Path, faults: _Faults) -> Any:
    if any(type(value) is type(choice) and value == choice for choice in spec.choices):
        return value
    if value is None:
        return _refuse_none(spec, path, faults)
    words = [choice for choice in spec.choices if isinstance(choice, str)]
    near = tuple(nearest(value, words)) if isinstance(value, str) else ()
    return _fault(
        faults,
        path,
        "choice",
        f"Value at {path_text(path)} not in enum type {describe(spec)} got {value}."
        f" Expected one of {', '.join(repr(choice) for choice in spec.choices)}."
        + (did_you_mean(value, words) if isinstance(value, str) else ""),
        " | ".join(repr(choice) for choice in spec.choices),
        near=near,
    )


def _check_array(spec: ConfigSpec, value: Any, path: Path, faults: _Faults) -> Any:
    if not isinstance(value, (list, tuple)):
        return _refuse_kind(spec, value, "list", path, faults)
    inner = _inner(spec)
    return [_check(inner, item, (*path, position), faults) for position, item in enumerate(value)]


def _check_map(spec: ConfigSpec, value: Any, path: Path, faults: _Faults) -> Any:
    if not isinstance(value, Mapping):
        return _refuse_kind(spec, value, "dict", path, faults)
    inner, key_spec = _inner(spec), spec.key or ConfigSpec()
    checked = {}
    for key, item in value.items():
        _check(key_spec, key, (*path, repr(key), "key"), faults)
        checked[key] = _check(inner, item, (*path, repr(key), "value"), faults)
    return checked


def _check_selector(spec: ConfigSpec, value: Any, path: Path, faults: _Faults) -> Any:
    if not isinstance(value, Mapping):
        return _refuse_kind(spec, value, "dict", path, faults)
    available = sorted(spec.fields)
    if not value and len(available) == 1 and not spec.fields[available[0]].is_required:
        value = {available[0]: _filled(spec.fields[available[0]], (*path, available[0]), faults)}
    if not value:
        return _fault(
            faults,
            path,
            "selector",
            f"Must specify a field at {path_text(path)}. The available fields are {available}.",
            describe(spec),
        )
    if len(value) > 1:
        return _fault(
            faults,
            path,
            "selector",
            f"You can only specify a single field at {path_text(path)}. You specified {sorted(map(str, value))}."
            f" The available fields are {available}",
            describe(spec),
        )
    name, item = next(iter(value.items()))
    if name not in spec.fields:
        _refuse_names(spec, [name], path, faults)
        return None
    if item is None and spec.fields[name].fills_itself:
        item = {}
    return {name: _check(spec.fields[name], item, (*path, name), faults)}


def _check_shape(spec: ConfigSpec, value: Any, path: Path, faults: _Faults) -> Any:
    if not isinstance(value, Mapping):
        return _refuse_kind(spec, value, "dict", path, faults)
    if spec.aliases:
        value = {spec.aliases.get(name, name): item for name, item in value.items()}
    extra = [name for name in value if name not in spec.fields]
    if extra and not spec.open:
        _refuse_names(spec, extra, path, faults)
    checked = {}
    missing = []
    for name, field in spec.fields.items():
        if name in value:
            checked[name] = _check(field, value[name], (*path, name), faults)
            continue
        if field.is_required:
            missing.append(name)
            continue
        filled = _filled(field, (*path, name), faults)
        if filled is not _MISSING:
            checked[name] = filled
    if missing:
        _refuse_missing(spec, missing, path, faults)
    if spec.open:
        checked.update((name, value[name]) for name in extra)
    return checked


def _filled(field: ConfigSpec, path: Path, faults: _Faults) -> Any:
    if field.has_default:
        return _check(field, field.default, path, faults)
    return _check_shape(field, {}, path, faults) if field.fills_itself and field.required else _MISSING


def _check_options(spec: ConfigSpec, value: Any, path: Path, faults: _Faults) -> Any:
    tried: list[_Faults] = []
    for option in spec.options:
        own: _Faults = []
        checked = _check(option, value, path, own)
        if not own:
            return checked
        tried.append(own)
    deepest = max(tried, key=lambda own: max(len(fault.path) for fault in own))
    if max(len(fault.path) for fault in deepest) > len(path):
        faults.extend(deepest)
        return None
    expected = describe(spec)
    return _fault(
        faults,
        path,
        "type",
        f'Value at {path_text(path)} fits none of the types "{expected}": {value!r}.',
        expected,
    )


def _fault(faults: _Faults, path: Path, reason: str, message: str, expected: str, near: tuple[str, ...] = ()) -> None:
    faults.append(ConfigFault(path, reason, message, expected, near))


_LONGEST = 1000


def _expected(spec: ConfigSpec) -> str:
    """Return what was expected, in one line that a person can still read."""
    text = describe(spec)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _refuse_none(spec: ConfigSpec, path: Path, faults: _Faults) -> None:
    expected = _expected(spec)
    _fault(faults, path, "type", f'Value at {path_text(path)} must not be None. Expected "{expected}"', expected)


def _refuse_kind(spec: ConfigSpec, value: Any, word: str, path: Path, faults: _Faults) -> None:
    if value is None:
        return _refuse_none(spec, path, faults)
    expected = _expected(spec)
    return _fault(
        faults,
        path,
        "type",
        f'Value at {path_text(path)} must be {word}. Expected: "{expected}". Got {value!r:.100}.',
        expected,
    )


def _refuse_names(spec: ConfigSpec, names: list[Any], path: Path, faults: _Faults) -> None:
    known = [*spec.fields, *spec.aliases]
    near = tuple(word for name in names for word in nearest(str(name), known))
    if len(names) == 1:
        message = (
            f'Received unexpected config entry "{names[0]}" at {path_text(path)}.'
            f' Expected: "{_expected(spec)}".{did_you_mean(str(names[0]), known)}'
        )
    else:
        hints = "".join(did_you_mean(str(name), known) for name in names)
        message = (
            f'Received unexpected config entries "{names}" at {path_text(path)}.'
            f' Expected: "{sorted(spec.fields)}".{hints}'
        )
    _fault(faults, path, "unexpected", message, _expected(spec), near=near)


def _refuse_missing(spec: ConfigSpec, names: list[str], path: Path, faults: _Faults) -> None:
    sample = {name: example(spec.fields[name]) for name in names}
    if len(names) == 1:
        message = (
            f'Missing required config entry "{names[0]}" at {path_text(path)}. You must provide this value in'
            f" your run config. Example config for the missing entry: {sample}"
        )
    else:
        message = (
            f"Missing required config entries {names} at {path_text(path)}. You must provide these values in"
            f" your run config. Example config for the missing entries: {sample}"
        )
    _fault(faults, path, "missing", message, _expected(spec))
