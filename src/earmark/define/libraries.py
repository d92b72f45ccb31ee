"""Libraries that are made for the API: which there are, and their versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from earmark.values.version import __version__


class DagsterLibraryRegistry:
    """Which libraries for the API this process has loaded; each registers itself when it is imported.

    Example:
        >>> DagsterLibraryRegistry.register("shop-resources", "2.1", is_dagster_package=False)
        >>> DagsterLibraryRegistry.get()["shop-resources"]
        '2.1'
    """

    _versions: ClassVar[dict[str, str]] = {"earmark": __version__}

    @classmethod
    def register(cls, name: str, version: str, *, is_dagster_package: bool = True) -> None:
        """Add a library.

        Args:
            name: Its name.
            version: Its version.
            is_dagster_package: Whether it is released with Dagster, in step with its version; both kinds are listed.
        """
        cls._versions[name] = version

    @classmethod
    def get(cls) -> Mapping[str, str]:
        """Return the version of each library by its name."""
        return dict(cls._versions)
