"""Sensors of a query over runs: asked for runs that come to match it, or cease to."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec import structs

from earmark.define.automation.run_status_context import RunStatusSensorContext
from earmark.define.automation.sensor import DefaultSensorStatus, SensorDefinition, ask_each, require_arguments
from earmark.define.automation.sensor_result import SensorAnswer
from earmark.specs.sensor import SensorSpec, SensorType
from earmark.tags.query import parse, unparse
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvariantViolationError

EDGES = ("enter", "leave")
MOST_WATCHED = 10_000
"""How many runs may match a query at once: the sensor remembers them by id."""


class TagQuerySensorDefinition(SensorDefinition):
    """A sensor that is asked for each run that enters or leaves a query, such as ``tag:team=ml status:failed``.

    The first tick only remembers which runs match. The cursor holds their ids, so a query is one that few runs match
    at a time, or that names a time (``created:>-24h``).

    Args:
        name: Its name.
        query: A query over runs.
        on: ``enter`` or ``leave``.
        fn: From a :class:`RunStatusSensorContext` (without an event) to run requests, a skip reason or nothing.
        minimum_interval_seconds: The least time between two ticks.
        description: Text for people.
        default_status: Whether it ticks before anybody switched it on.
        job: The job that it may ask for.
        jobs: The jobs that it may ask for.
        tags: Labels of the sensor and of its runs.
        metadata: Facts about it.
        required_resource_keys: Resources that its function uses.

    Raises:
        QueryError: The query cannot be read; the error points at the character.
        DagsterInvalidDefinitionError: ``on`` is another word.

    Example:
        >>> import earmark as em
        >>> sensor = TagQuerySensorDefinition(
        ...     "ml_failed", "tag:team=ml status:failed", "enter", lambda context: context.dagster_run.job_name
        ... )
        >>> sensor.query, sensor.on
        ('tag:team=ml and status:failed', 'enter')
        >>> instance = em.DagsterInstance.ephemeral()
        >>> sensor.evaluate_tick(em.build_sensor_context(instance)).skip_message
        "Initiating ml_failed: 0 runs match 'tag:team=ml and status:failed'."
    """

    def __init__(
        self,
        name: str,
        query: str,
        on: str,
        fn: Callable[..., Any],
        *,
        minimum_interval_seconds: int | None = None,
        description: str | None = None,
        default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
        job: Any = None,
        jobs: Sequence[Any] | None = None,
        tags: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        required_resource_keys: Iterable[str] | None = None,
    ) -> None:
        super().__init__(
            name,
            evaluation_fn=fn,
            minimum_interval_seconds=minimum_interval_seconds,
            description=description,
            job=job,
            jobs=jobs,
            default_status=default_status,
            tags=tags,
            metadata=metadata,
            required_resource_keys=required_resource_keys,
        )
        if on not in EDGES:
            raise DagsterInvalidDefinitionError(
                f"The sensor {name!r} is asked on 'enter' or on 'leave', not on {on!r}.", where=self.location
            )
        self._query = unparse(parse(query, "run"))
        self._on = on

    @property
    def sensor_type(self) -> SensorType:
        """What it watches."""
        return SensorType.RUN_QUERY

    @property
    def query(self) -> str:
        """The query."""
        return self._query

    @property
    def on(self) -> str:
        """``enter`` or ``leave``."""
        return self._on

    @property
    def spec(self) -> SensorSpec:
        """The sensor as data."""
        return structs.replace(super().spec, run_query=self._query)

    def answer(self, context: Any) -> SensorAnswer:
        """Ask the function about each run that entered or left the query since the last tick, the oldest first."""
        store = context.instance.store
        matching = []
        for run_id in store.runs.ids(self._query, ascending=True):
            matching.append(run_id)
            if len(matching) > MOST_WATCHED:
                raise DagsterInvariantViolationError(
                    f"More than {MOST_WATCHED} runs match {self._query!r}, too many for the sensor {self._name!r}.",
                    hint="Narrow the query, for example with created:>-24h.",
                )
        cursor = json.dumps(matching)
        if context.cursor is None:
            return SensorAnswer(
                skip_message=f"Initiating {self._name}: {len(matching)} runs match {self._query!r}.", cursor=cursor
            )
        before = json.loads(context.cursor)
        gone, there = set(before), set(matching)
        changed = (
            [one for one in matching if one not in gone]
            if self._on == "enter"
            else [one for one in before if one not in there]
        )
        runs = store.runs.get_many(changed)
        contexts = (RunStatusSensorContext(context.around, self._name, run, None) for run in runs)
        requests, partitions, reactions, skips = ask_each(self, self._function, contexts, context)
        skip = None if requests else "\n".join(skips) or f"{len(reactions)} runs {self._on} the query."
        return SensorAnswer(requests, skip, cursor, partitions, reactions=reactions)


def tag_query_sensor(
    query: str,
    on: str = "enter",
    *,
    name: str | None = None,
    minimum_interval_seconds: int | None = None,
    description: str | None = None,
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
    job: Any = None,
    jobs: Sequence[Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    required_resource_keys: Iterable[str] | None = None,
) -> Callable[[Callable[..., Any]], TagQuerySensorDefinition]:
    """Make a sensor that is asked for each run that enters (or leaves) a query over runs.

    Arguments as :class:`TagQuerySensorDefinition`.

    Example:
        >>> @tag_query_sensor("tag:team=ml status:failed", on="enter")
        ... def ml_failures(context):
        ...     context.log.warning("%s failed", context.dagster_run.run_id)
        >>> ml_failures.query
        'tag:team=ml and status:failed'
    """
    require_arguments(query, "tag_query_sensor")

    def decorate(fn: Callable[..., Any]) -> TagQuerySensorDefinition:
        return TagQuerySensorDefinition(
            name or fn.__name__,
            query,
            on,
            fn,
            minimum_interval_seconds=minimum_interval_seconds,
            description=description or inspect.getdoc(fn),
            default_status=default_status,
            job=job,
            jobs=jobs,
            tags=tags,
            metadata=metadata,
            required_resource_keys=required_resource_keys,
        )

    return decorate
