"""A session: the context is laid out, messages are read, and results are at hand while a process works elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from earmark.define.ops.outputs import MaterializeResult
from earmark.execute.contexts.execution import AnyContext
from earmark.execute.pipes.handler import PipesMessageHandler, PipesMessageReader
from earmark.execute.pipes.ports import PipesContextInjector
from earmark.execute.pipes.wire import (
    CONTEXT_OPTION,
    CONTEXT_VARIABLE,
    MESSAGES_OPTION,
    MESSAGES_VARIABLE,
    PipesExecutionResult,
    PipesLaunchedData,
    PipesParams,
    context_data_of,
    encode_param,
)
from earmark.specs.metadata import RawMetadataMapping, normalize_metadata
from earmark.system.clock import now
from earmark.values.clock import to_seconds
from earmark.values.errors import DagsterPipesExecutionError

COMPOSITE_WRITERS = "dagster_pipes_composite_writers"
"""Under what name a composite reader gives the parameters of each of its readers."""


def _now() -> dt.datetime:
    # In local time without a zone, as clients that read the logs of a platform from there on expect it.
    return dt.datetime.fromtimestamp(to_seconds(now()))


@dataclass
class PipesSession:
    """A process elsewhere and this step, while they speak with each other. :func:`open_pipes_session` gives one.

    Args:
        context_data: What the process may know of its step.
        message_handler: Takes the messages.
        context_injector_params: By these the process finds its context.
        message_reader_params: By these the process finds where its messages go.
        context: The step's context.
        created_at: When the session began.

    Example:
        >>> @em.asset
        ... def orders(context: em.AssetExecutionContext):
        ...     injector, reader = em.PipesEnvContextInjector(), em.PipesTempFileMessageReader()
        ...     with em.open_pipes_session(context, injector, reader) as session:
        ...         variables = session.get_bootstrap_env_vars()
        ...     return em.MaterializeResult(metadata={"told by": sorted(variables)})
        >>> [written] = em.materialize([orders]).asset_materializations_for_node("orders")
        >>> written.metadata["told by"].value
        ['DAGSTER_PIPES_CONTEXT', 'DAGSTER_PIPES_MESSAGES']
    """

    context_data: Mapping[str, Any]
    message_handler: PipesMessageHandler
    context_injector_params: PipesParams
    message_reader_params: PipesParams
    context: AnyContext
    created_at: dt.datetime = field(default_factory=_now)

    @property
    def default_remote_invocation_info(self) -> dict[str, str]:
        """Labels that tell a platform elsewhere which run and job a process of it belongs to."""
        told = {"dagster/run-id": self.context_data["run_id"], "dagster/job": self.context_data["job_name"]}
        return {key: value for key, value in told.items() if value is not None}

    def get_bootstrap_params(self) -> Mapping[str, Any]:
        """Return what the process must be told, not encoded, by the name of its environment variable."""
        return {CONTEXT_VARIABLE: self.context_injector_params, MESSAGES_VARIABLE: self.message_reader_params}

    def get_bootstrap_env_vars(self) -> Mapping[str, str]:
        """Return the environment variables that the process needs."""
        return self._variables(self.message_reader_params)

    def get_bootstrap_cli_arguments(self) -> Mapping[str, str]:
        """Return the command line options that say the same, for a process whose environment cannot be set."""
        return self._options(self.message_reader_params)

    def get_per_writer_bootstrap_env_vars(self) -> Sequence[Mapping[str, str]]:
        """Return the environment variables for each process that reports to this session."""
        return [self._variables(params) for params in self._writers()]

    def get_per_writer_bootstrap_cli_arguments(self) -> Sequence[Mapping[str, str]]:
        """Return the command line options for each process that reports to this session."""
        return [self._options(params) for params in self._writers()]

    def _writers(self) -> Sequence[PipesParams]:
        writers: Sequence[PipesParams] = self.message_reader_params.get(COMPOSITE_WRITERS, [self.message_reader_params])
        return writers

    def _variables(self, messages: PipesParams) -> Mapping[str, str]:
        return {
            CONTEXT_VARIABLE: encode_param(self.context_injector_params),
            MESSAGES_VARIABLE: encode_param(messages),
        }

    def _options(self, messages: PipesParams) -> Mapping[str, str]:
        return {CONTEXT_OPTION: encode_param(self.context_injector_params), MESSAGES_OPTION: encode_param(messages)}

    def get_results(
        self, *, implicit_materializations: bool = True, metadata: RawMetadataMapping | None = None
    ) -> Sequence[PipesExecutionResult]:
        """Return what was reported so far.

        Args:
            implicit_materializations: Whether the step's assets that nothing was reported about count as written.
            metadata: Facts to add to each result.
        """
        results = list(self.get_reported_results())
        if implicit_materializations:
            told = {result.asset_key for result in results if isinstance(result, MaterializeResult)}
            expected = sorted(self.context.selected_asset_keys) if self.context.has_assets_def else []
            results += [MaterializeResult(asset_key=key) for key in expected if key not in told]
        if metadata:
            results = [_with_metadata(result, metadata) for result in results]
        return tuple(results)

    def get_reported_results(self) -> Sequence[PipesExecutionResult]:
        """Return only what the process said itself."""
        return self.message_handler.get_reported_results()

    def get_custom_messages(self) -> Sequence[Any]:
        """Return the messages of the process's own making so far, in order."""
        return self.message_handler.get_custom_messages()

    def report_launched(self, launched_payload: PipesLaunchedData) -> None:
        """Say what is known of the process only once it was started; the message reader hears it."""
        self.message_handler.on_launched(launched_payload)


def _with_metadata(result: PipesExecutionResult, metadata: RawMetadataMapping) -> PipesExecutionResult:
    return msgspec.structs.replace(result, metadata={**(result.metadata or {}), **normalize_metadata(metadata)})


@contextmanager
def open_pipes_session(
    context: AnyContext,
    context_injector: PipesContextInjector,
    message_reader: PipesMessageReader,
    extras: Mapping[str, Any] | None = None,
) -> Iterator[PipesSession]:
    """Open a session, for a process that you start yourself; when it closes, all messages have been read.

    Args:
        context: The step's context.
        context_injector: Hands the context over.
        message_reader: Reads the messages.
        extras: What else the process is to know: data of JSON.

    Raises:
        DagsterPipesExecutionError: Messages came that cannot be read, so what was reported may not be whole.

    Example:
        >>> import os, subprocess, sys
        >>> @em.asset
        ... def orders(context: em.AssetExecutionContext):
        ...     with open_pipes_session(
        ...         context,
        ...         context_injector=em.PipesTempFileContextInjector(),
        ...         message_reader=em.PipesTempFileMessageReader(),
        ...         extras={"month": "2026-11"},
        ...     ) as session:
        ...         told = {**os.environ, **session.get_bootstrap_env_vars()}
        ...         subprocess.run([sys.executable, "-c", "pass"], env=told, check=True)
        ...     return session.get_results()
        >>> em.materialize([orders]).success
        True
    """
    with quiet_session(context, context_injector, message_reader, extras) as session:
        yield session
    refuse_unread(session.message_handler)


@contextmanager
def quiet_session(
    context: AnyContext,
    context_injector: PipesContextInjector,
    message_reader: PipesMessageReader,
    extras: Mapping[str, Any] | None,
) -> Iterator[PipesSession]:
    """Open a session whose end leaves it to the caller to judge what was not understood."""
    data = context_data_of(context, extras)
    handler = PipesMessageHandler(context, message_reader)
    with context_injector.inject_context(data) as injected, handler.handle_messages() as reading:
        yield PipesSession(data, handler, injected, reading, context)
    handler.tell_what_is_missing(f"{type(context_injector).__name__}: {context_injector.no_messages_debug_text()}")


def refuse_unread(handler: PipesMessageHandler) -> None:
    """Fail if messages came that could not be read.

    Raises:
        DagsterPipesExecutionError: Some did; the error shows the first.
    """
    if not handler.faults:
        return
    count = len(handler.faults)
    which = "A message" if count == 1 else f"{count} messages"
    raise DagsterPipesExecutionError(
        f"{which} of the process could not be read: {handler.faults[0]}{' and so on' if count > 1 else ''}. What it"
        " reported may not be whole, so none of it is recorded.",
        faults=tuple(handler.faults),
    )
