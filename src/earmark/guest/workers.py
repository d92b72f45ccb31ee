"""The workers of a guest: forked for a run and kept for the next one, or started anew where forking is unsafe."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from earmark.define.definitions import Definitions
from earmark.guest.order import GuestOrder, WorkerOrder
from earmark.guest.worker import serve
from earmark.protocol.messages import Launch, WorkerEnded, WorkerStarted
from earmark.system.processes import start_time_of

_KEPT_SECONDS = 10.0
"""How long a worker without a run is kept."""


@dataclass(slots=True, eq=False)
class _Worker:
    """A worker: its process, the socket that brings it runs, and its run, or since when (monotonic) it has none."""

    pid: int
    started: int
    channel: socket.socket
    run_id: str | None
    idle_since: float = 0.0


class Workers:
    """Starts workers and says when they have ended.

    A worker that is forked costs the pages it writes to for the first time, so one that is done is given the next run.

    Args:
        definitions: User code, as forked workers find it.
        order: How the guest was started.
        forks: Whether workers are forked; otherwise each starts an interpreter of its own.
        leave: Called in a forked worker, to let go of what is the guest's.
    """

    def __init__(self, definitions: Definitions, order: GuestOrder, forks: bool, leave: Callable[[], None]) -> None:
        self._definitions = definitions
        self._order = order
        self._forks = forks
        self._leave = leave
        self._forked: dict[int, _Worker] = {}
        self._idle: list[_Worker] = []
        self._spawned: dict[int, tuple[str, subprocess.Popen[bytes]]] = {}
        self._ended: list[WorkerEnded] = []
        self._selector: selectors.BaseSelector | None = None

    @property
    def busy(self) -> bool:
        """Whether a worker has a run."""
        return bool(self._spawned) or len(self._forked) > len(self._idle)

    def register(self, selector: selectors.BaseSelector) -> None:
        """Say where workers are waited for."""
        self._selector = selector

    def patience(self) -> float | None:
        """Return after how many seconds the next worker without a run is let go."""
        if not self._idle:
            return None
        return max(0.0, self._idle[0].idle_since + _KEPT_SECONDS - time.monotonic())

    def launch(self, message: Launch) -> WorkerStarted:
        """Have a worker see a run through."""
        order = WorkerOrder(
            run_id=message.run_id,
            launch_token=message.launch_token,
            home=self._order.home,
            store=self._order.store,
            location=self._order.location,
            settings=self._order.worker,
            forks=self._forks,
            traceparent=message.traceparent,
        )
        if not self._forks:
            return self._spawn(order)
        worker = self._wake(order) or self._fork(order)
        return WorkerStarted(order.run_id, worker.pid, worker.started)

    def _wake(self, order: WorkerOrder) -> _Worker | None:
        """Give the run to the worker that had one last: its pages are its own, and still in the processor's caches."""
        while self._idle:
            worker = self._idle.pop()
            try:
                worker.channel.send(msgspec.json.encode(order))
            except OSError:
                continue  # it was killed, and is about to be reaped
            worker.run_id = order.run_id
            return worker
        return None

    def _fork(self, order: WorkerOrder) -> _Worker:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = os.fork()
        if pid == 0:
            ours.close()
            self._be_worker(order, theirs)
        theirs.close()
        worker = self._forked[pid] = _Worker(pid, start_time_of(pid), ours, order.run_id)
        assert self._selector is not None
        self._selector.register(ours, selectors.EVENT_READ, worker)
        return worker

    def _be_worker(self, order: WorkerOrder, channel: socket.socket) -> None:
        """Become a worker: leave the guest's sockets, signals and session behind."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            self._leave()
            for worker in self._forked.values():
                worker.channel.close()
            os.setsid()
            status = serve(order, lambda: self._definitions, channel)
        except BaseException as error:
            sys.stderr.write(f"worker of run {order.run_id}: {type(error).__name__}: {error}\n")
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _spawn(self, order: WorkerOrder) -> WorkerStarted:
        argument = msgspec.json.encode({"guest": self._order, "worker": order}).decode()
        child = subprocess.Popen(
            [sys.executable, "-m", "earmark.guest.spawned_worker", argument], start_new_session=True, close_fds=True
        )
        self._spawned[child.pid] = (order.run_id, child)
        return WorkerStarted(order.run_id, child.pid, start_time_of(child.pid))

    def owns(self, data: object) -> bool:
        """Say whether what a selector found ready is a worker."""
        return isinstance(data, _Worker)

    def on_ready(self, key: selectors.SelectorKey) -> None:
        """Hear that a worker is done with its run, or gone."""
        worker: _Worker = key.data
        try:
            said = worker.channel.recv(64)
        except OSError:
            said = b""
        if not said:
            self._stop_hearing(worker)
            return
        self._ended.append(WorkerEnded(worker.run_id or "", worker.pid, 0))
        worker.run_id, worker.idle_since = None, time.monotonic()
        self._idle.append(worker)

    def _stop_hearing(self, worker: _Worker) -> None:
        if worker.channel.fileno() < 0:
            return
        assert self._selector is not None
        self._selector.unregister(worker.channel)
        worker.channel.close()

    def ended(self) -> Iterator[WorkerEnded]:
        """Reap; give the ends of runs' workers that have not been told yet."""
        for pid in [*self._forked, *self._spawned]:
            try:
                found, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                found, status = pid, 0
            if found:
                self._take_end(pid, os.waitstatus_to_exitcode(status))
        told, self._ended = self._ended, []
        yield from told

    def _take_end(self, pid: int, status: int) -> None:
        if pid in self._spawned:
            run_id, _ = self._spawned.pop(pid)
            self._ended.append(WorkerEnded(run_id, pid, status))
            return
        worker = self._forked.pop(pid)
        self._stop_hearing(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        if worker.run_id is not None:
            self._ended.append(WorkerEnded(worker.run_id, pid, status))

    def release(self, *, all_of_them: bool = False) -> None:
        """Let go of workers that have had no run for a while: they end when nobody can bring them one."""
        now = time.monotonic()
        while self._idle and (all_of_them or now - self._idle[0].idle_since >= _KEPT_SECONDS):
            self._stop_hearing(self._idle.pop(0))
