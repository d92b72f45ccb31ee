"""Places below a folder of definitions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ComponentPath:
    """A file or folder, and which of the components in it.

    Args:
        file_path: The file or folder; absolute.
        instance_key: The position of a document in a YAML file, or the name of a function in a Python one.
    """

    file_path: Path
    instance_key: int | str | None = None

    def __str__(self) -> str:
        return str(self.file_path) if self.instance_key is None else f"{self.file_path}[{self.instance_key}]"


Locatable = Path | str | ComponentPath
"""What names a place: a path from the folder of definitions, an absolute one, or a :class:`ComponentPath`."""
