"""Opening a store: made, found again, brought up to date, refused with the words that help."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from earmark.events.assets import AssetMaterialization
from earmark.events.envelope import Event
from earmark.events.kinds import AssetMaterialized, Logged, RunStarted
from earmark.runs.run import DagsterRun
from earmark.store import open as opening
from earmark.store.database import Session
from earmark.store.labels import unpack
from earmark.store.migrations import upgrade
from earmark.store.open import FILE_NAME, open_store
from earmark.store.query import touched
from earmark.store.tables import schema_file, schema_text
from earmark.store.version import CURRENT, OutdatedError
from earmark.values.clock import Micros
from earmark.values.errors import StoreError
from earmark.values.keys import AssetKey

Make = Callable[..., DagsterRun]
Clock = Callable[[], int]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_statements_kept_are_those_the_tables_mean(dialect: str) -> None:
    assert schema_file(dialect).read_text() == schema_text(dialect)


def test_what_was_stored_is_there_when_opened_again(lasting_url: str, clock: Clock, make_run: Make) -> None:
    store = open_store(lasting_url, clock=clock)
    [run] = store.runs.create([make_run(tags={"team": "ml"})])
    store.close()
    again = open_store(lasting_url, clock=clock, create=False)
    assert again.runs.get(run.run_id) == run
    again.close()
    with pytest.raises(StoreError, match="closed"):
        again.runs.get(run.run_id)


def test_a_store_that_is_not_there_is_made_only_when_asked(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(StoreError, match=f"no store at {tmp_path / FILE_NAME}"):
        open_store(tmp_path, clock=clock, create=False)
    assert list(tmp_path.iterdir()) == []
    open_store(tmp_path / "deep" / "home", clock=clock).close()
    assert (tmp_path / "deep" / "home" / FILE_NAME).exists()


@pytest.mark.postgres
def test_a_database_without_a_store_is_left_alone_unless_asked(postgres_url: str, clock: Clock) -> None:
    with pytest.raises(StoreError, match="no store in postgresql://"):
        open_store(postgres_url, clock=clock, create=False)


def test_several_that_make_the_same_store_at_once_make_one(lasting_url: str, clock: Clock, make_run: Make) -> None:
    failures: list[BaseException] = []

    def make() -> None:
        try:
            store = open_store(lasting_url, clock=clock)
            store.runs.create([DagsterRun(run_id=str(threading.get_ident()), job_name="etl")])
            store.close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    store = open_store(lasting_url, clock=clock)
    assert store.runs.count() == 4
    store.close()


def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(lasting_url: str, clock: Clock) -> None:
    open_store(lasting_url, clock=clock).close()
    set_version(lasting_url, "9999")
    with pytest.raises(StoreError, match="version 9999, which this Earmark does not know") as caught:
        open_store(lasting_url, clock=clock)
    assert "pip install --upgrade earmark" in str(caught.value)
    assert version_of(lasting_url) == "9999"


@pytest.fixture
def one_revision_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package know one revision more, which adds a column."""
    scripts = tmp_path / "scripts"
    (scripts / "versions").mkdir(parents=True)
    (scripts / "env.py").write_text((upgrade.SCRIPTS / "env.py").read_text())
    (scripts / "versions" / "r1.py").write_text(f"revision = '{CURRENT}'\ndown_revision = None\ndef upgrade(): pass\n")
    (scripts / "versions" / "r2.py").write_text(
        f"import sqlalchemy as sa\nfrom alembic import op\nrevision = 'next'\ndown_revision = '{CURRENT}'\n"
        "def upgrade():\n    op.add_column('backfill', sa.Column('note', sa.Text))\n"
    )
    monkeypatch.setattr(upgrade, "SCRIPTS", scripts)


@pytest.mark.usefixtures("one_revision_more")
def test_an_older_store_on_sqlite_is_brought_up_to_date_by_itself(
    tmp_path: Path, clock: Clock, make_run: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path / "home", clock=clock)
    [run] = store.runs.create([make_run()])
    monkeypatch.setattr(opening, "CURRENT", "next")
    newer = open_store(tmp_path / "home", clock=clock)
    assert newer.runs.get(run.run_id) == run
    newer.runs.create([make_run()])
    newer.close()
    with pytest.raises(OutdatedError, match="brought to version next while this process worked with"):
        store.runs.create([make_run()])
    store.close()
    assert version_of(str(tmp_path / "home")) == "next"
    with sqlite3.connect(tmp_path / "home" / FILE_NAME) as connection:
        connection.execute("SELECT note FROM backfill")
    connection.close()


@pytest.mark.postgres
@pytest.mark.usefixtures("one_revision_more")
def test_an_older_store_on_postgres_waits_for_the_command_that_is_named(
    postgres_url: str, clock: Clock, make_run: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from earmark.store.postgres import open as opening_postgres

    older = open_store(postgres_url, clock=clock)
    monkeypatch.setattr(opening_postgres, "CURRENT", "next")
    with pytest.raises(StoreError, match="earmark store upgrade"):
        open_store(postgres_url, clock=clock)

    upgraded = threading.Thread(target=upgrade.upgrade, args=(postgres_url,))

    def work() -> DagsterRun:
        [run] = older.runs.create([make_run()])
        upgraded.start()
        upgraded.join(0.5)
        assert upgraded.is_alive(), "nothing changes under a transaction"
        return run

    run = older.transact(work)
    upgraded.join(20)
    assert version_of(postgres_url) == "next"
    with pytest.raises(OutdatedError, match="brought to version next while this process worked with"):
        older.runs.create([make_run()])
    older.close()
    newer = open_store(postgres_url, clock=clock)
    assert newer.runs.get(run.run_id) == run
    newer.close()


def test_the_revisions_make_what_a_new_store_has(lasting_url: str, tmp_path: Path, clock: Clock) -> None:
    upgraded = lasting_url
    if "://" not in lasting_url:
        Path(lasting_url).mkdir()
        upgrade.upgrade(f"sqlite:///{Path(lasting_url) / FILE_NAME}")
    else:
        upgrade.upgrade(lasting_url)
    store = open_store(upgraded, clock=clock, create=False)
    store.runs.create([DagsterRun(run_id="one", job_name="etl")], [RunStarted()])
    assert len(store.events.of_run("one")) == 1
    store.close()
    if "://" not in lasting_url:
        open_store(tmp_path / "made", clock=clock).close()
        assert tables_of(Path(lasting_url)) == tables_of(tmp_path / "made")


OLD_TABLES = ("run_label", "run_bitmap", "run_chunk")
NEW_COLUMNS = (("asset", "data_version", "changed_id"), ("asset_partition", "changed_id", "code_version"))


def take_back(where: str) -> None:
    """Make of a store one of the first version, in which a row said of each run by what it is found."""
    store = open_store(where, clock=lambda: Micros(0), create=False)
    file = Path(upgrade.__file__).parent / "versions" / f"0001_{store.dialect}.sql"
    made = [text for text in file.read_text().split(";\n") if any(f"TABLE {name} " in text for name in OLD_TABLES)]
    assert len(made) == len(OLD_TABLES)

    def work(tx: Session) -> None:
        labels = [
            (label, seq) for seq, packed in tx.all("SELECT seq, labels FROM run_request") for label in unpack(packed)
        ]
        for table in ("run_segment", "run_block", "run_touched"):
            tx.run(f"DROP TABLE {table}")
        tx.run("DELETE FROM counter WHERE name = 'run_segment'")
        for statement in made:
            tx.run(statement)
        tx.insert("run_label", "label_id, run_seq", sorted(labels))
        for table, *columns in NEW_COLUMNS:
            for column in columns:
                tx.run(f"ALTER TABLE {table} DROP COLUMN {column}")

    store._database.write(work)  # type: ignore[attr-defined]
    store.close()
    set_version(where, "0001")


def test_a_store_of_the_first_version_finds_the_same_runs_when_it_is_brought_up_to_date(
    lasting_url: str, clock: Clock, make_run: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(touched, "BASE_BITS", 3)
    store = open_store(lasting_url, clock=clock)
    store.runs.create([make_run(tags={"team": "ml" if number % 3 else "de"}) for number in range(100)])
    before = store.runs.find("tag:team=ml", limit=100)
    rates = AssetKey("rates")
    store.runs.report([Event(AssetMaterialized(AssetMaterialization(rates, partition="monday")), clock())])
    [written] = store.assets.partitions(rates)
    store.close()
    take_back(lasting_url)
    if "://" in lasting_url:
        with pytest.raises(StoreError, match="version 0001"):
            open_store(lasting_url, clock=clock)
        upgrade.upgrade(lasting_url)
    store = open_store(lasting_url, clock=clock)
    assert store.runs.find("tag:team=ml", limit=100) == before
    assert store.runs.count("tag:team=de") == 34
    assert store.assets.partitions(rates) == [written], "it has changed when it was last written"
    assert store.assets.get(rates).changed_id == written.event_id
    # SQLite's is sealed too; on PostgreSQL the command does it.
    assert store.runs.seal() == (13 if "://" in lasting_url else 0)
    assert store.runs.find("tag:team=ml", limit=100) == before
    store.close()


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match=str(tmp_path / "file")):
        open_store(tmp_path / "file" / "home", clock=clock)


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root to become somebody who may not write")
def test_a_read_only_store_is_named_and_what_to_do_is_said(tmp_path: Path, clock: Clock) -> None:
    open_store(tmp_path / "home", clock=clock).close()
    for folder in (tmp_path, *list(tmp_path.parents)[:3]):
        folder.chmod(0o755)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        try:
            open_store(tmp_path / "home", clock=clock)
            said = "opened"
        except StoreError as error:
            said = str(error)
        os.write(writer, said.encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    said = os.read(reader, 10_000).decode()
    os.close(reader)
    assert f"cannot be written at {tmp_path / 'home' / FILE_NAME}" in said
    assert "EARMARK_HOME" in said


def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / FILE_NAME).write_text("a shopping list, rather longer than the header of a database " * 20)
    with pytest.raises(StoreError, match="is not a store, or is damaged"):
        open_store(tmp_path, clock=clock)
    assert (tmp_path / FILE_NAME).read_text().startswith("a shopping list")


def test_a_full_disk_is_named_and_nothing_acknowledged_is_lost(tmp_path: Path, clock: Clock, make_run: Make) -> None:
    store = open_store(tmp_path, clock=clock, max_pages=200)
    [run] = store.runs.create([make_run()], [RunStarted()])
    acknowledged = 1
    with pytest.raises(StoreError, match="no space left") as caught:
        while True:
            store.runs.record(run.run_id, [Event(Logged(20, "x" * 3_000), clock()), Event(Logged(20, "y"), clock())])
            acknowledged += 2
    assert str(tmp_path / FILE_NAME) in str(caught.value)
    assert len(store.events.of_run(run.run_id, limit=10_000)) == acknowledged > 10
    store.close()
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_opening_a_store_imports_neither_sqlalchemy_nor_alembic_nor_the_driver_of_another(
    tmp_path: Path, clock: Clock
) -> None:
    open_store(tmp_path, clock=clock).close()
    script = (
        "import sys; from earmark.store.open import open_store; from earmark.runs.run import DagsterRun\n"
        f"store = open_store({str(tmp_path)!r}, clock=lambda: 1)\n"
        "store.runs.create([DagsterRun(run_id='r', job_name='j')])\n"
        "print([name for name in ('sqlalchemy', 'alembic', 'psycopg', 'pyroaring', 'lark') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def set_version(url: str, version: str) -> None:
    _on(url, f"UPDATE schema_version SET version_num = '{version}'")


def version_of(url: str) -> str:
    return str(_on(url, "SELECT version_num FROM schema_version")[0][0])


def _on(url: str, statement: str) -> list[tuple[object, ...]]:
    if "://" in url:
        import psycopg

        with psycopg.connect(url, autocommit=True, options="-c search_path=earmark") as server:
            cursor = server.execute(statement)
            return cursor.fetchall() if cursor.description else []
    connection = sqlite3.connect(Path(url) / FILE_NAME, isolation_level=None)
    rows = connection.execute(statement).fetchall()
    connection.close()
    return rows


def tables_of(home: Path) -> list[tuple[object, ...]]:
    wanted = (
        "SELECT type, name, tbl_name FROM sqlite_master WHERE name != 'sqlite_autoindex_schema_version_1' ORDER BY name"
    )
    return _on(str(home), wanted)


def test_the_address_of_a_store_opens_it_elsewhere_with_the_same_durability_and_size(
    tmp_path: Path, clock: Clock
) -> None:
    store = open_store(tmp_path / "what? a home", clock=clock, durability="full", max_pages=500)
    assert store.url == f"sqlite:///{tmp_path}/what? a home/earmark.db"
    again = open_store(store.address, clock=clock, create=False)
    assert again.address == store.address
    assert again.url == store.url
    store.settings.set("key", 1)
    assert again.settings.get("key") is not None
    with pytest.raises(StoreError, match="no space left"):
        again.settings.set("large", "x" * 4_000_000)
    store.close()
    again.close()
