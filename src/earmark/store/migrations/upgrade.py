"""Runs the revisions that a store has not had yet."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

SCRIPTS = Path(__file__).parent
"""The folder that holds ``env.py`` and ``versions``."""


def is_known(version: str) -> bool:
    """Say whether ``version`` is one of the revisions that this Earmark has."""
    try:
        return ScriptDirectory(str(SCRIPTS)).get_revision(version) is not None
    except CommandError:
        return False


def upgrade(url: str, to: str = "head") -> None:
    """Run the revisions that the store at ``url`` has not had yet, each in a transaction.

    Args:
        url: ``sqlite:///path`` or ``postgresql://...``.
        to: The revision to stop at.
    """
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["url"] = url
    command.upgrade(config, to)
