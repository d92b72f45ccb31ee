"""What steps print in this process: shown as it comes, and kept for ``earmark run logs``."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from earmark.events import kinds
from earmark.events.envelope import Event
from earmark.execute.capture import KeptStream
from earmark.system.logs import log_path


class KeptOutput:
    """While it is entered, what is printed goes to the home too, in the files of the step that runs.

    It sees what goes through ``sys.stdout`` and ``sys.stderr``. What steps that run side by side print is kept with the
    one that started last.

    Args:
        home: The home.
        run_id: The run.
    """

    def __init__(self, home: Path, run_id: str) -> None:
        self._home = home
        self._run_id = run_id
        self._steps: dict[str, dict[str, KeptStream]] = {}
        self._replaced = ExitStack()

    def __enter__(self) -> KeptOutput:
        for name in ("stdout", "stderr"):
            shown = getattr(sys, name)
            setattr(sys, name, _Tee(shown, self, name[3:]))
            self._replaced.callback(setattr, sys, name, shown)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._replaced.close()
        for step in list(self._steps):
            self._close(step)

    def take(self, event: Event) -> None:
        """Take an event as it happens: it says which step prints from now on."""
        step = event.step_key or ""
        match event.fact:
            case kinds.StepStarted() | kinds.StepRestarted():
                self._steps[step] = {
                    stream: KeptStream(log_path(self._home, self._run_id, step, stream)) for stream in ("out", "err")
                }
            case kinds.StepSucceeded() | kinds.StepFailed() | kinds.StepUpForRetry():
                self._close(step)
            case _:
                return

    def keep(self, stream: str, text: str) -> None:
        """Keep what was just printed, if a step runs."""
        if self._steps:
            next(reversed(self._steps.values()))[stream].write(text.encode("utf-8", "backslashreplace"))

    def _close(self, step: str) -> None:
        for stream in self._steps.pop(step, {}).values():
            stream.close()


class _Tee:
    """A text stream that hands on what is written to it, and has it kept."""

    def __init__(self, shown: Any, kept: KeptOutput, stream: str) -> None:
        self._shown = shown
        self._kept = kept
        self._stream = stream

    def write(self, text: str) -> int:
        self._kept.keep(self._stream, text)
        self._shown.write(text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shown, name)
