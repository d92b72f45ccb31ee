"""The process that evaluates ticks: user code is asked, and the runs that it asks for are made, not stored."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from earmark.decide.staleness import Staleness
from earmark.decide.ticks import tick_run_id
from earmark.define.definitions import Definitions
from earmark.events.kinds import ErrorInfo
from earmark.execute.asking import plan_of
from earmark.execute.errors import error_info
from earmark.execute.instance import DagsterInstance
from earmark.execute.own_time import Say
from earmark.execute.request import made_run
from earmark.execute.ticks import TickPlace, evaluate_tick
from earmark.guest.order import GuestOrder
from earmark.guest.tick_keeping import MadeRun, MadeTick
from earmark.partitions import PartitionKeyRange
from earmark.protocol.framing import Frames
from earmark.runs.request import RunAsk
from earmark.runs.tick import TickOrder, TickResult, TickRun
from earmark.specs.sensor import SensorType
from earmark.values import wire
from earmark.values.errors import TagPolicyError
from earmark.values.keys import AssetKey

_PR_SET_PDEATHSIG = 1


class TickMaker:
    """Evaluates ticks and makes their runs.

    Args:
        definitions: User code.
        instance: The instance that user code sees.
        location: The code location.
        say: Told which condition of a user's is asked, and when its time is over.
    """

    def __init__(
        self, definitions: Definitions, instance: DagsterInstance, location: str, say: Say | None = None
    ) -> None:
        self._definitions = definitions
        self._instance = instance
        self._location = location
        self._place = TickPlace(definitions, instance, instance.clock, location, say)
        self._sent: set[str] = set()

    def make(self, order: TickOrder) -> MadeTick:
        """Evaluate a tick. It never raises: what goes wrong stands in the result."""
        result = evaluate_tick(order.ask, self._place)
        if result.error is not None or not result.runs:
            return MadeTick(result)
        plans: dict[str, bytes] = {}
        refused: dict[int, ErrorInfo] = {}
        try:
            made = self._runs(order, result, plans, refused)
        except Exception as error:
            # A configuration that does not fit, a tag that breaks a rule: no run of the tick is made.
            failed = replace(result, runs=(), partitions=(), facts=(), cursor=None, error=error_info(error))
            return MadeTick(failed, refused=refused)
        self._sent |= plans.keys()
        runs = tuple(one for one in made if one is not None)
        if not runs:
            result = replace(result, skip_message="No asset that was asked for is stale or missing.")
        return MadeTick(result, runs, plans, refused)

    def _runs(
        self, order: TickOrder, result: TickResult, plans: dict[str, bytes], refused: dict[int, ErrorInfo]
    ) -> list[MadeRun | None]:
        """Return the runs that a tick asks for, and fill ``refused`` with those that a policy about tags refuses.

        One of them does not keep the others of a schedule or of conditions from running. A sensor is asked again,
        with the same cursor, until all that it asks for can be made: what it asks for once only is not lost.
        """
        made: list[MadeRun | None] = []
        for number, wanted in enumerate(result.runs):
            try:
                made.append(self._run(order, number, wanted, plans))
            except TagPolicyError as error:
                if order.ask.kind == "sensor" and not self._is_automation(order):
                    raise
                refused[number], last = error_info(error), error
        if refused and not any(made):
            raise last
        return made

    def _run(self, order: TickOrder, number: int, wanted: TickRun, plans: dict[str, bytes]) -> MadeRun | None:
        """Return the run that is asked for; ``None`` where it is of stale assets only, and none is."""
        job = self._definitions.get_job_def(wanted.job_name)
        asked = replace(wanted.ask, traceparent=order.traceparent)
        if wanted.stale_assets_only and job.asset_layer is not None:
            stale = self._stale(asked, job.asset_layer.selected_asset_keys)
            if not stale:
                return None
            asked = replace(asked, asset_selection=stale)
        if asked.asked_by is not None and self._is_automation(order):
            asked = replace(asked, asked_by=replace(asked.asked_by, kind="automation"))
        plan, _, ask = plan_of(job, asked, self._instance)
        made = made_run(
            job,
            plan,
            self._instance,
            ask,
            run_id=tick_run_id(order.ask.tick_id, order.begun_at, number),
            code_location=self._location,
        )
        plan_hash = made.run.plan_hash or ""
        if plan_hash not in self._sent and plan_hash not in plans:
            plans[plan_hash] = wire.encode(plan)
        return MadeRun(made.run, made.facts)

    def _stale(self, asked: RunAsk, of_job: Iterable[AssetKey]) -> frozenset[AssetKey]:
        """Return those of the assets that are asked for which are stale or missing."""
        graph, now = self._definitions.resolve_asset_graph(), self._instance.clock()

        def meant(key: AssetKey) -> Sequence[str] | None:
            definition = graph.get(key).partitions_def
            if definition is not None and asked.partition is not None:
                return [str(asked.partition)]
            if definition is None or asked.partition_range is None:
                return None
            span = PartitionKeyRange(*asked.partition_range)
            return [str(one) for one in definition.get_partition_keys_in_range(span, self._instance, now)]

        staleness = Staleness(graph, self._instance.store.assets, now, self._instance)
        keys = of_job if asked.asset_selection is None else asked.asset_selection
        return graph.with_those_computed_together(staleness.not_up_to_date(keys, meant))

    def _is_automation(self, order: TickOrder) -> bool:
        """Say whether a tick evaluates conditions."""
        if order.ask.kind != "sensor":
            return False
        sensor = self._definitions.get_sensor_def(order.ask.name)
        return bool(sensor.sensor_type == SensorType.AUTOMATION_CONDITION)


def be_evaluator(definitions: Definitions, order: GuestOrder, ours: socket.socket, say: Say) -> None:
    """Become a process that evaluates the ticks it is handed, one at a time, until there are no more."""
    status = 1
    told = os.dup(2)
    try:
        os.setpgid(0, 0)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _silence()
        maker = TickMaker(definitions, order.open(), order.location, say)
        frames: Frames[TickOrder] = Frames(TickOrder)
        while data := ours.recv(1 << 20):
            for one in frames.feed(data):
                ours.sendall(framed(maker.make(one)))
        status = 0
    except Exception as error:
        with open(told, "w", closefd=False) as stream:
            print(f"ticks of {order.location}: {type(error).__name__}: {error}", file=stream)
    finally:
        sys.stdout.flush()
        os._exit(status)


def _silence() -> None:
    """Let what is written past Python's own streams go nowhere: nobody could say which tick wrote it."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)
    os.close(nowhere)


def framed(message: msgspec.Struct) -> bytes:
    """Return a message as bytes; multi-partition keys are written as the strings that they are."""
    data = wire.encode(message)
    return len(data).to_bytes(4, "big") + data
