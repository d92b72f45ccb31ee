"""How a run goes, while it goes: a bar on a terminal, lines elsewhere; failures with the user's own traceback."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from earmark.cli.errors import error_text, first_cause
from earmark.cli.lines import Line, Screen
from earmark.cli.terminal import count, duration_text, tags_text
from earmark.events import kinds
from earmark.events.envelope import Event
from earmark.plan.plan import Plan
from earmark.runs.run import DagsterRun

_WARNING = 30
_MOST_ASSETS = 12
_MOVES = (kinds.StepStarted, kinds.StepRestarted, kinds.StepSucceeded, kinds.StepFailed, kinds.StepSkipped)
"""The facts that move the bar."""


def progress_of(run: DagsterRun, plan: Plan, *, quiet: bool, forks: bool) -> Progress:
    """Return what shows the progress of a run: nothing, lines, or a live bar on a terminal.

    Args:
        run: The run.
        plan: What it executes.
        quiet: Whether nothing is to be shown.
        forks: Whether steps are executed in forked processes.
    """
    if quiet:
        return Progress(run, plan, None)
    # The stream as it is now: what steps print goes through one that is put before it meanwhile.
    screen = Screen(sys.stdout, outlives_reader=True)
    return LiveProgress(run, plan, screen, forks) if sys.stdout.isatty() else Progress(run, plan, screen)


class Progress:
    """Says in a line how each step ended.

    Args:
        run: The run.
        plan: What it executes.
        screen: Where it is said; ``None`` for nowhere.
    """

    def __init__(self, run: DagsterRun, plan: Plan, screen: Screen | None) -> None:
        self._run = run
        self._steps = len(plan.steps)
        self._width = min(max((len(step.key) for step in plan.steps), default=0), 48)
        self._screen = screen
        self._done: set[str] = set()
        self._running: dict[str, int] = {}
        self._assets: dict[str, kinds.AssetMaterialized] = {}
        self._failed_checks: list[kinds.AssetCheckEvaluated] = []
        self._errors: set[str] = set()

    def __enter__(self) -> Progress:
        name = "assets" if self._run.job_name.startswith("__") else self._run.job_name
        self._say(Line(("run ", "bold"), self._run.run_id, f"  {name}, {count(self._steps, 'step')}"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def take(self, event: Event) -> None:
        """Take an event as it happens."""
        step = event.step_key or ""
        match event.fact:
            case kinds.StepStarted() | kinds.StepRestarted():
                self._running[step] = event.timestamp
            case kinds.StepSucceeded():
                self._end(step, "ok", "green", duration_text(event.fact.duration))
            case kinds.StepFailed():
                self._end(step, "FAILED", "bold red", duration_text(event.timestamp - self._running.get(step, 0)))
                self._say_error(event.fact.error)
            case kinds.StepSkipped():
                self._end(step, "skipped", "yellow", event.fact.reason)
            case kinds.StepUpForRetry():
                delay = f" in {event.fact.delay:g} s" if event.fact.delay else ""
                cause = "" if event.fact.error is None else first_cause(event.fact.error)
                self._say(self._row(step, "again", "yellow", f"attempt {event.fact.attempt} failed{delay}: {cause}"))
            case kinds.AssetMaterialized():
                self._assets[event.fact.materialization.label] = event.fact
            case kinds.AssetCheckEvaluated():
                self._take_check(event.fact)
            case kinds.ResourceInitFailed():
                self._say(Line((f"  resource {event.fact.key} could not be set up", "bold red")))
                self._say_error(event.fact.error)
            case kinds.HookErrored():
                self._say(Line((f"  hook {event.fact.hook} raised after {step}", "red")))
                self._say_error(event.fact.error)
            case kinds.Logged(level=level, message=message) if level >= _WARNING:
                self._say(Line((f"  {step}: {message}", "yellow")))
            case kinds.RunFailed() if not event.fact.failed_steps:
                self._say_error(event.fact.error)
            case _:
                return

    def summarize(self, run: DagsterRun) -> None:
        """Say how the run ended, what it wrote, and where to read more."""
        took = duration_text((run.ended_at or 0) - (run.started_at or run.created_at)) if run.ended_at else ""
        word, style = ("succeeded", "bold green") if run.is_success else ("failed", "bold red")
        if not (run.is_success or run.is_failure):
            word, style = "canceled", "bold yellow"
        self._say(Line("run ", (word, style), f" in {took}: {self._steps_text(run)}"))
        self._say_assets()
        for fact in self._failed_checks:
            one = fact.evaluation
            text = f": {one.description}" if one.description else ""
            severity = one.severity.value.lower()
            self._say(
                Line((f"  check {one.asset_key.to_user_string()}:{one.check_name} failed ({severity}){text}", "red"))
            )
        if run.failure_message and not self._errors:
            self._say(Line((f"  {run.failure_message}", "red")))
        if run.tags:
            self._say(Line(("  tags  ", "dim"), tags_text(run.tags)))
        self._say(Line(("  logs  ", "dim"), f"earmark run logs {run.run_id}"))

    def _steps_text(self, run: DagsterRun) -> str:
        parts = [count(run.steps_succeeded, "step") + (" succeeded" if not run.is_success else "")]
        if run.steps_failed:
            parts.append(f"{run.steps_failed} failed")
        if run.steps_skipped:
            parts.append(f"{run.steps_skipped} skipped")
        left = self._steps - run.steps_succeeded - run.steps_failed - run.steps_skipped
        if left > 0 and not run.is_success:
            parts.append(f"{left} not run")
        return ", ".join(parts)

    def _say_assets(self) -> None:
        for label, fact in list(self._assets.items())[:_MOST_ASSETS]:
            self._say(Line(("  wrote ", "dim"), label, (facts_text(fact), "dim")))
        if len(self._assets) > _MOST_ASSETS:
            self._say(Line((f"  wrote {len(self._assets) - _MOST_ASSETS} more", "dim")))

    def _take_check(self, fact: kinds.AssetCheckEvaluated) -> None:
        if not fact.evaluation.passed:
            self._failed_checks.append(fact)

    def _end(self, step: str, word: str, style: str, text: str) -> None:
        self._running.pop(step, None)
        self._done.add(step)
        self._say(self._row(step, word, style, text))

    def _row(self, step: str, word: str, style: str, text: str) -> Line:
        return Line("  ", (f"{word:<8}", style), f"{step:<{self._width}}  ", (text, "dim"))

    def _say_error(self, error: kinds.ErrorInfo | None) -> None:
        text = "" if error is None else error_text(error)
        if text and text not in self._errors:
            self._errors.add(text)
            self._say(Line((_indented(text), "red")))

    def _say(self, text: Line) -> None:
        if self._screen is not None:
            self._screen.print(text)


class LiveProgress(Progress):
    """A bar at the foot of the terminal, with the steps that run; ended steps scroll by above it.

    Where steps are forked, the bar moves with events only: a thread that draws it could hold a lock at the fork.
    """

    def __init__(self, run: DagsterRun, plan: Plan, screen: Screen, forks: bool) -> None:
        super().__init__(run, plan, screen)
        self._forks = forks
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        self._bar = Bar(
            TextColumn("  "),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[running]}", style="cyan"),
            console=screen.console,
            transient=True,
            auto_refresh=not forks,
            redirect_stdout=not forks,
            redirect_stderr=not forks,
        )
        self._task = self._bar.add_task("", total=self._steps, running="")

    def __enter__(self) -> Progress:
        super().__enter__()
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def take(self, event: Event) -> None:
        """Take an event as it happens."""
        super().take(event)
        if not isinstance(event.fact, _MOVES):
            return
        running = list(self._running)
        shown = ", ".join(running[:3]) + (f" and {len(running) - 3} more" if len(running) > 3 else "")
        # Dynamic outputs expand while the run goes on, so there may be more steps than were planned.
        total = max(self._steps, len(self._done) + len(running))
        self._bar.update(self._task, completed=len(self._done), total=total, running=shown)
        if self._forks:
            self._bar.refresh()


def facts_text(fact: kinds.AssetMaterialized) -> str:
    """Return the short facts about what was written: ``  rows=3 path=...``."""
    shown = []
    for key, value in fact.materialization.metadata.items():
        plain: Any = getattr(value, "value", None)
        if isinstance(plain, (int, float)) and not isinstance(plain, bool):
            name = key.removeprefix("dagster/")
            shown.append(f"{name}={plain:g}" if isinstance(plain, float) else f"{name}={plain}")
    partition = fact.materialization.partition
    return (f"[{partition}]" if partition else "") + ("  " + "  ".join(shown[:4]) if shown else "")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
