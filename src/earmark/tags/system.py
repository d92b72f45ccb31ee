"""The registry of system tags: what sets each, what it does, where a user may set it, which values it takes.

Validation, documentation, ``earmark tags system`` and the help in the UI all read this one table.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum

import msgspec

from earmark.tags.tag import HIDDEN_PREFIX, KIND_PREFIX, PARTITION_PREFIX, is_system
from earmark.values.errors import InvalidTagError, SourceLocation, caller_location, nearest
from earmark.values.states import FailureReason

PRIORITY = "dagster/priority"
MAX_RUNTIME = "dagster/max_runtime"
MAX_RUNTIME_SECONDS = "dagster/max_runtime_seconds"
MAX_RETRIES = "dagster/max_retries"
RETRY_STRATEGY = "dagster/retry_strategy"
RETRY_ON_ASSET_OR_OP_FAILURE = "dagster/retry_on_asset_or_op_failure"
ISOLATION = "dagster/isolation"
CONCURRENCY_KEY = "dagster/concurrency_key"
STEP_TIMEOUT = "earmark/step_timeout"
COMPUTE_KIND = "dagster/compute_kind"
STORAGE_KIND = "dagster/storage_kind"
PARTITION = "dagster/partition"
PARTITION_SET = "dagster/partition_set"
PARTITION_RANGE_START = "dagster/asset_partition_range_start"
PARTITION_RANGE_END = "dagster/asset_partition_range_end"
SCHEDULE_NAME = "dagster/schedule_name"
SENSOR_NAME = "dagster/sensor_name"
RUN_KEY = "dagster/run_key"
TICK = "dagster/tick"
BACKFILL = "dagster/backfill"
PARENT_RUN_ID = "dagster/parent_run_id"
ROOT_RUN_ID = "dagster/root_run_id"
IS_RESUME_RETRY = "dagster/is_resume_retry"
RETRY_NUMBER = "dagster/retry_number"
WILL_RETRY = "dagster/will_retry"
AUTO_RETRY_RUN_ID = "dagster/auto_retry_run_id"
FAILURE_REASON = "dagster/failure_reason"
OP_SELECTION = "dagster/op_selection"
SOLID_SELECTION = "dagster/solid_selection"
STEP_SELECTION = "dagster/step_selection"
IMAGE = "dagster/image"
CODE_LOCATION = "dagster/code_location"
FROM_UI = "dagster/from_ui"
FROM_AUTOMATION_CONDITION = "dagster/from_automation_condition"
USER = "user"

MAX_RUNTIME_SECONDS_TAG = MAX_RUNTIME
"""The name under which code that sets the tag imports its key."""

MAX_SECONDS = 10_000_000_000
"""The longest run time that can be asked for, in seconds (some 300 years; larger instants overflow)."""


class Place(StrEnum):
    """Where a user writes a tag. Graphs count as jobs; ``RUN`` is a run asked for in code, ``LAUNCH`` by hand."""

    ASSET = "asset"
    OP = "op"
    JOB = "job"
    RUN = "run"
    LAUNCH = "launch"


class TagGroup(StrEnum):
    """What a system tag is for."""

    EXECUTION = "execution"
    DEFINITION = "definition"
    PARTITION = "partition"
    PROVENANCE = "provenance"


class Inheritance(StrEnum):
    """What becomes of a tag when a run is executed again."""

    KEPT = "kept"
    DROPPED = "dropped"
    WITH_BACKFILL = "with backfill"


class ValueKind(StrEnum):
    """Which values a system tag takes."""

    TEXT = "any text"
    NAME = "text that is not empty"
    INTEGER = "an integer"
    COUNT = "an integer of 0 or more"
    SECONDS = "a number of seconds above 0"
    BOOLEAN = "true or false"
    STRATEGY = "FROM_FAILURE or ALL_STEPS"
    REASON = "a failure reason"


class RetryStrategy(StrEnum):
    """Which steps a run that is executed again by itself takes up."""

    FROM_FAILURE = "FROM_FAILURE"
    ALL_STEPS = "ALL_STEPS"


class SystemTag(msgspec.Struct, frozen=True):
    """A row of the registry.

    Args:
        key: The tag's key; one that ends in a slash stands for a family of keys.
        group: What it is for.
        set_by: Who sets it.
        effect: What it says or does.
        places: Where a user may set it; empty for tags that only the system sets.
        value: Which values it takes.
        on_reexecution: What becomes of it when its run is executed again.
    """

    key: str
    group: TagGroup
    set_by: str
    effect: str
    places: tuple[Place, ...] = ()
    value: ValueKind = ValueKind.TEXT
    on_reexecution: Inheritance = Inheritance.KEPT

    @property
    def editable(self) -> bool:
        """Whether a user may set it anywhere that the tags of a run or an op are set."""
        return self.group is TagGroup.EXECUTION and Place.LAUNCH in self.places


_EVERYWHERE = (Place.ASSET, Place.OP, Place.JOB, Place.RUN, Place.LAUNCH)
_DEFINED = (Place.ASSET, Place.OP)
_ASKED = (Place.RUN, Place.LAUNCH)


def _execution(key: str, effect: str, value: ValueKind) -> SystemTag:
    return SystemTag(key, TagGroup.EXECUTION, "you", effect, _EVERYWHERE, value)


def _provenance(
    key: str, set_by: str, effect: str, value: ValueKind = ValueKind.TEXT, again: Inheritance = Inheritance.KEPT
) -> SystemTag:
    return SystemTag(key, TagGroup.PROVENANCE, set_by, effect, (), value, again)


SYSTEM_TAGS: tuple[SystemTag, ...] = (
    _execution(
        PRIORITY,
        "On a run: the higher leaves the queue first. On an op: the higher starts first among ready steps. Default 0.",
        ValueKind.INTEGER,
    ),
    _execution(
        MAX_RUNTIME,
        "Past so many seconds the run is terminated and fails with reason RUN_TIMEOUT.",
        ValueKind.SECONDS,
    ),
    _execution(MAX_RUNTIME_SECONDS, "Another name of dagster/max_runtime, which wins.", ValueKind.SECONDS),
    _execution(MAX_RETRIES, "How often a failed run is executed again by itself.", ValueKind.COUNT),
    _execution(RETRY_STRATEGY, "Whether a retry takes up the failed steps (default) or all.", ValueKind.STRATEGY),
    _execution(
        RETRY_ON_ASSET_OR_OP_FAILURE,
        "false: retry after crashes and failures of infrastructure only. Default true.",
        ValueKind.BOOLEAN,
    ),
    _execution(ISOLATION, "Recorded; has no effect locally.", ValueKind.TEXT),
    SystemTag(
        CONCURRENCY_KEY,
        TagGroup.EXECUTION,
        "you, or pool=",
        "The step waits for a slot of this pool, across all runs.",
        _DEFINED,
        ValueKind.NAME,
    ),
    SystemTag(
        STEP_TIMEOUT,
        TagGroup.EXECUTION,
        "you",
        "Past so many seconds the step is interrupted, and killed if it does not end; it fails. Holds where each step"
        " has a process of its own, as with the default executor.",
        (Place.OP,),
        ValueKind.SECONDS,
    ),
    SystemTag(COMPUTE_KIND, TagGroup.DEFINITION, "you, or compute_kind=", "What the step computes with.", _DEFINED),
    SystemTag(STORAGE_KIND, TagGroup.DEFINITION, "you", "Where the asset is stored.", _DEFINED),
    SystemTag(KIND_PREFIX, TagGroup.DEFINITION, "you, or kinds=", "A kind of the asset or op.", _DEFINED),
    SystemTag(
        PARTITION,
        TagGroup.PARTITION,
        "a run of one partition",
        "The partition key.",
        _ASKED,
        on_reexecution=Inheritance.KEPT,
    ),
    SystemTag(
        PARTITION_PREFIX,
        TagGroup.PARTITION,
        "a run of one multi-partition",
        "The partition key in that dimension.",
        _ASKED,
    ),
    SystemTag(
        PARTITION_RANGE_START,
        TagGroup.PARTITION,
        "a run of a range of partitions",
        "The range's first key.",
        _ASKED,
    ),
    SystemTag(
        PARTITION_RANGE_END, TagGroup.PARTITION, "a run of a range of partitions", "The range's last key.", _ASKED
    ),
    _provenance(
        PARTITION_SET,
        "a backfill of a job",
        "The name of the set of partitions.",
        again=Inheritance.WITH_BACKFILL,
    ),
    _provenance(BACKFILL, "a backfill", "The backfill's id.", again=Inheritance.WITH_BACKFILL),
    _provenance(SCHEDULE_NAME, "a schedule", "The schedule's name."),
    _provenance(SENSOR_NAME, "a sensor", "The sensor's name."),
    _provenance(RUN_KEY, "a schedule or sensor", "The key that makes the request unique."),
    _provenance(TICK, "a schedule or sensor", "The tick's id."),
    _provenance(FROM_AUTOMATION_CONDITION, "automation", "true: a condition asked for the run.", ValueKind.BOOLEAN),
    _provenance(PARENT_RUN_ID, "a re-execution", "The run that is executed again.", again=Inheritance.DROPPED),
    _provenance(ROOT_RUN_ID, "a re-execution", "The first run of the family.", again=Inheritance.DROPPED),
    _provenance(
        IS_RESUME_RETRY,
        "a re-execution from failure",
        "true: only what failed is executed.",
        ValueKind.BOOLEAN,
        Inheritance.DROPPED,
    ),
    _provenance(
        RETRY_NUMBER,
        "a retry",
        "Which retry the run is, from 1.",
        ValueKind.COUNT,
        Inheritance.DROPPED,
    ),
    _provenance(
        WILL_RETRY,
        "the end of a run",
        "Whether a failed run is going to be retried.",
        ValueKind.BOOLEAN,
        Inheritance.DROPPED,
    ),
    _provenance(AUTO_RETRY_RUN_ID, "a retry", "The run that retries this one.", again=Inheritance.DROPPED),
    _provenance(
        FAILURE_REASON,
        "the end of a run",
        f"Why the run failed: {', '.join(reason.value for reason in FailureReason)}.",
        ValueKind.REASON,
        Inheritance.DROPPED,
    ),
    _provenance(OP_SELECTION, "a run of part of a job", "The selection of ops."),
    _provenance(SOLID_SELECTION, "older projects", "The old name of dagster/op_selection; it is read, not set."),
    _provenance(STEP_SELECTION, "a re-execution of some steps", "The selection of steps."),
    _provenance(IMAGE, "a run in a container", "The image's name and tag, with its digest where known."),
    _provenance(CODE_LOCATION, "every run of a code location", "The code location's name."),
    _provenance(FROM_UI, "the UI", "true: a person launched the run in the UI.", ValueKind.BOOLEAN),
    SystemTag(USER, TagGroup.PROVENANCE, "the server", "Who launched the run, where that is known.", _EVERYWHERE),
)
"""Every system tag, in the order in which documentation lists them."""

_BY_KEY = {tag.key: tag for tag in SYSTEM_TAGS}

NOT_INHERITED = frozenset(tag.key for tag in SYSTEM_TAGS if tag.on_reexecution is Inheritance.DROPPED)
"""Keys that a re-execution does not take over from the run that it executes again."""

BACKFILL_FAMILY = frozenset(tag.key for tag in SYSTEM_TAGS if tag.on_reexecution is Inheritance.WITH_BACKFILL)
"""Keys that a re-execution takes over only while the backfill they speak of is open."""


class SystemTagWarning(UserWarning):
    """Code sets a key of the system's that does not exist, or one where it has no effect."""


def system_tag(key: str) -> SystemTag | None:
    """Return the row of the registry for a key, or ``None`` if it is not a system tag.

    Example:
        >>> system_tag("dagster/partition/region").effect
        'The partition key in that dimension.'
    """
    row = _BY_KEY.get(key)
    if row is not None and not key.endswith("/"):
        return row
    for family in (KIND_PREFIX, PARTITION_PREFIX):
        if key.startswith(family) and len(key) > len(family):
            return _BY_KEY[family]
    return None


def check_user_tags(
    tags: Mapping[str, str], place: Place, strict: bool = False, where: SourceLocation | None = None
) -> None:
    """Check the system tags among the tags that a user set; ordinary tags pass.

    Args:
        tags: Tags in their stored form, as the normalisers return them.
        place: Where the user set them.
        strict: Whether an unknown ``dagster/...`` key, or one that has no effect in that place, is refused,
            as on the command line, the API and the UI. In code it is a :class:`SystemTagWarning`.
        where: The place in code; found from the stack when a message needs it.

    Raises:
        InvalidTagError: A tag forges where a run came from, its value is not one that it takes, or ``strict``
            is set and the key is unknown or does not belong there.

    Example:
        >>> check_user_tags({"dagster/priority": "high"}, Place.JOB)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        earmark.values.errors.InvalidTagError: The tag 'dagster/priority' takes an integer, not 'high'...
    """
    for key, message in _doubts(tags, place, where):
        _say(message, key, tags[key], strict, where)


def check_removed_tags(keys: Iterable[str]) -> None:
    """Check the keys of tags that a user takes off a run; what the system set stays.

    Raises:
        InvalidTagError: One of them says where the run came from.

    Example:
        >>> check_removed_tags(["team", "dagster/priority"])
        >>> check_removed_tags(["dagster/backfill"])
        Traceback (most recent call last):
        earmark.values.errors.InvalidTagError: The tag 'dagster/backfill' is set by a backfill and stays.
    """
    for key in keys:
        row = system_tag(key)
        if row is not None and not row.editable:
            raise InvalidTagError(f"The tag {key!r} is set by {row.set_by} and stays.", key=key, rule="provenance")


def user_tag_doubts(tags: Mapping[str, str], place: Place) -> list[str]:
    """Return a sentence for each thing that :func:`check_user_tags` only warns of, for where nobody reads warnings.

    Raises:
        InvalidTagError: A tag forges where a run came from, or its value is not one that it takes.

    Example:
        >>> user_tag_doubts({"dagster/priorty": "1"}, Place.RUN)
        ["There is no system tag 'dagster/priorty'. Did you mean 'dagster/priority'?"]
    """
    return [message for _, message in _doubts(tags, place, None)]


def _doubts(tags: Mapping[str, str], place: Place, where: SourceLocation | None) -> Iterator[tuple[str, str]]:
    """Yield keys that code may set although they do nothing, with the reason; raise for those that nobody may."""
    for key, value in tags.items():
        if key != USER and not is_system(key):
            continue
        row = system_tag(key)
        if row is None:
            yield key, _unknown(key)
            continue
        if not row.places:
            raise InvalidTagError(
                f"The tag {key!r} is set by {row.set_by} and by nobody else: it says where a run came from.",
                where=where or caller_location(),
                hint="Choose a key of your own.",
                key=key,
                value=value,
                rule="provenance",
            )
        if place not in row.places:
            places = " or ".join(row_place.value for row_place in row.places)
            yield key, f"The tag {key!r} has no effect on a {place.value}; it belongs on: {places}."
            continue
        _require(row, key, value, where)


def _unknown(key: str) -> str:
    if key.startswith(HIDDEN_PREFIX):
        return f"The tag {key!r} is internal: keys that begin with {HIDDEN_PREFIX} are not for users."
    # A prefix that all share would make any two of them look alike.
    close = nearest(key.partition("/")[2], [row.partition("/")[2] for row in _BY_KEY if is_system(row)])
    known = [row for row in _BY_KEY if row.partition("/")[2] in close]
    meant = f" Did you mean {' or '.join(map(repr, known))}?" if known else ""
    return f"There is no system tag {key!r}.{meant}"


def _say(message: str, key: str, value: str, strict: bool, where: SourceLocation | None) -> None:
    place = where or caller_location()
    if strict:
        raise InvalidTagError(message, where=place, key=key, value=value, rule="system tags")
    if place is None:
        warnings.warn(message, SystemTagWarning, stacklevel=3)
        return
    warnings.warn_explicit(message, SystemTagWarning, place.file, place.line)


_INTEGER = r"[+-]?[0-9]{1,15}"
_COUNT = r"\+?[0-9]{1,9}"
_SECONDS = r"\+?(?:[0-9]{1,11}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})"


def _is_seconds(value: str) -> bool:
    return re.fullmatch(_SECONDS, value) is not None and 0 < float(value) <= MAX_SECONDS


_ACCEPTS: dict[ValueKind, Callable[[str], bool]] = {
    ValueKind.TEXT: lambda value: True,
    ValueKind.NAME: lambda value: bool(value.strip()),
    ValueKind.INTEGER: lambda value: re.fullmatch(_INTEGER, value) is not None,
    ValueKind.COUNT: lambda value: re.fullmatch(_COUNT, value) is not None,
    ValueKind.SECONDS: _is_seconds,
    ValueKind.BOOLEAN: lambda value: value.lower() in ("true", "false"),
    ValueKind.STRATEGY: lambda value: value in RetryStrategy.__members__,
    ValueKind.REASON: lambda value: value in FailureReason.__members__,
}


def _require(row: SystemTag, key: str, value: str, where: SourceLocation | None = None) -> str:
    if _ACCEPTS[row.value](value):
        return value
    raise InvalidTagError(
        f"The tag {key!r} takes {row.value.value}, not {value!r}.",
        where=where or caller_location(),
        key=key,
        value=value,
        rule=row.value.value,
    )


def _read(tags: Mapping[str, str], key: str) -> str | None:
    value = tags.get(key)
    return None if value is None else _require(_BY_KEY[key], key, value)


def priority(tags: Mapping[str, str]) -> int:
    """Return the priority that the tags ask for; 0 if they ask for none.

    Raises:
        InvalidTagError: The value is not an integer.
    """
    value = _read(tags, PRIORITY)
    return 0 if value is None else int(value)


def step_timeout(tags: Mapping[str, str]) -> float | None:
    """Return after how many seconds a step is to be ended, by the tags of its op, or ``None`` for never.

    Raises:
        InvalidTagError: The value is not a number of seconds above 0.

    Example:
        >>> step_timeout({"earmark/step_timeout": "1.5"})
        1.5
    """
    value = _read(tags, STEP_TIMEOUT)
    return None if value is None else float(value)


def max_runtime(tags: Mapping[str, str]) -> float | None:
    """Return after how many seconds a run is to be terminated, or ``None`` for never.

    Raises:
        InvalidTagError: The value is not a number above 0.
    """
    value = _read(tags, MAX_RUNTIME)
    if value is None:
        value = _read(tags, MAX_RUNTIME_SECONDS)
    return None if value is None else float(value)


def max_retries(tags: Mapping[str, str]) -> int | None:
    """Return how often a failed run is to be executed again, or ``None`` if the tags do not say.

    Raises:
        InvalidTagError: The value is not an integer of 0 or more.
    """
    value = _read(tags, MAX_RETRIES)
    return None if value is None else int(value)


def retry_strategy(tags: Mapping[str, str]) -> RetryStrategy:
    """Return which steps a retry takes up.

    Raises:
        InvalidTagError: The value is not the name of a strategy.
    """
    value = _read(tags, RETRY_STRATEGY)
    return RetryStrategy.FROM_FAILURE if value is None else RetryStrategy(value)


def retry_on_asset_or_op_failure(tags: Mapping[str, str]) -> bool | None:
    """Return whether a failure of user code is retried too, or ``None`` if the tags do not say.

    Raises:
        InvalidTagError: The value is neither true nor false.
    """
    value = _read(tags, RETRY_ON_ASSET_OR_OP_FAILURE)
    return None if value is None else value.lower() == "true"


def concurrency_key(tags: Mapping[str, str]) -> str | None:
    """Return the pool whose slot a step waits for, or ``None``."""
    return _read(tags, CONCURRENCY_KEY)


def retry_number(tags: Mapping[str, str]) -> int:
    """Return which retry a run is, 0 for one that is none."""
    value = _read(tags, RETRY_NUMBER)
    return 0 if value is None else int(value)


def partition_key(tags: Mapping[str, str]) -> str | None:
    """Return the partition key of a run, or ``None``."""
    return tags.get(PARTITION)


def partition_dimensions(tags: Mapping[str, str]) -> dict[str, str]:
    """Return a run's partition key in each dimension; empty for a run of no multi-partition.

    Example:
        >>> partition_dimensions({"dagster/partition/region": "eu", "team": "ml"})
        {'region': 'eu'}
    """
    return {key[len(PARTITION_PREFIX) :]: value for key, value in tags.items() if key.startswith(PARTITION_PREFIX)}
