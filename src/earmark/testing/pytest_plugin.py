"""The plugin that pytest loads wherever Earmark is installed.

It makes ``import dagster`` mean Earmark in projects that ask for it, by ``dagster-alias = true`` in ``[tool.earmark]``
of its ``pyproject.toml`` or by ``earmark_dagster_alias = true`` among the settings of pytest; elsewhere it does
nothing. And it has the fixture :func:`earmark_instance`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from earmark.execute.instance import DagsterInstance

_OPTION = "earmark_dagster_alias"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the setting."""
    parser.addini(_OPTION, "Whether `import dagster` means Earmark in this project's tests.", type="bool", default=None)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Set the alias before any of the project's files, its ``conftest.py`` included, is imported."""
    if not _asked_for(early_config):
        return
    from earmark.dagster.install import install

    try:
        install()
    except ImportError as error:
        raise pytest.UsageError(str(error)) from error


def _asked_for(config: Any) -> bool:
    given = config.getini(_OPTION)
    if given is not None and _OPTION in config.inicfg:
        return bool(given)
    from earmark.guest.project import wants_alias
    from earmark.values.errors import SettingsError

    try:
        return wants_alias(config.rootpath) is True
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.fixture
def earmark_instance() -> Iterator[DagsterInstance]:
    """An instance of the test's own, gone when the test ends."""
    from earmark.execute.instance import DagsterInstance

    with DagsterInstance.ephemeral() as instance:
        yield instance
