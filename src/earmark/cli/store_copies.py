"""``earmark store backup``, ``verify`` and ``restore``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from earmark.cli import options
from earmark.values.errors import StoreError

if TYPE_CHECKING:
    from earmark.store.ports import Store


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The copy to write; it must not be there yet.")],
) -> None:
    """Write a copy of an SQLite store, while runs go on. PostgreSQL has pg_dump for that."""
    from earmark.cli.terminal import out
    from earmark.store.sqlite.copies import back_up

    source = _store_file(f"pg_dump --schema=earmark --format=custom --file={file} ADDRESS")
    size = back_up(source, file)
    out().print(f"{source} is copied to {file}, {size / 1e6:,.1f} MB.")


def verify(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A copy; the store of the home without.", show_default=False)
    ] = None,
    runs: Annotated[
        int, typer.Option("--runs", metavar="N", min=0, help="Of how many of the newest runs the log is replayed.")
    ] = 1_000,
) -> None:
    """Look a store over: whether the file is sound, and the state of each run what its log says."""
    from earmark.cli.hosting import open_home
    from earmark.cli.terminal import count, out
    from earmark.store.open import open_store
    from earmark.store.sqlite.copies import faults_of_file
    from earmark.store.verify import faults_of_runs
    from earmark.system import clock

    if file is None:
        _, _, store = open_home(quiet=True)
        path = _path_of(store)
    else:
        path = file
        _refuse_if(faults_of_file(file), file)
        _require_current(file)
        store = open_store(f"sqlite:///{file.resolve()}", clock=clock.now, create=False)
    try:
        if file is None and path is not None:
            _refuse_if(faults_of_file(path), path)
        _refuse_if(list(faults_of_runs(store, runs)), path or store.url)
        number = store.runs.count()
    finally:
        store.close()
    looked = f"the logs of the newest {min(runs, number):,} say the same" if number else "there is nothing to replay"
    out().print(f"{path or store.url} is sound: {count(number, 'run')}; {looked}.")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A copy that `earmark store backup` has written.")],
    yes: options.Yes = False,
) -> None:
    """Put a copy in the place of the home's SQLite store; the present one is kept aside. Stop servers first."""
    import time

    from earmark.cli.terminal import out
    from earmark.daemon.host import lock_home
    from earmark.store.sqlite.copies import faults_of_file, put_back

    place = _store_file(f"pg_restore --clean --if-exists --dbname=ADDRESS {file}")
    _refuse_if(faults_of_file(file), file)
    aside = place.with_name(f"{place.name}.before-{time.strftime('%Y%m%d-%H%M%S')}")
    if not yes:
        out().print(f"{file} is sound. It would be put at {place}; add --yes to do it.")
        return
    with lock_home(place.parent):
        put_back(file, place, aside)
    kept = f"; what was there is {aside} now" if aside.exists() else ""
    out().print(f"{file} is put at {place}{kept}.")


def _store_file(instead: str) -> Path:
    """Return the file of the home's store.

    Raises:
        StoreError: It lies in PostgreSQL, whose own commands do this.
    """
    from earmark.store.open import FILE_NAME, POSTGRES_SCHEMES
    from earmark.system.home import find_home
    from earmark.system.settings import read_settings

    home = find_home()
    storage = read_settings(home).storage or ""
    if storage.startswith(POSTGRES_SCHEMES):
        raise StoreError(
            f"The store lies in PostgreSQL ({without_password(storage)}), which has commands of its own for that.",
            hint=f"Run `{instead}`.",
        )
    return Path(storage.removeprefix("sqlite:///")) if storage else home.path / FILE_NAME


def _path_of(store: Store) -> Path | None:
    return Path(store.url.removeprefix("sqlite:///")) if store.url.startswith("sqlite:///") else None


def _require_current(file: Path) -> None:
    """Refuse a copy of another version: looking it over must not bring it up to date."""
    import sqlite3
    from contextlib import closing

    from earmark.store.version import CURRENT

    with closing(sqlite3.connect(file)) as connection:
        (version,) = connection.execute("SELECT version_num FROM schema_version").fetchone()
    if version != CURRENT:
        raise StoreError(
            f"The file {file} is sound, and of version {version}; this Earmark replays the logs of {CURRENT} only.",
            hint="Restoring it brings it up to date, unless it is of a newer Earmark.",
        )


def _refuse_if(faults: list[str], what: object) -> None:
    if faults:
        told = "\n".join(f"  {fault}" for fault in faults[:20])
        raise StoreError(f"{what} is not sound:\n{told}", hint="Restore a copy: `earmark store restore FILE`.")


def without_password(url: str) -> str:
    """Return a store's address without the password in it.

    Example:
        >>> without_password("postgresql://me:secret@db/earmark")
        'postgresql://me@db/earmark'
    """
    scheme, mark, rest = url.partition("://")
    credentials, at, host = rest.rpartition("@")
    if not (mark and at):
        return url
    return f"{scheme}://{credentials.partition(':')[0]}@{host}"
