"""The tables of the store, for SQLite and PostgreSQL alike.

This module describes; nothing imports it while Earmark works. ``python -m earmark.store.tables`` writes the statements
that make a new store into ``schema/``, which is what :mod:`earmark.store.open` runs: opening a store then needs neither
SQLAlchemy nor Alembic, which take longer to import than the store takes to open.

Instants are microseconds. ``seq`` is the dense number of a run inside the store; ids for people are text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

metadata = MetaData()

Big = BigInteger().with_variant(Integer(), "sqlite")
Words = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts and compares by its bytes, whatever the locale of the database."""


def _table(name: str, *columns: Any, **options: Any) -> Table:
    return Table(name, metadata, *columns, **options)


def _clustered(name: str, *columns: Any) -> Table:
    """A table whose rows lie in the order of its primary key; on PostgreSQL the key's index is all there is to read."""
    return _table(name, *columns, sqlite_with_rowid=False)


counter = _table("counter", Column("name", Words, primary_key=True), Column("value", Big, nullable=False))
"""Numbers given out so far. Its row for runs is locked until commit, so runs are numbered in commit order."""

run = _table(
    "run",
    Column("seq", Big, primary_key=True, autoincrement=False),
    Column("id", Words, nullable=False, unique=True),
    Column("job_name", Words, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("priority", Big, nullable=False),
    Column("created_at", Big, nullable=False),
    Column("queued_at", Big),
    Column("starting_at", Big),
    Column("started_at", Big),
    Column("ended_at", Big),
    Column("launch_token", Words),
    Column("launch_attempt", Integer, nullable=False),
    Column("failure_reason", Words),
    Column("failure_message", LargeBinary),
    Column("steps_succeeded", Integer, nullable=False),
    Column("steps_failed", Integer, nullable=False),
    Column("steps_skipped", Integer, nullable=False),
    Index("run_by_status", "status", "seq"),
    Index("run_by_creation", "created_at", "seq"),
    Index(
        "run_in_queue",
        text("priority DESC"),
        "seq",
        sqlite_where=text("status = 1"),
        postgresql_where=text("status = 1"),
    ),
    postgresql_with={"fillfactor": "80"},
)
"""The part of a run that its events change, kept narrow because it is rewritten with every step."""

run_request = _table(
    "run_request",
    Column("seq", Big, primary_key=True, autoincrement=False),
    Column("labels", LargeBinary, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("tags", LargeBinary, nullable=False),
    Column("origins", LargeBinary, nullable=False),
)
"""The part of a run that was asked for, its tags, and the numbers of its labels (little-endian, four bytes each): the
truth that segments are made from. They stand first, because SQLite reads all that stands before a column."""

run_lease = _table(
    "run_lease",
    Column("run_seq", Big, primary_key=True, autoincrement=False),
    Column("holder", Words, nullable=False),
    Column("expires_at", Big, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("run_lease_by_expiry", "expires_at"),
)
"""Which worker holds a run and until when; gone when the run has ended."""

label = _clustered(
    "label",
    Column("kind", SmallInteger, primary_key=True, autoincrement=False),
    Column("key", Words, primary_key=True),
    Column("sought", Words, primary_key=True),
    Column("value", Words),
    Column("id", Big, nullable=False),
)
"""The dictionary of tags, and of what else runs are found by: see ``labels.py``. A value that ``sought`` does not hold
whole is in ``value``."""

run_segment = _table(
    "run_segment",
    Column("first", Big, primary_key=True, autoincrement=False),
    Column("size", Big, nullable=False),
    Column("place", Big, nullable=False),
    Column("common", LargeBinary, nullable=False),
    Column("rare", LargeBinary, nullable=False),
    Column("gone", LargeBinary, nullable=False),
    Column("created", LargeBinary, nullable=False),
    Column("unended", LargeBinary),
)
"""Stretches of runs of which ``run_block`` says who carries which label: see ``query/segments.py``. ``created`` has the
earliest and the latest creation of each 1,024 numbers."""

run_block = _table(
    "run_block",
    Column("key", Big, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)
"""The parts of segments: of a label its runs, compressed, or of several labels pairs of a label and a run."""

run_touched = _table(
    "run_touched",
    Column("seq", Big, primary_key=True, autoincrement=False),
    Column("stamp", Big, nullable=False),
    Column("labels", LargeBinary),
)
"""Runs whose labels have changed since a segment took them in: the number of the change, and the labels as they are
now; none of a run that has gone."""

event = _table(
    "event",
    Column("id", Big, primary_key=True, autoincrement=False),
    Column("run_seq", Big),
    Column("timestamp", Big, nullable=False),
    Column("kind", Words, nullable=False),
    Column("step_key", Words),
    Column("asset_id", Big),
    Column("partition", Words),
    Column("topic", SmallInteger),
    Column("late", SmallInteger, nullable=False),
    Column("fact", LargeBinary, nullable=False),
    Index("event_of_run", "run_seq", "id"),
    Index(
        "event_of_asset",
        "asset_id",
        "id",
        sqlite_where=text("asset_id IS NOT NULL"),
        postgresql_where=text("asset_id IS NOT NULL"),
    ),
    Index(
        "event_of_topic",
        "topic",
        "id",
        sqlite_where=text("topic IS NOT NULL"),
        postgresql_where=text("topic IS NOT NULL"),
    ),
)
"""The log. ``topic`` marks what loops follow across runs: 1 for moves and tags of runs, 2 for facts about assets."""

asset = _table(
    "asset",
    Column("id", Big, primary_key=True, autoincrement=False),
    Column("key", Words, nullable=False, unique=True),
    Column("materialized_id", Big),
    Column("materialized_at", Big),
    Column("materialization", LargeBinary),
    Column("observed_id", Big),
    Column("observation", LargeBinary),
    Column("planned_id", Big),
    Column("planned_run", Big),
    Column("failed_id", Big),
    Column("failure", LargeBinary),
    Column("wiped_id", Big),
    Column("data_version", Words),
    Column("changed_id", Big),
    Index(
        "asset_by_plan",
        "planned_run",
        sqlite_where=text("planned_run IS NOT NULL"),
        postgresql_where=text("planned_run IS NOT NULL"),
    ),
)
"""The latest of each kind of event of an asset, with the events themselves: they outlive the runs they came from."""

asset_partition = _clustered(
    "asset_partition",
    Column("asset_id", Big, primary_key=True, autoincrement=False),
    Column("partition", Words, primary_key=True),
    Column("materialized_id", Big),
    Column("materialized_at", Big),
    Column("materialized_run", Words),
    Column("data_version", Words),
    Column("planned_id", Big),
    Column("planned_run", Big),
    Column("failed_id", Big),
    Column("changed_id", Big),
    Column("code_version", Words),
    Index(
        "asset_partition_by_plan",
        "planned_run",
        sqlite_where=text("planned_run IS NOT NULL"),
        postgresql_where=text("planned_run IS NOT NULL"),
    ),
)
"""What is known of each partition of an asset; its status follows from which of the three ids is the greatest.

``changed_id`` is the event since which its data is of its present version: written again with the same, it stays.
"""

asset_check = _clustered(
    "asset_check",
    Column("asset_id", Big, primary_key=True, autoincrement=False),
    Column("name", Words, primary_key=True),
    Column("evaluated_id", Big),
    Column("evaluation", LargeBinary),
    Column("planned_id", Big),
    Column("planned_run", Big),
    Index(
        "asset_check_by_plan",
        "planned_run",
        sqlite_where=text("planned_run IS NOT NULL"),
        postgresql_where=text("planned_run IS NOT NULL"),
    ),
)
"""The latest evaluation of each check."""

lease = _table(
    "lease",
    Column("name", Words, primary_key=True),
    Column("holder", Words),
    Column("epoch", Big, nullable=False),
    Column("expires_at", Big, nullable=False),
)
"""Who leads. ``epoch`` grows with every change of holder and never shrinks."""

slot = _table(
    "slot",
    Column("pool", Words, primary_key=True),
    Column("run_id", Words, primary_key=True),
    Column("step_key", Words, primary_key=True),
    Column("priority", Big, nullable=False),
    Column("asked_at", Big, nullable=False),
    Column("granted_at", Big),
    Column("expires_at", Big, nullable=False),
    Index("slot_of_run", "run_id"),
)
"""Slots of pools: taken (``granted_at``) and asked for. A lease each, so that none can leak."""

setting = _table(
    "setting",
    Column("key", Words, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("author", Words, nullable=False),
    Column("changed_at", Big, nullable=False),
)
"""Settings that change while Earmark works: limits, pools, pauses."""

setting_change = _table(
    "setting_change",
    Column("id", Big, primary_key=True, autoincrement=False),
    Column("key", Words, nullable=False),
    Column("before", LargeBinary),
    Column("after", LargeBinary),
    Column("author", Words, nullable=False),
    Column("changed_at", Big, nullable=False),
    Index("setting_change_by_key", "key", "id"),
)
"""Who changed which setting, when, from what to what."""

dynamic_partition = _table(
    "dynamic_partition",
    Column("id", Big, primary_key=True, autoincrement=False),
    Column("definition", Words, nullable=False),
    Column("partition", Words, nullable=False),
    Column("added_at", Big, nullable=False),
    UniqueConstraint("definition", "partition"),
)
"""The keys of dynamic partitions, in the order they were added."""

instigator = _table(
    "instigator",
    Column("id", Words, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("location", Words, nullable=False),
    Column("status", Words, nullable=False),
    Column("cursor", Words),
    Column("data", LargeBinary, nullable=False),
    Column("changed_at", Big, nullable=False),
)
"""Schedules, sensors and conditions: whether they are on, and how far they have come."""

tick = _table(
    "tick",
    Column("id", Words, primary_key=True),
    Column("instigator", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("due_at", Big),
    Column("status", Words, nullable=False),
    Column("created_at", Big, nullable=False),
    Column("ended_at", Big),
    Column("data", LargeBinary, nullable=False),
    UniqueConstraint("instigator", "due_at"),
    Index("tick_of_instigator", "instigator", "created_at"),
    Index("tick_by_status", "status", "created_at"),
)
"""Evaluations of schedules, sensors and conditions; one per instigator and due instant."""

backfill = _table(
    "backfill",
    Column("id", Words, primary_key=True),
    Column("status", Words, nullable=False),
    Column("created_at", Big, nullable=False),
    Column("ended_at", Big),
    Column("version", Big, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("backfill_by_status", "status", "created_at"),
)
"""Backfills and how far they have come; ``version`` grows with each change, so that none overwrites another."""

plan = _table(
    "plan",
    Column("hash", Words, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("stored_at", Big, nullable=False),
)
"""Plans of runs, each stored once under the hash of its content."""

manifest = _table(
    "manifest",
    Column("location", Words, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("loaded_at", Big, nullable=False),
)
"""The last good manifest of each code location."""

entry = _table(
    "entry",
    Column("space", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("changed_at", Big, nullable=False),
)
"""Small values by name: cursors of loops, saved views, what an installation remembers of itself."""

access_token = _table(
    "access_token",
    Column("id", Words, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("owner", Words, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("created_at", Big, nullable=False),
    Column("expires_at", Big),
    Column("data", LargeBinary, nullable=False),
    Index("access_token_by_owner", "owner"),
)
"""Tokens and sessions, by the digest of their secret."""

audit = _table(
    "audit",
    Column("id", Big, primary_key=True, autoincrement=False),
    Column("at", Big, nullable=False),
    Column("author", Words, nullable=False),
    Column("action", Words, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("audit_by_time", "at"),
)
"""Who did what through the command line, the API and the UI."""

POSTGRES_EXTRAS = (
    "CREATE SEQUENCE event_number AS bigint",
    # A number is handed out before its transaction commits, so readers across runs follow (xid, id): see sql/events.py.
    "ALTER TABLE event ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id()",
    "CREATE INDEX event_by_commit ON event (xid, id)",
    "CREATE INDEX event_of_topic_by_commit ON event (topic, xid, id) WHERE topic IS NOT NULL",
    # Blocks are compressed sets: they are kept as they are, and beside their keys if a page holds them.
    "ALTER TABLE run_block ALTER COLUMN data SET STORAGE EXTERNAL",
    "ALTER TABLE run_block SET (toast_tuple_target = 8160)",
)
"""What PostgreSQL needs besides, because its transactions commit out of order, and because it has pages."""

FIRST_ROWS = (
    "INSERT INTO counter (name, value) VALUES ('run', 0), ('event', 0), ('label', 0), ('asset', 0), "
    "('run_segment', 0), ('setting_change', 0), ('dynamic_partition', 0), ('audit', 0)",
)


def statements(dialect: str) -> list[str]:
    """Return the statements that make an empty store on ``sqlite`` or ``postgresql``."""
    target: Any = sqlite.dialect() if dialect == "sqlite" else postgresql.dialect()  # type: ignore[no-untyped-call]
    made: list[str] = []
    for table in metadata.tables.values():
        made.append(str(CreateTable(table).compile(dialect=target)).strip())
        made.extend(
            str(CreateIndex(index).compile(dialect=target)).strip()
            for index in sorted(table.indexes, key=lambda one: str(one.name))
        )
    if dialect == "postgresql":
        made.extend(POSTGRES_EXTRAS)
    made.extend(FIRST_ROWS)
    return ["\n".join(line.rstrip() for line in statement.replace("\t", "  ").splitlines()) for statement in made]


def schema_file(dialect: str) -> Path:
    """Return where the statements of a dialect are kept."""
    return Path(__file__).parent / "schema" / f"{dialect}.sql"


def schema_text(dialect: str) -> str:
    """Return the statements of a dialect as the text of their file."""
    head = "-- Written by `python -m earmark.store.tables` from tables.py; a test compares the two.\n\n"
    return head + ";\n\n".join(statements(dialect)) + ";\n"


if __name__ == "__main__":
    for name in ("sqlite", "postgresql"):
        schema_file(name).write_text(schema_text(name))
