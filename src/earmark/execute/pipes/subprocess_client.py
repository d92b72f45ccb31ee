"""The client for processes of this machine."""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Mapping, Sequence
from typing import Any

from earmark.execute.contexts.execution import AnyContext
from earmark.execute.pipes.client import PipesClient, PipesClientCompletedInvocation
from earmark.execute.pipes.file_reader import PipesTempFileMessageReader
from earmark.execute.pipes.guarded_process import GuardedProcess
from earmark.execute.pipes.handler import PipesMessageHandler, PipesMessageReader
from earmark.execute.pipes.injectors import PipesTempFileContextInjector
from earmark.execute.pipes.ports import PipesContextInjector
from earmark.execute.pipes.session import quiet_session, refuse_unread
from earmark.values.errors import DagsterPipesExecutionError


class PipesSubprocessClient(PipesClient):
    """Runs a command of this machine as (part of) a step; give it as a resource.

    The command is started in a process group of its own. When its run is cancelled or takes too long, the group is
    interrupted (SIGINT) and, if it does not end, killed; when this process dies, the group dies with it. What the
    command prints goes where the step's own output goes.

    Args:
        env: Environment variables, beside those of this process.
        cwd: The folder to start in.
        context_injector: Hands the context over; by a temporary file if not given.
        message_reader: Reads the messages; from a temporary file if not given.
        forward_termination: ``False`` leaves the command alone when the run is cancelled: it goes on, and nobody
            watches over it.
        forward_stdio: ``False`` throws away what the command prints.
        termination_timeout_seconds: How long the command may take to end once it is interrupted.

    Example:
        >>> import sys
        >>> @em.asset
        ... def orders(context: em.AssetExecutionContext, pipes: em.PipesSubprocessClient):
        ...     return pipes.run(context=context, command=[sys.executable, "-c", "pass"]).get_materialize_result()
        >>> defs = em.Definitions(assets=[orders], resources={"pipes": PipesSubprocessClient()})
        >>> defs.resolve_implicit_global_asset_job_def().execute_in_process().success
        True
    """

    def __init__(
        self,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        context_injector: PipesContextInjector | None = None,
        message_reader: PipesMessageReader | None = None,
        forward_termination: bool = True,
        forward_stdio: bool = True,
        termination_timeout_seconds: float = 20,
    ) -> None:
        self.env = dict(env or {})
        self.cwd = cwd
        self.context_injector = context_injector or PipesTempFileContextInjector()
        self.message_reader = message_reader or PipesTempFileMessageReader()
        self.forward_termination = forward_termination
        self.forward_stdio = forward_stdio
        self.termination_timeout_seconds = termination_timeout_seconds

    def run(  # type: ignore[override]  # a client's own arguments are named, and the command is needed
        self,
        *,
        context: AnyContext,
        extras: Mapping[str, Any] | None = None,
        command: str | Sequence[str],
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> PipesClientCompletedInvocation:
        """Run a command, wait until it has ended, and return what it reported.

        Args:
            context: The step's context.
            extras: What else the command is to know: data of JSON.
            command: The program and its arguments, as :class:`subprocess.Popen` takes them.
            env: Environment variables, beside those of this process and of the client.
            cwd: The folder to start in, instead of the client's.

        Raises:
            DagsterPipesExecutionError: The command cannot be started, it failed (its exit code or signal is told, and
                the error that it told itself), or it sent messages that cannot be read.
        """
        with quiet_session(context, self.context_injector, self.message_reader, extras) as session:
            process = self._start(
                command, {**os.environ, **session.get_bootstrap_env_vars(), **self.env, **(env or {})}, cwd
            )
            with process:
                code = self._wait(process, context)
        handler = session.message_handler
        if code != 0:
            handler.tell_unrecorded()
            raise self._failed(command, process.pid, code, handler)
        refuse_unread(handler)
        return PipesClientCompletedInvocation(session)

    def _start(self, command: str | Sequence[str], env: Mapping[str, str], cwd: str | None) -> GuardedProcess:
        folder = cwd if cwd is not None else self.cwd
        if folder is not None and not os.path.isdir(folder):
            raise DagsterPipesExecutionError(
                f"The command {_shown(command)} is to start in {folder!r}, which is no folder."
            )
        try:
            return GuardedProcess(
                command, env=env, cwd=folder, shown=self.forward_stdio, guarded=self.forward_termination
            )
        except (OSError, TypeError, ValueError) as error:
            hint = None
            if isinstance(command, str) and " " in command:
                hint = f"Arguments are given as a list: command={shlex.split(command)!r}."
            raise DagsterPipesExecutionError(
                f"The command {_shown(command)} could not be started: {error}.", hint=hint
            ) from error

    def _wait(self, process: GuardedProcess, context: AnyContext) -> int:
        try:
            return process.wait()
        except BaseException:
            if self.forward_termination:
                context.log.warning(f"[pipes] The run is interrupted, and so is its process {process.pid} (SIGINT).")
                if not process.interrupt(self.termination_timeout_seconds):
                    context.log.warning(
                        f"[pipes] The process {process.pid} did not end within {self.termination_timeout_seconds:g}"
                        " seconds and was killed."
                    )
            raise

    def _failed(
        self, command: str | Sequence[str], pid: int, code: int, handler: PipesMessageHandler
    ) -> DagsterPipesExecutionError:
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        own = f" It told of its error: {handler.exception}" if handler.exception else ""
        unread = f" {len(handler.faults)} of its messages could not be read." if handler.faults else ""
        return DagsterPipesExecutionError(
            f"The process {pid} of the command {_shown(command)} {how}.{own}{unread}",
            hint="What it printed is in the output of the step." if self.forward_stdio else None,
            pid=pid,
            exit_code=code,
        )


def _shown(command: str | Sequence[str]) -> str:
    text = command if isinstance(command, str) else shlex.join(str(part) for part in command)
    return f"`{text}`" if len(text) <= 300 else f"`{text[:300]}…`"
