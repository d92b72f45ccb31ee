"""Which fields each kind of thing has, and of which type they are. Completion, errors and help read these tables."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from earmark.values.errors import DagsterInvariantViolationError, did_you_mean, nearest
from earmark.values.states import DagsterRunStatus, FailureReason


class FieldType(StrEnum):
    """How the values of a field are read and compared."""

    TEXT = "text"
    TAGS = "tags"
    WORDS = "words"
    NUMBER = "number"
    TIME = "time"
    DURATION = "duration"
    SEARCH = "search"


ORDERED_TYPES = frozenset({FieldType.NUMBER, FieldType.TIME, FieldType.DURATION})
"""Types whose values can be held against ``>``, ``<``, ``>=`` and ``<=``."""


class Field(msgspec.Struct, frozen=True):
    """One field of a kind of thing.

    Args:
        name: What is written before the colon.
        type: How its values are read.
        meaning: A phrase for people.
        words: Of a field of type ``words``: the words it takes.
        synonyms: Other spellings (lower case) and the word that each stands for.
    """

    name: str
    type: FieldType
    meaning: str
    words: tuple[str, ...] = ()
    synonyms: Mapping[str, str] = {}


class FieldTable(msgspec.Struct, frozen=True, eq=False):
    """The fields of one kind of thing.

    Args:
        thing: The kind's name, as in "an asset has no field ...".
        fields: Its fields by name.
        names: The field that a bare word in a selection names a thing by.
        searched: The fields in which a bare word in a filter bar is looked for, besides the tags.
        graph: Whether the things form a graph, so that ``+``, ``roots()`` and ``sinks()`` have a meaning.
    """

    thing: str
    fields: Mapping[str, Field]
    names: str
    searched: tuple[str, ...]
    graph: bool = False


_SEARCHED = ("key", "id", "name", "group", "owner", "job")


def _table(thing: str, *fields: Field, graph: bool = False) -> FieldTable:
    names = fields[0].name
    searched = tuple(field.name for field in fields if field.name in _SEARCHED)
    search = Field("text", FieldType.SEARCH, f"a word in its {', '.join((*searched, 'tags'))}")
    return FieldTable(thing, {field.name: field for field in (*fields, search)}, names, searched, graph)


def _text(name: str, meaning: str) -> Field:
    return Field(name, FieldType.TEXT, meaning)


_TAG = Field("tag", FieldType.TAGS, "a tag's key, or key=value")
_CREATED = Field("created", FieldType.TIME, "when it was created")
_STARTED = Field("started", FieldType.TIME, "when it started")
_ENDED = Field("ended", FieldType.TIME, "when it ended")
_DURATION = Field("duration", FieldType.DURATION, "how long it took, or has taken so far")
_JOB = _text("job", "the job's name")
_OWNER = _text("owner", "an owner, such as team:data or me@example.com")
_LOCATION = _text("code_location", "the code location's name")
_PARTITION = _text("partition", "the partition key")
_KIND = _text("kind", "a kind, such as dbt or python")

STATUS_OF_WORD: Mapping[str, DagsterRunStatus] = {
    "not_started": DagsterRunStatus.NOT_STARTED,
    "queued": DagsterRunStatus.QUEUED,
    "starting": DagsterRunStatus.STARTING,
    "running": DagsterRunStatus.STARTED,
    "succeeded": DagsterRunStatus.SUCCESS,
    "failed": DagsterRunStatus.FAILURE,
    "canceling": DagsterRunStatus.CANCELING,
    "canceled": DagsterRunStatus.CANCELED,
}
"""The state of a run that each word stands for."""

WORD_OF_STATUS: Mapping[DagsterRunStatus, str] = {state: word for word, state in STATUS_OF_WORD.items()}
"""The word for each state of a run; ``MANAGED``, which Earmark never sets, has none."""

_OUTCOMES = {"success": "succeeded", "successful": "succeeded", "failure": "failed"}
_CANCELS = {"cancelled": "canceled", "cancelling": "canceling"}


def word_of(status: DagsterRunStatus) -> str:
    """Return the word for a state of a run, as people read and write it.

    Example:
        >>> word_of(DagsterRunStatus.SUCCESS)
        'succeeded'
    """
    return WORD_OF_STATUS.get(status, status.value.lower())


RUN_STATUS = Field(
    "status",
    FieldType.WORDS,
    "the run's state",
    tuple(STATUS_OF_WORD),
    {**_OUTCOMES, **_CANCELS, "started": "running", "in_progress": "running"},
)

ASSETS = _table(
    "asset",
    _text("key", "the asset's key, segments joined by slashes"),
    _TAG,
    _text("group", "the asset's group"),
    _KIND,
    _OWNER,
    _JOB,
    _LOCATION,
    Field(
        "status",
        FieldType.WORDS,
        "what is known of its latest materialization",
        ("materialized", "missing", "running", "queued", "failed", "skipped", "stale", "external"),
        {"success": "materialized", "succeeded": "materialized", "failure": "failed", "started": "running"},
    ),
    Field(
        "partitions",
        FieldType.WORDS,
        "the kind of its partitions",
        ("static", "dynamic", "multi", "hourly", "daily", "weekly", "monthly", "time_window"),
    ),
    Field("materialized", FieldType.TIME, "when it was last materialized"),
    graph=True,
)
"""Assets, in the catalog, the graph and selections of jobs."""

OPS = _table(
    "op",
    _text("key", "the op's name"),
    _text("name", "the op's name"),
    _TAG,
    _JOB,
    _KIND,
    _text("pool", "the pool whose slots it takes"),
    _LOCATION,
    graph=True,
)
"""Ops of a job."""

JOBS = _table(
    "job",
    _text("key", "the job's name"),
    _text("name", "the job's name"),
    _TAG,
    _OWNER,
    _LOCATION,
    _text("schedule", "a schedule that asks for it"),
    _text("sensor", "a sensor that asks for it"),
    _text("asset", "an asset that it materializes"),
)
"""Jobs of all code locations."""

RUNS = _table(
    "run",
    _text("id", "the run's id, or the beginning of it with *"),
    RUN_STATUS,
    _JOB,
    _TAG,
    _CREATED,
    _STARTED,
    _ENDED,
    _DURATION,
    Field("waited", FieldType.DURATION, "how long it was in the queue"),
    Field("priority", FieldType.NUMBER, "its priority in the queue"),
    _PARTITION,
    _text("schedule", "the schedule that asked for it"),
    _text("sensor", "the sensor that asked for it"),
    _text("backfill", "the id of the backfill that it belongs to"),
    _text("asset", "an asset that it materializes"),
    _text("op", "an op that it executes"),
    _text("user", "who launched it"),
    _text("parent", "the run that it executes again"),
    _text("root", "the first run of its family"),
    Field("reason", FieldType.WORDS, "why it failed", tuple(FailureReason)),
    _LOCATION,
)
"""Runs."""

TICKS = _table(
    "tick",
    _text("id", "the tick's id"),
    Field(
        "status",
        FieldType.WORDS,
        "the outcome",
        ("started", "succeeded", "skipped", "failed"),
        {**_OUTCOMES, "running": "started"},
    ),
    _text("name", "the schedule, sensor or condition that ticked"),
    Field("type", FieldType.WORDS, "what ticked", ("schedule", "sensor", "automation")),
    _TAG,
    _CREATED,
    _ENDED,
    _DURATION,
    Field("runs", FieldType.NUMBER, "how many runs it asked for"),
    _text("run", "the id of a run that it asked for"),
    _LOCATION,
)
"""Ticks of schedules, sensors and conditions."""

BACKFILLS = _table(
    "backfill",
    _text("id", "the backfill's id"),
    Field(
        "status",
        FieldType.WORDS,
        "its state",
        ("queued", "running", "paused", "succeeded", "failed", "canceling", "canceled"),
        {
            **_OUTCOMES,
            **_CANCELS,
            "requested": "queued",
            "in_progress": "running",
            "started": "running",
            "completed": "succeeded",
            "completed_success": "succeeded",
            "completed_failed": "failed",
        },
    ),
    _JOB,
    _text("asset", "an asset that it materializes"),
    _TAG,
    _CREATED,
    _ENDED,
    _DURATION,
    _PARTITION,
    _text("user", "who launched it"),
    _LOCATION,
)
"""Backfills."""

AUTOMATION = _table(
    "automation",
    _text("key", "the name"),
    _text("name", "the name"),
    Field("type", FieldType.WORDS, "what it is", ("schedule", "sensor", "automation")),
    Field(
        "status",
        FieldType.WORDS,
        "whether it is on",
        ("running", "stopped"),
        {"on": "running", "off": "stopped", "started": "running"},
    ),
    Field(
        "tick",
        FieldType.WORDS,
        "the outcome of its latest tick",
        ("started", "succeeded", "skipped", "failed"),
        {**_OUTCOMES, "running": "started"},
    ),
    _JOB,
    _text("asset", "an asset that it asks for"),
    _TAG,
    _OWNER,
    _LOCATION,
)
"""Schedules, sensors and automation conditions."""

TABLES: Mapping[str, FieldTable] = {
    table.thing: table for table in (ASSETS, OPS, JOBS, RUNS, TICKS, BACKFILLS, AUTOMATION)
}
"""The tables by the kind of thing."""


def table_of(thing: FieldTable | str) -> FieldTable:
    """Return a table by the name of its kind of thing; a table is returned as it is.

    Raises:
        DagsterInvariantViolationError: There is no such kind.
    """
    if isinstance(thing, FieldTable):
        return thing
    table = TABLES.get(thing)
    if table is None:
        raise DagsterInvariantViolationError(
            f"There is no kind of thing {thing!r} to query.{did_you_mean(thing, TABLES)}", thing=thing
        )
    return table


def word_in(field: Field, text: str) -> str | None:
    """Return the word of a field of words that ``text`` stands for, whatever its case, or ``None``.

    Example:
        >>> word_in(RUN_STATUS, "SUCCESS")
        'succeeded'
    """
    folded = text.casefold()
    for word in field.words:
        if word.casefold() == folded:
            return word
    return field.synonyms.get(folded)


def words_near(field: Field, text: str) -> tuple[str, ...]:
    """Return the words of a field of words that are nearest to one it does not take; other spellings count as theirs.

    Example:
        >>> words_near(RUN_STATUS, "sucess")
        ('succeeded',)
    """
    word_of = {word.casefold(): word for word in field.words} | dict(field.synonyms)
    return tuple(dict.fromkeys(word_of[near] for near in nearest(text.casefold(), word_of)))
