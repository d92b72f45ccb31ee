"""Copies of a store file: made while others write, looked over, put in the place of one."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from earmark.values.errors import StoreError

_BESIDE = ("", "-wal", "-shm")
"""What belongs to a store file: a journal that stays behind would be taken for that of the next file of the name."""


def back_up(source: Path, target: Path) -> int:
    """Write what a store holds at this moment into a file of its own; whoever writes meanwhile goes on.

    Args:
        source: The store file.
        target: The copy; there must be nothing yet.

    Returns:
        Its size in bytes. It is compact: without the pages that deleted runs have left.

    Raises:
        StoreError: There is a file already, or it cannot be written.
    """
    if target.exists():
        raise StoreError(f"There is a file {target} already.", hint="Name another one, or remove it.", path=str(target))
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        with closing(_open(source)) as connection:
            connection.execute("VACUUM INTO ?", (str(part),))
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.rename(target)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"{source} cannot be copied to {target}: {error}.", path=str(target)) from error
    return target.stat().st_size


def faults_of_file(path: Path) -> list[str]:
    """Return what SQLite finds wrong with a file; nothing if it is sound.

    Raises:
        StoreError: There is no such file.
    """
    if not path.is_file():
        raise StoreError(f"There is no file {path}.", path=str(path))
    try:
        with closing(_open(path)) as connection:
            said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)")]
            if said == ["ok"]:
                connection.execute("SELECT version_num FROM schema_version").fetchone()
    except sqlite3.Error as error:
        return [f"it is not a store, or is damaged: {error}"]
    return [] if said == ["ok"] else said


def put_back(copy: Path, place: Path, aside: Path) -> None:
    """Put a copy in the place of a store file that nobody has open; what was there is kept aside.

    Args:
        copy: The copy; it stays.
        place: The store file.
        aside: What the present one is called from now on, if there is one.

    Raises:
        StoreError: A file cannot be moved or written.
    """
    part = place.with_name(f"{place.name}.part")
    try:
        shutil.copyfile(copy, part)
        for end in _BESIDE:
            present = place.with_name(place.name + end)
            if present.exists():
                present.rename(aside.with_name(aside.name + end))
        part.rename(place)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"{copy} cannot be put at {place}: {error}.", path=str(place)) from error


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{path.resolve().as_posix().replace('?', '%3f').replace('#', '%23')}?mode=ro", uri=True
    )
