"""The arguments of :class:`Definitions`: checked one by one, and joined where several sets are merged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from earmark.define.assets.asset_job import UnresolvedAssetJobDefinition
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.ops.job import JobDefinition
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvariantViolationError, caller_location


def listed(things: Any, what: str) -> list[Any] | None:
    """Return an argument of Definitions that is a list of things, lists in it laid flat."""
    if things is None:
        return None
    if isinstance(things, (str, Mapping, AssetsDefinition)) or not isinstance(things, Iterable):
        raise DagsterInvalidDefinitionError(
            f"{what} is a list, not {things!r} ({type(things).__name__}).", where=caller_location()
        )
    flat: list[Any] = []
    for thing in things:
        flat.extend(thing if isinstance(thing, (list, tuple)) else (thing,))
    return flat


def mapping_of(things: Any, what: str) -> dict[str, Any] | None:
    """Return an argument of Definitions that is a dict by key."""
    if things is None:
        return None
    if not isinstance(things, Mapping) or not all(isinstance(key, str) for key in things):
        raise DagsterInvalidDefinitionError(
            f"{what} is a dict from keys to objects, not {things!r} ({type(things).__name__}).",
            where=caller_location(),
        )
    return dict(things)


def executor_of(executor: Any) -> Any:
    """Return an executor, after checking that it is one."""
    if executor is None or isinstance(getattr(executor, "name", None), str):
        return executor
    raise DagsterInvalidDefinitionError(
        f"executor is an executor such as in_process_executor, not {executor!r} ({type(executor).__name__}).",
        where=caller_location(),
    )


def check_job(job: Any) -> None:
    """Refuse what is no job."""
    if isinstance(job, (JobDefinition, UnresolvedAssetJobDefinition)):
        return
    hint = "Make a job of the graph with .to_job()." if hasattr(job, "to_job") else None
    raise DagsterInvalidDefinitionError(
        f"jobs holds jobs (of @job, graph.to_job() and define_asset_job), not {job!r} ({type(job).__name__}).",
        where=caller_location(),
        hint=hint,
    )


_AUTOMATION = {"ScheduleDefinition": "schedule", "PartitionedSchedule": "schedule", "SensorDefinition": "sensor"}


def automation_kind(thing: Any) -> str | None:
    """Say whether a thing is a ``schedule`` or a ``sensor``; ``None`` if neither. No module of theirs is imported."""
    for base in type(thing).__mro__:
        if base.__name__ in _AUTOMATION and base.__module__.startswith("earmark."):
            return _AUTOMATION[base.__name__]
    return None


def things_by_name(things: Iterable[Any], what: str, where: Any) -> dict[str, Any]:
    """Return schedules or sensors by name; refuse others, and two of one name."""
    found: dict[str, Any] = {}
    for thing in things:
        if automation_kind(thing) != what:
            raise DagsterInvalidDefinitionError(
                f"{what}s holds {what}s, not {thing!r} ({type(thing).__name__}).", where=caller_location()
            )
        if found.setdefault(thing.name, thing) is not thing:
            raise DagsterInvalidDefinitionError(f"Two {what}s are called {thing.name!r}.", where=where)
    return found


def merged_mapping(def_sets: Sequence[Any], field: str) -> dict[str, Any]:
    """Join one field of several sets, whose values may meet only if they are equal."""
    found: dict[str, Any] = {}
    owner: dict[str, int] = {}
    for position, one in enumerate(def_sets):
        for key, value in (getattr(one, field) or {}).items():
            if key in found and found[key] is not value and found[key] != value:
                raise DagsterInvariantViolationError(
                    f"Definitions objects {owner[key]} and {position} have different {field}"
                    f" with the same key {key!r}.",
                    where=caller_location(),
                )
            found[key] = value
            owner.setdefault(key, position)
    return found


def merged_executor(def_sets: Sequence[Any]) -> Any:
    """Return the one executor of several sets."""
    found: Any = None
    owner = 0
    for position, one in enumerate(def_sets):
        if one.executor is None:
            continue
        if found is not None and found is not one.executor and found != one.executor:
            raise DagsterInvariantViolationError(
                f"Definitions objects {owner} and {position} have different executors.",
                where=caller_location(),
            )
        found, owner = one.executor, position
    return found
