"""What a process does that was forked for one attempt at one step."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Sequence
from typing import NoReturn

from earmark.events.envelope import Event
from earmark.events.kinds import LogsCaptured, StepFailed
from earmark.execute.errors import error_info
from earmark.execute.executors.messages import Order, Report, events_frame, read_order, report_frame, write_all
from earmark.execute.io_managers import fs_io_manager
from earmark.execute.recorder import Recorder, written_soon
from earmark.execute.resources import resources_for
from earmark.execute.scope import RunScope
from earmark.execute.step import StepFailure, StepRetry, StepSuccess, execute_step
from earmark.specs.op import DEFAULT_IO_MANAGER
from earmark.system import tracing
from earmark.values.keys import AssetKey


def execute_order(run: RunScope, order_file: int, told: int) -> NoReturn:
    """Execute an attempt in this process, and leave without running what belongs to the parent.

    Args:
        run: The run, as it was when the processes' common ancestor was forked.
        order_file: The file that holds the order.
        told: The pipe that takes events, as they happen, and the report.
    """
    status = 1
    try:
        report = execute_alone(run, read_order(order_file), told)
        write_all(told, report_frame(report))
        tracing.flush()
        status = 0
    except BaseException as error:  # the last stand of a process: what is not told here is told by its exit
        write_all(told, report_frame(Report("crash", error=error_info(error))))
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:  # user code may have closed or replaced it; the step has ended all the same
                continue
        os._exit(status)


def execute_alone(run: RunScope, order: Order, told: int) -> Report:
    """Execute one attempt in a process that does nothing else: its own resources, its events told as they happen."""
    step, attempt = order.step, order.attempt

    def tell(_run_id: str, events: Sequence[Event]) -> Sequence[Event]:
        write_all(told, events_frame(events))
        return events

    recorder = Recorder(run.run.run_id, tell, run.clock)
    run.recorder = recorder
    run.mapping_keys = lambda key, output: order.mapping_keys.get(f"{key}\0{output}", ())
    run.gave = lambda key, output: order.gave.get(f"{key}\0{output}", True)
    run.data_versions = {AssetKey(tuple(key.split("\0"))): one for key, one in order.data_versions.items()}
    try:
        # What a step tells is seen while it works on, however long it is silent afterwards.
        with written_soon(recorder), resources_for(run, (step,), {DEFAULT_IO_MANAGER: fs_io_manager}):
            recorder.add(LogsCaptured(run.run.run_id, (step.key,)))
            end = execute_step(run, step, attempt, chance=random.random(), when_started=recorder.flush)
    except Exception as error:
        recorder.add(StepFailed(error_info(error), "", attempt), step.key)
        end = StepFailure(error)
    finally:
        recorder.flush()
    versions = {"\0".join(key.path): version for key, version in run.data_versions.items() if key in step.assets}
    match end:
        case StepSuccess(outputs, mapping_keys):
            return Report("success", tuple(outputs), dict(mapping_keys), data_versions=versions)
        case StepRetry(delay):
            return Report("retry", delay=delay, data_versions=versions)
        case StepFailure(exception):
            return Report("failure", error=error_info(exception), data_versions=versions)
