"""The version of the tables that this Earmark works with."""

from __future__ import annotations

from earmark.values.errors import StoreError

CURRENT = "0004"
"""The newest revision in ``migrations/versions``."""


class OutdatedError(StoreError):
    """Another Earmark has brought the store to another version while this process had it open."""


def require_same(where: str, opened: str, version: str | None) -> None:
    """Refuse to go on with a store that is of another version than when it was opened.

    Raises:
        OutdatedError: It is.
    """
    if version == opened:
        return
    raise OutdatedError(
        f"The store {where} has been brought to version {version} while this process worked with {opened}: nothing is"
        " written to it any more.",
        hint="Start it again with the Earmark that upgraded the store; all processes on a store have to be of one.",
        store=where,
        version=version,
        current=opened,
    )


def restored_store(where: str) -> StoreError:
    """Return the error for a store whose log is numbered by another server."""
    return StoreError(
        f"The store {where} has been restored from another server: its log is ahead of this one's transactions.",
        hint="Run `earmark store upgrade` once: what is written before that, those who follow the log would not see.",
        store=where,
    )


def newer_store(where: str, version: str) -> StoreError:
    """Return the error for a store that a newer Earmark has written."""
    return StoreError(
        f"The store {where} is of version {version}, which this Earmark does not know (it works with {CURRENT}).",
        hint="Install the Earmark that wrote it, or a newer one: `pip install --upgrade earmark`.",
        store=where,
        version=version,
        current=CURRENT,
    )


def older_store(where: str, version: str, why: str = "") -> StoreError:
    """Return the error for a store that has to be brought up to date first."""
    reason = f" Bringing it up to date failed: {why}." if why else ""
    return StoreError(
        f"The store {where} is of version {version}; this Earmark works with {CURRENT}.{reason}",
        hint="Stop what uses it, and run `earmark store upgrade`.",
        store=where,
        version=version,
        current=CURRENT,
    )
