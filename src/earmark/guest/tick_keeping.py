"""Storing what ticks came to: the tick's end, its runs, the cursor, dynamic partitions and events, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from earmark.decide.automation.memory import name_of
from earmark.decide.ticks import tick_run_id
from earmark.define.automation.kept_conditions import GONE, space_of
from earmark.events.envelope import Event
from earmark.events.kinds import AnyFact, ErrorInfo, RunEnqueued
from earmark.execute.errors import error_info
from earmark.partitions.dynamic import AddDynamicPartitionsRequest
from earmark.runs.run import DagsterRun
from earmark.runs.run_keys import remembered_as
from earmark.runs.tick import TickBackfill, TickOrder, TickReport, TickResult
from earmark.store.ports import Store
from earmark.store.records import Backfill, Instigator, Tick
from earmark.tags import system
from earmark.tags.query import Exact, Term, all_of
from earmark.values.errors import DagsterError, StoreError
from earmark.values.keys import AssetJobKey

_LEVELS = ((50, "critical"), (40, "error"), (30, "warning"), (20, "info"))


class MadeRun(msgspec.Struct, frozen=True, omit_defaults=True):
    """A run that a tick asks for, made but not stored.

    Args:
        run: The run.
        notes: What is worth recording in its log.
    """

    run: DagsterRun
    notes: tuple[AnyFact, ...] = ()


class MadeTick(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a tick came to, with its runs made.

    Args:
        result: What user code said.
        runs: The runs, in order.
        plans: Plans by their hash, in the wire format; those of earlier ticks may be left out.
        refused: Why a run that the tick asks for is not made, by its place among those asked for.
    """

    result: TickResult
    runs: tuple[MadeRun, ...] = ()
    plans: dict[str, bytes] = {}
    refused: dict[int, ErrorInfo] = {}


def failed_tick(order: TickOrder, error: ErrorInfo, *, timed_out: bool = False) -> MadeTick:
    """Return what a tick came to that could not be brought to its end."""
    ask = order.ask
    return MadeTick(TickResult(kind=ask.kind, name=ask.name, tick_id=ask.tick_id, error=error, timed_out=timed_out))


class TickKeeper:
    """Stores what ticks came to. A tick that has ended already is left as it is, and nothing of it is stored again.

    Args:
        store: Where ticks and runs are.
        location: The code location.
    """

    def __init__(self, store: Store, location: str) -> None:
        self._store = store
        self._location = location

    def keep(self, ticks: Sequence[tuple[TickOrder, MadeTick]]) -> list[TickReport]:
        """Store ticks, in one transaction if none of them is refused.

        Raises:
            StoreError: The store is out of reach; nothing is stored.
        """
        try:
            return self._store.transact(lambda: self._keep(ticks))
        except StoreError:
            raise
        except DagsterError as error:
            if len(ticks) > 1:
                return [report for one in ticks for report in self.keep([one])]
            order = ticks[0][0]
            failed = failed_tick(order, error_info(error))
            return self._store.transact(lambda: self._keep([(order, failed)]))

    def _keep(self, ticks: Sequence[tuple[TickOrder, MadeTick]]) -> list[TickReport]:
        reports: list[TickReport] = []
        plain: list[DagsterRun] = []
        asked: set[tuple[str, str]] = set()
        for order, made in ticks:
            tick = self._store.ticks.get(order.ask.tick_id)
            if tick is None or tick.status != "started":
                reports.append(TickReport(tick_id=order.ask.tick_id, instigator=order.instigator))
                continue
            backfills: list[str] = []
            runs, known = self._new(order, made, asked) if made.result.error is None else ((), ())
            if made.result.error is None:
                self._keep_around(order, made)
                backfills = [
                    self._keep_backfill(order, made, number, one) for number, one in enumerate(made.result.backfills)
                ]
            plain += [one.run for one in runs if not one.notes]
            for one in runs:
                if one.notes:
                    self._store.runs.create([one.run], [*one.notes, RunEnqueued()])
            reports.append(self._end(tick, order, made, [one.run for one in runs], known, backfills))
        if plain:
            self._store.runs.create(plain, [RunEnqueued()])
        return reports

    def _new(
        self, order: TickOrder, made: MadeTick, asked: set[tuple[str, str]]
    ) -> tuple[Sequence[MadeRun], Sequence[str]]:
        """Return the runs to create, and the run keys for which there was a run before."""
        found: list[MadeRun] = []
        known: list[str] = []
        for one in made.runs:
            key = one.run.tags.get(system.RUN_KEY)
            if key is not None and ((order.instigator, key) in asked or self._has(key, one.run)):
                known.append(key)
                continue
            if key is not None:
                asked.add((order.instigator, key))
            found.append(one)
        return found, known

    def _has(self, run_key: str, run: DagsterRun) -> bool:
        by = system.SCHEDULE_NAME if system.SCHEDULE_NAME in run.tags else system.SENSOR_NAME
        wanted = {system.RUN_KEY: run_key, by: run.tags[by], system.CODE_LOCATION: self._location}
        terms = [Term("tag", (Exact(value),), key=Exact(key)) for key, value in wanted.items()]
        if self._store.runs.find(all_of(terms), limit=1).runs:
            return True
        pruned = remembered_as(wanted)
        return pruned is not None and self._store.entries.get(*pruned) is not None

    def _keep_around(self, order: TickOrder, made: MadeTick) -> None:
        """Store the plans, the dynamic partitions, what conditions remember and the events of assets."""
        for plan_hash, data in made.plans.items():
            if not self._store.plans.has(plan_hash):
                self._store.plans.put(plan_hash, data)
        for request in made.result.partitions:
            if isinstance(request, AddDynamicPartitionsRequest):
                self._store.dynamic_partitions.add(request.partitions_def_name, request.partition_keys)
                continue
            for key in request.partition_keys:
                self._store.dynamic_partitions.remove(request.partitions_def_name, key)
        for what, entries in made.result.remembered.items():
            values = {name: None if entry == GONE else bytes(entry) for name, entry in entries.items()}
            self._store.entries.put(space_of(what, order.instigator), values)
        if made.result.facts:
            now = self._store.clock()
            self._store.runs.report([Event(fact, now) for fact in made.result.facts])

    def _keep_backfill(self, order: TickOrder, made: MadeTick, number: int, asked: TickBackfill) -> str:
        """Store a backfill that the tick asks for, and return its id; the host cuts it into runs."""
        keys = dict.fromkeys(key for partitions in asked.wanted.values() for key in partitions)
        of_assets = {
            "assets": list(asked.wanted),
            "partitions": list(keys),
            "wanted": {name: list(partitions) for name, partitions in asked.wanted.items()},
        }
        data = {
            "location": self._location,
            **(of_assets if asked.job is None else {"job": asked.job, "partitions": list(asked.partitions)}),
            "asked_by": msgspec.to_builtins(asked.asked_by),
            "author": asked.asked_by.name,
            "traceparent": order.traceparent,
        }
        backfill_id = tick_run_id(order.ask.tick_id, order.begun_at, len(made.runs) + number)
        return self._store.backfills.create(Backfill(backfill_id, "queued", self._store.clock(), data=data)).id

    def _end(
        self,
        tick: Tick,
        order: TickOrder,
        made: MadeTick,
        runs: Sequence[DagsterRun],
        known: Sequence[str],
        backfills: Sequence[str],
    ) -> TickReport:
        result, now = made.result, self._store.clock()
        status = result.status
        if status == "succeeded" and not runs and not result.partitions and not result.facts and not backfills:
            status = "skipped"
        data = {**tick.data, **_data_of(result, runs, known, made.refused)}
        if backfills:
            data["backfill_ids"] = list(backfills)
        if tick.kind == "automation":
            # What is remembered of thousands of conditions is kept once, with the sensor.
            data.pop("cursor", None)
        self._store.ticks.update(replace(tick, status=status, ended_at=now, data=data))
        if tick.kind != "schedule":
            self._store.instigators.change(order.instigator, lambda state: _advanced(state, result, runs, now))
        more = result.more and result.error is None
        return TickReport(tick_id=tick.id, instigator=order.instigator, status=status, runs=len(runs), more=more)


def _advanced(state: Instigator | None, result: TickResult, runs: Sequence[DagsterRun], now: int) -> Instigator | None:
    if state is None:
        return None
    data = {**state.data, "last_ended_at": now, "more": result.more and result.error is None}
    keys = [run.tags[system.RUN_KEY] for run in runs if system.RUN_KEY in run.tags]
    if keys:
        data["last_run_key"] = keys[-1]
    return replace(state, cursor=state.cursor if result.error is not None else result.cursor, data=data)


def _data_of(
    result: TickResult, runs: Sequence[DagsterRun], known: Sequence[str], refused: Mapping[int, ErrorInfo]
) -> dict[str, Any]:
    """Return what is kept with a tick, without what is empty."""
    skip = result.skip_message
    if result.error is None and known and not runs:
        skip = f"There were runs for the run keys already: {', '.join(known[:20])}."
    kept: dict[str, Any] = {
        "run_ids": [run.run_id for run in runs],
        "requested": len(result.runs),
        "known_run_keys": list(known[:1_000]),
        "skip_reason": None if result.error is not None or runs else skip,
        "cursor": result.cursor,
        "error": None if result.error is None else msgspec.to_builtins(result.error),
        "timed_out": result.timed_out,
        "logs": [{"at": line.at, "level": _level(line.level), "message": line.message} for line in result.lines],
        "output": result.output,
        "output_dropped": result.output_dropped,
        "seconds": round(result.seconds, 6),
        "requests": [
            {
                "run_key": one.run_key,
                "job": one.job_name,
                "partition": None if one.ask.partition is None else str(one.ask.partition),
                "tags": dict(one.ask.request_tags),
                **({"refused": refused[number].message} if number in refused else {}),
            }
            for number, one in enumerate(result.runs[:1_000])
        ],
        "partitions": [msgspec.to_builtins(one) for one in result.partitions],
        "reactions": [msgspec.to_builtins(one) for one in result.reactions],
        "evaluations": _evaluations(result.evaluations, runs),
    }
    return {key: value for key, value in kept.items() if value not in (None, [], {}, "", False, 0)}


def tried_tick(made: MadeTick) -> dict[str, Any]:
    """Return, as plain data, what would be kept of a tick, with all the tags that its runs would have."""
    told = _data_of(made.result, [], (), made.refused)
    if made.result.runs:
        told.pop("skip_reason", None)
    granted = [one for one in told.get("requests", ()) if "refused" not in one]
    for request, one in zip(granted, made.runs, strict=False):
        request["tags"] = dict(one.run.tags)
        request["run_config"] = one.run.run_config
    for asked in made.result.backfills:
        if asked.job is None:
            told["backfill"] = {name: list(keys) for name, keys in asked.wanted.items()}
        else:
            told.setdefault("job_backfills", {})[asked.job] = list(asked.partitions)
    return {"status": made.result.status, **told}


def _level(number: int) -> str:
    return next((word for least, word in _LEVELS if number >= least), "debug")


def _evaluations(evaluations: Sequence[dict[str, Any]], runs: Sequence[DagsterRun]) -> dict[str, Any]:
    """Return how conditions were evaluated, by asset or check, with the runs that came of each."""
    runs_of: dict[str, list[str]] = {}
    for run in runs:
        for key in (*(run.asset_selection or ()), *(run.asset_check_selection or ()), AssetJobKey(run.job_name)):
            runs_of.setdefault(name_of(key), []).append(run.run_id)
    found: dict[str, Any] = {}
    for one in evaluations:
        if "error" in one:
            found[one["key"]] = {"requested": 0, "run_ids": [], "error": one["error"]}
            continue
        asked = len(one.get("partitions", ()))
        found[one["key"]] = {
            "requested": asked,
            "run_ids": runs_of.get(one["key"], [])[:100] if asked else [],
            "tree": _tree(one["root"]),
        }
    return found


def _tree(node: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "label": node.get("label") or node["name"],
        **({"key": node["key"]} if node.get("key") else {}),
        "subset": node.get("true", False),
        "children": [_tree(child) for child in node.get("children", ())],
    }
