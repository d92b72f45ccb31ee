"""Where spans go: OpenTelemetry's SDK, as its own environment variables set it up. Imported by who traces only."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter, SpanExportResult

from earmark.values.errors import SettingsError, did_you_mean
from earmark.values.version import __version__

_AT_ONCE = 512
_WORKER_SECONDS = 2
"""How long a worker waits for a collector, unless ``OTEL_EXPORTER_OTLP_TIMEOUT`` says otherwise: steps wait with it."""


def provider_for(role: str) -> Any:
    """Return the tracer provider of this process: user code's own where it has set one, else a new one.

    Args:
        role: ``host``, which may have threads, or ``worker`` or ``command``, which may fork.

    Raises:
        SettingsError: An exporter is asked for that there is not.
    """
    set_already = trace.get_tracer_provider()
    if isinstance(set_already, TracerProvider):
        return set_already
    provider = TracerProvider(resource=Resource.create(_resource(role)))
    if role == "host":
        provider.add_span_processor(BatchSpanProcessor(make_exporter()))
    else:
        provider.add_span_processor(KeptSpans(lambda: make_exporter(_WORKER_SECONDS)))
        trace.set_tracer_provider(provider)  # what user code traces in its steps belongs to them
    return provider


def _resource(role: str) -> dict[str, str]:
    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "earmark"}
    return {**named, "service.version": __version__, "earmark.role": role, "process.pid": str(os.getpid())}


def make_exporter(seconds: int | None = None, environ: Mapping[str, str] | None = None) -> SpanExporter:
    """Return the exporter that the environment asks for.

    Args:
        seconds: How long it waits for a collector, where the environment does not say.
        environ: The environment variables; the process's own if ``None``.

    Raises:
        SettingsError: There is no such exporter.
    """
    environ = os.environ if environ is None else environ
    kind = environ.get("OTEL_TRACES_EXPORTER") or "otlp"
    if kind == "console":
        return ConsoleSpanExporter()
    if kind != "otlp":
        raise SettingsError(
            f"OTEL_TRACES_EXPORTER is {kind!r}.{did_you_mean(kind, ('otlp', 'console', 'none'))}",
            hint="One of: otlp, console, none.",
        )
    protocols = (environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), environ.get("OTEL_EXPORTER_OTLP_PROTOCOL"))
    protocol = next((one for one in protocols if one), "http/protobuf")
    if protocol != "http/protobuf":
        raise SettingsError(
            f"Traces are exported by http/protobuf, not by {protocol!r}.",
            hint="Unset OTEL_EXPORTER_OTLP_PROTOCOL and name the collector's port for HTTP, 4318 by default.",
        )
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    said = environ.get("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT") or environ.get("OTEL_EXPORTER_OTLP_TIMEOUT")
    return OTLPSpanExporter() if said or seconds is None else OTLPSpanExporter(timeout=seconds)


class KeptSpans(SpanProcessor):
    """Keeps spans that have ended, and exports them in the thread that flushes: a process that forks has no other.

    What a process had kept when it was forked is its own to export, not the child's.

    Args:
        make: Makes the exporter, for one export: no connection crosses a fork.
        most: How many are kept; then they are exported at once.
    """

    def __init__(self, make: Callable[[], SpanExporter], most: int = _AT_ONCE) -> None:
        self._make = make
        self._most = most
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        """Keep a span, if it was sampled."""
        if span.context is None or not span.context.trace_flags.sampled:
            return
        with self._lock:
            self._kept.append(span)
            is_full = len(self._kept) >= self._most
        if is_full:
            self.force_flush()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Export what was kept; what cannot be exported is lost, and the exporter says so in the log."""
        with self._lock:
            kept, self._kept = self._kept, []
        if not kept:
            return True
        exporter = self._make()
        try:
            return bool(exporter.export(kept) is SpanExportResult.SUCCESS)
        finally:
            exporter.shutdown()

    def shutdown(self) -> None:
        """Export what was kept."""
        self.force_flush()
