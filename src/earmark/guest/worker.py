"""The worker of one run: a small supervisor without user code, and the process that runs user code.

The supervisor forks, keeps what is printed, renews the lease, enforces the time limit, passes on a cancellation, and
says how the process ended if the process could not say it itself. It opens the store only for that: a run that ends
well within a few seconds costs one opened store, that of the process which executes it. A forked supervisor that is
done takes the next run, so that each run costs one fork.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from earmark.define.definitions import Definitions
from earmark.events.envelope import Event
from earmark.events.kinds import AnyFact, LogsCaptured, RunCanceled, RunFailed
from earmark.execute.capture import KeptStream, log_path
from earmark.execute.patience import with_patience
from earmark.guest.order import WorkerOrder
from earmark.guest.run_process import LEASE_SECONDS, Claimed, Ended, Word, be_run_process, hold
from earmark.runs.run import DagsterRun
from earmark.tags.system import max_runtime
from earmark.values.errors import StoreError
from earmark.values.states import FINISHED_STATES, DagsterRunStatus, FailureReason

_RENEW_EVERY = LEASE_SECONDS / 6
_ENDED = "ended"
_SIGNALLED = "signalled"
_TOLD = "told"
_DONE = b"done"
_OVERLAP = 1.0
"""For how many seconds after a worker has got another run a signal may still be about the one before."""

_words = msgspec.json.Decoder(Word)
_orders = msgspec.json.Decoder(WorkerOrder)


def supervise(order: WorkerOrder, load: Callable[[], Definitions]) -> int:
    """See a run through; return the exit code of the worker.

    ``load`` gives the definitions, in the process that runs user code: at once where they were loaded before the fork.
    0: the run has ended as it says of itself. 3: another worker has the run, or it is not to be started.
    """
    return _Supervisor(order, load).run()


def serve(order: WorkerOrder, load: Callable[[], Definitions], channel: socket.socket) -> int:
    """See one run after the other through, as long as the guest brings them; return the exit code of the worker.

    Args:
        order: The first run.
        load: As for :func:`supervise`.
        channel: Where it is said that a run is over, and where the next one comes from.
    """
    status = _Supervisor(order, load, channel).run()
    while status == 0:
        # A signal that comes now was meant for a run that is over.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        try:
            channel.send(_DONE)
            data = channel.recv(1 << 20)
        except OSError:
            return 0  # the guest is gone
        if not data:
            return 0
        status = _Supervisor(_orders.decode(data), load, channel, follows=True).run()
    return status


class _Supervisor:
    def __init__(
        self,
        order: WorkerOrder,
        load: Callable[[], Definitions],
        channel: socket.socket | None = None,
        *,
        follows: bool = False,
    ) -> None:
        self._order = order
        self._load = load
        self._channel = channel
        # Until then a signal may have been sent to end the run before this one.
        self._doubtful_until = time.monotonic() + _OVERLAP if follows else 0.0
        self._signalled = False
        self._grace = float(order.settings.get("cancel_grace", 10.0))
        self._limit = float(order.settings.get("max_runtime") or 0) or None
        self._deadline: float | None = None
        self._claimed = False
        self._end: Ended | None = None
        self._heard = b""
        self._cancel_asked = False
        self._interrupted_at: float | None = None
        self._killed = False
        self._timed_out = False
        self._pid = 0

    def run(self) -> int:
        """See the run through."""
        signal.signal(signal.SIGTERM, self._on_terminate)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        pipes = {1: os.pipe(), 2: os.pipe()}
        words, telling = os.pipe()
        me = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            for reading in (words, *(pipe[0] for pipe in pipes.values())):
                os.close(reading)
            if self._channel is not None:
                self._channel.close()
            be_run_process(self._order, self._load, me, {fd: pipe[1] for fd, pipe in pipes.items()}, telling)
        for writing in (telling, *(pipe[1] for pipe in pipes.values())):
            os.close(writing)
        status = self._watch({fd: pipe[0] for fd, pipe in pipes.items()}, words)
        if not self._claimed:
            return _as_it_ended(status)
        self._tell_end(status)
        return 0

    def _on_terminate(self, *_: Any) -> None:
        self._signalled = True

    def _means_this_run(self) -> bool:
        """Say whether a signal asks for the end of this run: who cancels a run says so in the store first."""
        if time.monotonic() >= self._doubtful_until:
            return True
        try:
            with self._order.open() as instance:
                return instance.store.runs.status(self._order.run_id) is DagsterRunStatus.CANCELING
        except StoreError:
            return False  # the next renewal of the lease sees it

    def _watch(self, streams: dict[int, int], words: int) -> int:
        """Wait until the process has ended; return how."""
        selector = selectors.DefaultSelector()
        pidfd = os.pidfd_open(self._pid)
        selector.register(pidfd, selectors.EVENT_READ, _ENDED)
        selector.register(words, selectors.EVENT_READ, _TOLD)
        # A signal alone would not end a wait: Python takes it up again.
        signals, wake = os.pipe()
        for fd in (signals, wake, words):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        selector.register(signals, selectors.EVENT_READ, _SIGNALLED)
        for fd, reading in streams.items():
            path = log_path(Path(self._order.home), self._order.run_id, "_run", "out" if fd == 1 else "err")
            selector.register(reading, selectors.EVENT_READ, KeptStream(path))
        renew = time.monotonic() + _RENEW_EVERY
        ended = False
        while not ended:
            now = time.monotonic()
            for key, _ in selector.select(self._pause(now, renew)):
                if key.data is _ENDED:
                    ended = True
                elif key.data is _SIGNALLED:
                    os.read(signals, 64)
                elif key.data is _TOLD:
                    if not self._hear(words):
                        selector.unregister(words)
                else:
                    _keep(selector, key)
            now = time.monotonic()
            if now >= renew:
                renew = now + _RENEW_EVERY
                self._renew()
            self._see_to_its_end(now)
        _, status = os.waitpid(self._pid, 0)
        # What it left running in its group ends with it.
        _signal_group(self._pid, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        self._hear(words)
        for fd in (pidfd, signals, words):
            if fd in selector.get_map():
                selector.unregister(fd)
        _drain(selector)
        for fd in (pidfd, signals, wake, words):
            os.close(fd)
        return os.waitstatus_to_exitcode(status)

    def _hear(self, words: int) -> bool:
        """Take what the process tells; return whether it may tell more."""
        while True:
            try:
                data = os.read(words, 4096)
            except BlockingIOError:
                return True
            if not data:
                return False
            *lines, self._heard = (self._heard + data).split(b"\n")
            for line in lines:
                self._take(_words.decode(line))

    def _take(self, word: Word) -> None:
        match word:
            case Claimed(limit):
                self._claimed = True
                self._limit = limit or self._limit
                if self._limit is not None:
                    self._deadline = time.monotonic() + self._limit
            case Ended():
                self._end = word

    def _see_to_its_end(self, now: float) -> None:
        if self._deadline is not None and now >= self._deadline and not self._timed_out:
            self._timed_out = True
            self._interrupt(now)
        if self._signalled:
            self._signalled = False
            self._cancel_asked = self._cancel_asked or self._means_this_run()
        if self._cancel_asked and self._interrupted_at is None:
            self._interrupt(now)
        if self._interrupted_at is not None and now - self._interrupted_at >= self._grace and not self._killed:
            self._killed = True
            _signal_group(self._pid, signal.SIGKILL)

    def _pause(self, now: float, renew: float) -> float:
        until = [renew - now]
        if self._deadline is not None and not self._timed_out:
            until.append(self._deadline - now)
        if self._interrupted_at is not None and not self._killed:
            until.append(self._interrupted_at + self._grace - now)
        if self._signalled or (self._cancel_asked and self._interrupted_at is None):
            until.append(0.0)
        return max(0.0, min(until))

    def _interrupt(self, now: float) -> None:
        self._interrupted_at = now
        _signal_group(self._pid, signal.SIGINT)

    def _renew(self) -> None:
        if not self._claimed:
            return
        try:
            # While the run goes on, its supervisor needs a connection for a moment every few seconds.
            with self._order.open() as instance:
                hold(instance.store, self._order, os.getpid())
                instance.store.leases.renew_slots(self._order.run_id)
                status = instance.store.runs.status(self._order.run_id)
            # A run that somebody has ended meanwhile, taking this worker for lost, may be executed again by now.
            if status is DagsterRunStatus.CANCELING or (status in FINISHED_STATES and self._lives()):
                self._cancel_asked = True
        except StoreError as error:
            # The store may be back before the lease runs out; user code is not to suffer meanwhile.
            sys.stderr.write(f"worker of run {self._order.run_id}: lease not renewed: {error}\n")

    def _lives(self) -> bool:
        # The process itself says that the run has ended just before it ends.
        time.sleep(0.2)
        return os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def _tell_end(self, status: int) -> None:
        """Say how the run ended and that its output is kept, unless the process has said it."""
        printed = (Path(self._order.home) / "logs" / self._order.run_id).is_dir()
        if self._end is None or (printed and not self._end.told_logs):
            with_patience(lambda: self._record_end(status, printed), self._order.patience)

    def _record_end(self, status: int, printed: bool) -> None:
        with self._order.open() as instance:
            run = instance.store.runs.get(self._order.run_id)
            facts: list[AnyFact] = [LogsCaptured(run.run_id)] if printed else []
            if not run.is_finished:
                facts.append(self._end_of(run, status))
            now = instance.clock()
            instance.store.runs.record(run.run_id, [Event(fact, now) for fact in facts])

    def _end_of(self, run: DagsterRun, status: int) -> AnyFact:
        if self._timed_out:
            limit = max_runtime(run.tags) or self._order.settings.get("max_runtime")
            return RunFailed(FailureReason.RUN_TIMEOUT, f"The run took longer than {limit:g} seconds.")
        if run.status is DagsterRunStatus.CANCELING or self._cancel_asked:
            forced = f" It did not end by itself within {self._grace:g} seconds and was killed." if self._killed else ""
            return RunCanceled(message=f"The run was canceled.{forced}")
        if status < 0:
            name = signal.Signals(-status).name
            return RunFailed(FailureReason.UNEXPECTED_TERMINATION, f"The process of the run was killed by {name}.")
        return RunFailed(
            FailureReason.UNEXPECTED_TERMINATION,
            f"The process of the run ended with exit code {status} before the run.",
        )


def _as_it_ended(status: int) -> int:
    """End as the process did that could not claim the run: whoever asked for this worker is told why."""
    if status < 0:
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


def _keep(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> bool:
    data = os.read(key.fd, 65536)
    if data:
        key.data.write(data)
        return True
    selector.unregister(key.fileobj)
    key.data.close()
    os.close(key.fd)
    return False


def _drain(selector: selectors.BaseSelector) -> None:
    """Keep what is still in the pipes; whoever holds their other end is gone by now, or is not waited for."""
    while True:
        ready = [key for key, _ in selector.select(0)]
        if not ready:
            break
        for key in ready:
            _keep(selector, key)
    for key in list(selector.get_map().values()):
        key.data.close()
        os.close(key.fd)
    selector.close()


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return
