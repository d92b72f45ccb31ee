"""Where the state of components is kept: versions of files by key, on any file system."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from upath import UPath

from earmark.system.home import find_home
from earmark.values.errors import DagsterInvariantViolationError, did_you_mean

VARIABLE = "EARMARK_DEFS_STATE"
"""Names the folder, or the address of a store (``s3://bucket/state``), of versioned state."""

_LATEST = "latest"


class UPathDefsStateStorage:
    """Versions of the state of components, as files below a folder on any file system that fsspec knows.

    Args:
        base_path: The folder.
        inst_data: Without meaning here.

    Example:
        >>> from pathlib import Path
        >>> storage = em.UPathDefsStateStorage("states")
        >>> _ = Path("tables.json").write_text('["orders"]')
        >>> storage.upload_state_from_path("shop", "v1", Path("tables.json"))
        >>> storage.set_latest_version("shop", "v1")
        >>> storage.get_latest_version("shop")
        'v1'
        >>> storage.download_state_to_path("shop", "v1", Path("copy.json"))
        >>> Path("copy.json").read_text()
        '["orders"]'
    """

    def __init__(self, base_path: Any, inst_data: Any = None) -> None:
        self._base_path = UPath(base_path)
        self.inst_data = inst_data

    @classmethod
    def get(cls) -> UPathDefsStateStorage:
        """Return the storage that ``EARMARK_DEFS_STATE`` names, else that of the home."""
        named = os.environ.get(VARIABLE)
        return cls(named if named else find_home().path / "defs_state")

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Mapping[str, Any]) -> UPathDefsStateStorage:
        """Return a storage of its configuration: ``base_path`` and ``storage_options``."""
        options = config_value.get("storage_options") or {}
        return cls(UPath(config_value["base_path"], **options), inst_data)

    @property
    def base_path(self) -> UPath:
        """The folder."""
        return self._base_path

    def upload_state_from_path(self, key: str, version: str, path: Path) -> None:
        """Keep a file as a version of the state of ``key``."""
        target = self._folder(key) / "versions" / quote(version, safe="")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(Path(path).read_bytes())

    def download_state_to_path(self, key: str, version: str, path: Path) -> None:
        """Write a version of the state of ``key`` to a file.

        Raises:
            DagsterInvariantViolationError: There is no such version.
        """
        source = self._folder(key) / "versions" / quote(version, safe="")
        if not source.exists():
            folder = source.parent
            known = [unquote(one.name) for one in folder.iterdir()] if folder.exists() else []
            raise DagsterInvariantViolationError(
                f"{self._base_path} has no version {version!r} of the state {key!r}.{did_you_mean(version, known)}"
            )
        Path(path).write_bytes(source.read_bytes())

    def get_latest_version(self, key: str) -> str | None:
        """Return the version that definitions are made of; ``None`` if there is none yet."""
        latest = self._folder(key) / _LATEST
        return latest.read_text(encoding="utf-8") if latest.exists() else None

    def set_latest_version(self, key: str, version: str | None) -> None:
        """Say which version definitions are made of; ``None``: of none."""
        latest = self._folder(key) / _LATEST
        if version is not None:
            latest.parent.mkdir(parents=True, exist_ok=True)
            latest.write_text(version, encoding="utf-8")
        elif latest.exists():
            latest.unlink()

    def list_state_keys_with_prefix(self, prefix: str) -> list[str]:
        """Return the keys that begin with a text and have a version."""
        if not self._base_path.exists():
            return []
        keys = (unquote(folder.name) for folder in self._base_path.iterdir() if (folder / _LATEST).exists())
        return sorted(key for key in keys if key.startswith(prefix))

    def get_latest_defs_state_info(self) -> Mapping[str, str]:
        """Return the version of each key that definitions are made of."""
        found = {key: self.get_latest_version(key) for key in self.list_state_keys_with_prefix("")}
        return {key: version for key, version in found.items() if version is not None}

    def _folder(self, key: str) -> UPath:
        return self._base_path / quote(key, safe="")
