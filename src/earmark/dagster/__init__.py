"""The names of Dagster's public API that Earmark has: the same objects as ``earmark.X``.

For projects written for Dagster. ``import earmark.dagster.install`` makes ``import dagster`` mean this module.

Example:
    >>> import earmark.dagster as dg
    >>> dg.asset is em.asset
    True
"""

import earmark
from earmark.dagster.names import API_NAMES, API_VERSION, NEAR
from earmark.values.errors import did_you_mean, nearest
from earmark.values.missing import missing_name

__version__ = API_VERSION

_EXPORTS: dict[str, str] = {name: module for name, module in earmark._EXPORTS.items() if name in API_NAMES}
"""The names that are supported, and where each lives."""


def __getattr__(name: str) -> object:
    if name not in _EXPORTS:
        raise missing_name(__name__, name, lambda: _no_such(name))
    found: object = getattr(earmark, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return ["__version__", *sorted(_EXPORTS)]


def not_yet() -> frozenset[str]:
    """Return the names of the API that Earmark does not have yet.

    Example:
        >>> "asset" in not_yet()
        False
    """
    return API_NAMES - _EXPORTS.keys()


def _no_such(name: str) -> str:
    if name in API_NAMES:
        near = NEAR.get(name) or _nearest_by_name(name)
        return f"Earmark does not have {name!r} of Dagster's API yet.{near}"
    if name.startswith("_"):
        return f"{name!r} is not a public name of Dagster's API; Earmark has only what is public."
    return f"Dagster's API (version {API_VERSION}) has no {name!r}.{did_you_mean(name, API_NAMES)}"


def _nearest_by_name(name: str) -> str:
    close = nearest(name, _EXPORTS)
    return f" The nearest that it has: {', '.join(close)}." if close else ""
