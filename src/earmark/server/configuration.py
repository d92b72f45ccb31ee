"""The configuration of an instance as pages show it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from earmark.server.pages import Pages
from earmark.system.settings import Settings
from earmark.views.shapes.deployment import InstanceConfig, SettingRow

_SECRET = re.compile(r"((?:password|secret|token|credential|[a-z0-9][_-]?key)s?)\s*[=:]\s*\S.*", re.IGNORECASE)
_ADDRESS = re.compile(r"(\w+://[^\s:/@\"']+):[^\s@\"']+@")
_NOT_SETTINGS = frozenset(("sources", "warnings"))
_LONGEST = 20_000


def instance_config(pages: Pages) -> InstanceConfig:
    """Return the configuration with what holds of it, secrets masked."""
    settings = pages.options.settings
    file = settings.sources[0] if settings.sources else None
    return InstanceConfig(
        home=str(pages.options.home),
        store=masked_address(pages.store.url),
        file=None if file is None else str(file),
        text=_text(file),
        settings=list(_rows(pages)),
        queue_paused=pages.is_paused(),
    )


def _text(file: Path | None) -> str:
    if file is None or not file.is_file():
        return ""
    return masked(file.read_text(encoding="utf-8", errors="replace")[:_LONGEST])


def masked(text: str) -> str:
    """Return the text of a settings file without passwords.

    Example:
        >>> masked('storage = "postgresql://me:hidden@db/x"')
        'storage = "postgresql://me:***@db/x"'
    """
    lines = []
    for line in text.splitlines():
        found = _SECRET.search(line)
        kept = line if found is None else f"{line[: found.start(1)]}{found.group(1)} = ***"
        lines.append(_ADDRESS.sub(r"\1:***@", kept))
    return "\n".join(lines) + ("\n" if text.endswith("\n") else "")


def masked_address(address: str) -> str:
    """Return the address of a store without its password."""
    parts = urlsplit(address)
    if parts.password is None:
        return address
    place = f"{parts.username}:***@{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    return urlunsplit(parts._replace(netloc=place))


def _rows(pages: Pages) -> Iterator[SettingRow]:
    settings, usual = pages.options.settings, Settings()
    source = str(settings.sources[0].name) if settings.sources else "default"
    policy, pools = pages.rules.policy(), pages.rules.pools()
    for name in Settings.__struct_fields__:
        if name in _NOT_SETTINGS:
            continue
        value = {"queue": policy, "pools": pools}.get(name, getattr(settings, name))
        default = getattr(usual, name)
        for path, one, other in _leaves(name, _data(value), _data(default)):
            shown = masked_address(one) if isinstance(one, str) and "://" in one else one
            yield SettingRow(
                key=path,
                value=_shown(shown),
                default=None if other is None else _shown(other),
                source="default" if one == other else "edited" if value != getattr(settings, name) else source,
                description="",
            )


def _data(value: Any) -> Any:
    return msgspec.to_builtins(value, enc_hook=str, str_keys=True)


def _leaves(path: str, value: Any, default: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(value, dict) and value:
        for name, one in value.items():
            other = default.get(name) if isinstance(default, dict) else None
            yield from _leaves(f"{path}.{name}", one, other)
        return
    yield path, value, default


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
