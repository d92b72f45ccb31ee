"""Files that ops hand to each other by reference: written and read through a resource."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from earmark.define.config.schema import Field
from earmark.define.resources.resource_context import InitResourceContext
from earmark.define.resources.resource_definition import ResourceDefinition
from earmark.values.errors import DagsterInvariantViolationError


class FileHandle(ABC):
    """A reference to a file, wherever it lies; a file manager gives and takes it.

    Example:
        >>> class InBucket(FileHandle):
        ...     @property
        ...     def path_desc(self):
        ...         return "bucket/orders.csv"
        >>> InBucket().path_desc
        'bucket/orders.csv'
    """

    @property
    @abstractmethod
    def path_desc(self) -> str:
        """Where the file lies, for people."""


class LocalFileHandle(FileHandle):
    """A reference to a file of this machine.

    Args:
        path: Where it lies.

    Example:
        >>> LocalFileHandle("/data/orders.csv").path_desc
        '/data/orders.csv'
    """

    def __init__(self, path: str) -> None:
        self._path = str(path)

    @property
    def path(self) -> str:
        """Where it lies."""
        return self._path

    @property
    def path_desc(self) -> str:
        """Where it lies, for people."""
        return self._path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LocalFileHandle) and other._path == self._path

    def __hash__(self) -> int:
        return hash(self._path)

    def __repr__(self) -> str:
        return f"LocalFileHandle({self._path!r})"


class LocalFileManager:
    """Keeps files in a folder of this machine.

    Args:
        base_dir: The folder; it is made when the first file is written.
    """

    def __init__(self, base_dir: str) -> None:
        self.base_dir = base_dir
        self._copies: list[Path] = []

    def ensure_base_dir_exists(self) -> None:
        """Make the folder, if it is not there."""
        Path(self.base_dir).mkdir(parents=True, exist_ok=True)

    def write(
        self, file_obj: IO[Any], mode: str = "wb", ext: str | None = None, key: str | None = None
    ) -> LocalFileHandle:
        """Keep what is still to be read of a file object.

        Args:
            file_obj: It must be open for reading, as text or bytes as ``mode`` says.
            mode: ``wb`` or ``w``.
            ext: What the file's name ends with.
            key: Its name without the ending; one of its own if not given.

        Raises:
            DagsterInvariantViolationError: The mode is another, or the key leads out of the folder.
        """
        if mode not in ("w", "wb"):
            raise DagsterInvariantViolationError(f"A file is written by the mode 'w' or 'wb', not {mode!r}.")
        path = self._path_for(key, ext)
        with path.open(mode, encoding=None if "b" in mode else "utf-8") as target:
            shutil.copyfileobj(file_obj, target)
        return LocalFileHandle(str(path))

    def write_data(self, data: bytes, ext: str | None = None, key: str | None = None) -> LocalFileHandle:
        """Keep bytes; arguments as :meth:`write`."""
        path = self._path_for(key, ext)
        path.write_bytes(data)
        return LocalFileHandle(str(path))

    def read(self, file_handle: LocalFileHandle, mode: str = "rb") -> IO[Any]:
        """Open a file for reading, as ``rb`` or ``r`` says: close it, or use it as a context manager."""
        if mode not in ("r", "rb"):
            raise DagsterInvariantViolationError(f"A file is read by the mode 'r' or 'rb', not {mode!r}.")
        return Path(file_handle.path).open(mode, encoding=None if "b" in mode else "utf-8")

    def read_data(self, file_handle: LocalFileHandle) -> bytes:
        """Return what a file holds."""
        return Path(file_handle.path).read_bytes()

    def copy_handle_to_local_temp(self, file_handle: LocalFileHandle) -> str:
        """Copy a file to a temporary one and return its path; :meth:`delete_local_temp` removes it."""
        with tempfile.NamedTemporaryFile(prefix="file-", delete=False) as target, self.read(file_handle) as source:
            shutil.copyfileobj(source, target)
        self._copies.append(Path(target.name))
        return target.name

    def delete_local_temp(self) -> None:
        """Remove the copies that were made."""
        while self._copies:
            self._copies.pop().unlink(missing_ok=True)

    def _path_for(self, key: str | None, ext: str | None) -> Path:
        ending = "" if not ext else ext if ext.startswith(".") else f".{ext}"
        base = Path(self.base_dir)
        path = base / f"{key or uuid.uuid4()}{ending}"
        if not path.resolve().is_relative_to(base.resolve()):
            raise DagsterInvariantViolationError(f"The key {key!r} leads out of the folder {self.base_dir}.")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def _local_files(context: InitResourceContext) -> Iterator[LocalFileManager]:
    folder = (context.resource_config or {}).get("base_dir")
    if folder is None:
        if context.instance is None:
            raise DagsterInvariantViolationError("Outside a run, local_file_manager needs a base_dir.")
        folder = str(Path(context.instance.storage_directory()) / "file_manager")
    manager = LocalFileManager(folder)
    try:
        yield manager
    finally:
        manager.delete_local_temp()


local_file_manager = ResourceDefinition(
    _local_files, {"base_dir": Field(str, is_required=False)}, "Files in a folder of this machine."
)
"""Files in a folder of this machine: ``local_file_manager.configured({"base_dir": "/data/files"})``."""
