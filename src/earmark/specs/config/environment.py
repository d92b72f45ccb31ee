"""References to environment variables within configuration, replaced by what the variables hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from earmark.specs.config.spec import ConfigKind, ConfigSpec
from earmark.specs.config.validate import ConfigFault, Path, Validated, is_environment_reference, path_text

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})


def _read_bool(text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(text)


_READERS: dict[ConfigKind, tuple[Callable[[str], Any], str]] = {
    ConfigKind.INT: (int, "an int"),
    ConfigKind.FLOAT: (float, "a float"),
    ConfigKind.BOOL: (_read_bool, "a bool"),
}


def resolve_environment(spec: ConfigSpec, value: Any, environment: Mapping[str, str], path: Path = ()) -> Validated:
    """Replace each ``{"env": "NAME"}`` by the variable, read as the scalar that is expected there.

    Args:
        spec: What the configuration looks like.
        value: Configuration that :func:`validate` found no fault with.
        environment: Variables by name, such as ``os.environ``.
        path: Where the value lies within the whole, for the faults.

    Example:
        >>> from earmark.specs.config import ConfigKind, ConfigSpec
        >>> port = ConfigSpec(ConfigKind.INT, from_environment=True)
        >>> resolve_environment(port, {"env": "PORT"}, {"PORT": "8080"}).value
        8080
    """
    faults: list[ConfigFault] = []
    return Validated(_resolve(spec, value, environment, path, faults), tuple(faults))


def _resolve(
    spec: ConfigSpec, value: Any, environment: Mapping[str, str], path: Path, faults: list[ConfigFault]
) -> Any:
    if spec.from_environment and is_environment_reference(value):
        return _read(spec, value["env"], environment, path, faults)
    match spec.kind:
        case ConfigKind.SHAPE | ConfigKind.SELECTOR if isinstance(value, Mapping):
            return {
                name: _resolve(spec.fields[name], item, environment, (*path, name), faults)
                if name in spec.fields
                else item
                for name, item in value.items()
            }
        case ConfigKind.ARRAY if isinstance(value, list) and spec.inner is not None:
            return [
                _resolve(spec.inner, item, environment, (*path, position), faults)
                for position, item in enumerate(value)
            ]
        case ConfigKind.MAP if isinstance(value, Mapping) and spec.inner is not None:
            return {
                key: _resolve(spec.inner, item, environment, (*path, repr(key), "value"), faults)
                for key, item in value.items()
            }
        case ConfigKind.NONEABLE if value is not None and spec.inner is not None:
            return _resolve(spec.inner, value, environment, path, faults)
        case ConfigKind.ONE_OF:
            return _resolve_options(spec, value, environment, path, faults)
    return value


def _resolve_options(
    spec: ConfigSpec, value: Any, environment: Mapping[str, str], path: Path, faults: list[ConfigFault]
) -> Any:
    """Resolve by the first option that gives another value: scalars without a reference stay as they are."""
    for option in spec.options:
        own: list[ConfigFault] = []
        resolved = _resolve(option, value, environment, path, own)
        if own or resolved != value:
            faults.extend(own)
            return resolved
    return value


def _read(spec: ConfigSpec, name: str, environment: Mapping[str, str], path: Path, faults: list[ConfigFault]) -> Any:
    text = environment.get(name)
    if text is None:
        faults.append(
            ConfigFault(
                path,
                "environment",
                f"The environment variable {name!r}, which {path_text(path)} reads, is not set. You have attempted"
                f' to fetch the environment variable "{name}" which is not set.',
            )
        )
        return None
    reader, article = _READERS.get(spec.kind, (str, "text"))
    try:
        return reader(text)
    except ValueError:
        faults.append(
            ConfigFault(
                path,
                "environment",
                f'Value stored in env variable "{name}" cannot be coerced into {article}, which'
                f" {path_text(path)} needs.",
            )
        )
        return None
