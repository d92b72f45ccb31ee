"""Traces of requests, of the queue, of runs and of steps, by OpenTelemetry, for whoever asks for them.

They are asked for by the settings (``[telemetry] traces``) or by OpenTelemetry's own environment variables, and need
``earmark[otel]``. Where nobody asks, nothing of OpenTelemetry is imported, and a span costs a function call.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Literal, Self

from earmark.values.clock import Micros
from earmark.values.errors import SettingsError

Attributes = Mapping[str, str | int | float | bool]

_ASKING = ("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_HEADER = "traceparent"

_tracer: Any = None
_provider: Any = None


def are_wanted(setting: bool | None, environ: Mapping[str, str] | None = None) -> bool:
    """Say whether traces are asked for.

    Args:
        setting: What the settings say; ``None`` leaves it to the environment.
        environ: The environment variables; the process's own if ``None``.

    Example:
        >>> are_wanted(None, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"})
        True
        >>> are_wanted(True, {"OTEL_SDK_DISABLED": "true"})
        False
    """
    environ = os.environ if environ is None else environ
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or environ.get("OTEL_TRACES_EXPORTER") == "none":
        return False
    return any(environ.get(name) for name in _ASKING) if setting is None else setting


def begin(role: Literal["host", "worker", "command"]) -> None:
    """Trace from now on in this process.

    Where user code has set a tracer provider of its own, that one is used, so that its spans and ours are one trace.

    Args:
        role: A host exports from a thread. A worker or a command may fork, so it exports what it kept when
            :func:`flush` says so.

    Raises:
        SettingsError: OpenTelemetry is not installed, or an exporter is asked for that there is not.
    """
    global _tracer, _provider  # noqa: PLW0603 - one process has one tracer, as OpenTelemetry itself has it
    try:
        from earmark.system import trace_export
    except ImportError as error:
        raise SettingsError(
            f"Traces are asked for, and OpenTelemetry is not installed: {error}.",
            hint="pip install 'earmark[otel]', or set OTEL_SDK_DISABLED=true.",
        ) from error
    _provider = trace_export.provider_for(role)
    _tracer = _provider.get_tracer("earmark")


def end() -> None:
    """Export what is left, and trace no more."""
    global _tracer, _provider
    provider, _tracer, _provider = _provider, None, None
    if provider is not None:
        provider.shutdown()


def are_on() -> bool:
    """Say whether this process traces."""
    return _tracer is not None


def flush() -> None:
    """Export what has ended. A collector out of reach is waited for as long as the exporter's timeout says."""
    if _provider is not None:
        _provider.force_flush()


class Span:
    """Something that takes time, from entering to leaving; of no effect where nobody traces.

    Args:
        manager: OpenTelemetry's own; ``None`` where nobody traces.
    """

    __slots__ = ("_manager", "_span")

    def __init__(self, manager: Any = None) -> None:
        self._manager = manager
        self._span: Any = None

    def __enter__(self) -> Self:
        if self._manager is not None:
            self._span = self._manager.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._manager is not None:
            self._manager.__exit__(kind, error, traceback)

    @property
    def traceparent(self) -> str:
        """What names it to those who do a part of it elsewhere; empty where nobody traces."""
        return "" if self._span is None else _header_of(self._span)

    def set(self, attributes: Attributes) -> None:
        """Say more about it."""
        if self._span is not None:
            self._span.set_attributes(attributes)

    def rename(self, name: str) -> None:
        """Name it, now that its name is known."""
        if self._span is not None:
            self._span.update_name(name)

    def fail(self, words: str, error: BaseException | None = None) -> None:
        """Say that it went wrong.

        Args:
            words: What a person reads.
            error: What was raised, where something was.
        """
        if self._span is None:
            return
        from opentelemetry.trace import Status, StatusCode

        if error is not None:
            self._span.record_exception(error)
        self._span.set_status(Status(StatusCode.ERROR, words))


_NO_SPAN = Span()


def span(
    name: str,
    attributes: Attributes | None = None,
    *,
    parent: str = "",
    kind: Literal["internal", "server", "consumer"] = "internal",
    is_current: bool = True,
) -> Span:
    """Return a span to enter and leave by ``with``.

    Args:
        name: What takes time.
        attributes: What is to be known of it.
        parent: The ``traceparent`` of what it belongs to; the current span if empty.
        kind: Whether it answers somebody else's request (``server``) or does what was asked earlier (``consumer``).
        is_current: Whether what happens meanwhile in this thread belongs to it.

    Example:
        >>> with span("load", {"rows": 3}) as one:
        ...     one.set({"table": "orders"})
    """
    if _tracer is None:
        return _NO_SPAN
    from opentelemetry.trace import SpanKind

    about = {"context": _context_of(parent), "kind": SpanKind[kind.upper()], "attributes": attributes or {}}
    return Span(_tracer.start_as_current_span(name, **about) if is_current else _aside(name, about))


@contextmanager
def _aside(name: str, about: Mapping[str, Any]) -> Iterator[Any]:
    made = _tracer.start_span(name, **about)
    try:
        yield made
    finally:
        made.end()


def record(name: str, start: Micros, end: Micros, attributes: Attributes, *, parent: str = "") -> str:
    """Record a span that is over already, and return its ``traceparent``; empty where nobody traces.

    Args:
        name: What took time.
        start: When it began.
        end: When it ended.
        attributes: What is to be known of it.
        parent: The ``traceparent`` of what it belongs to; it begins a trace if empty.
    """
    if _tracer is None:
        return ""
    from opentelemetry.context import Context

    made = _tracer.start_span(
        name, context=_context_of(parent) or Context(), start_time=start * 1000, attributes=attributes
    )
    made.end(max(start, end) * 1000)
    return _header_of(made)


def current() -> str:
    """Return the ``traceparent`` of the current span; empty where there is none."""
    if _tracer is None:
        return ""
    from opentelemetry.trace import get_current_span

    return _header_of(get_current_span())


def _header_of(span: Any) -> str:
    from opentelemetry.trace import set_span_in_context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier, set_span_in_context(span))
    return carrier.get(_HEADER, "")


def _context_of(parent: str) -> Any:
    """Return the context of a ``traceparent``; ``None``, for the current one, where it is empty or makes no sense."""
    if not parent:
        return None
    from opentelemetry.context import Context
    from opentelemetry.trace import get_current_span
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({_HEADER: parent}, Context())
    return context if get_current_span(context).get_span_context().is_valid else None
