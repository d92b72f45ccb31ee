"""The configurable form of the IO manager that pickles to files."""

from __future__ import annotations

from typing import Any

from earmark.define.resources.configurable_io import ConfigurableIOManagerFactory
from earmark.define.resources.io import IOManager
from earmark.execute.io_managers import PickledFiles


class FilesystemIOManager(ConfigurableIOManagerFactory[IOManager]):
    """Pickles each output to a file: ``key/of/asset[/partition]``, or ``run/step/output``.

    Args:
        base_dir: The folder; the storage folder of the home if ``None``.

    Example:
        >>> FilesystemIOManager(base_dir="/data").base_dir
        '/data'
    """

    base_dir: str | None = None

    def create_io_manager(self, context: Any) -> IOManager:
        """Return the IO manager that does the work."""
        return PickledFiles(self.base_dir)
