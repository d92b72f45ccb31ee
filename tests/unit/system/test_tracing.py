"""When traces are wanted, and where they go."""

from __future__ import annotations

import os

import pytest

from earmark.system.trace_export import KeptSpans, make_exporter
from earmark.system.tracing import are_wanted
from earmark.values.errors import SettingsError

COLLECTOR = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}


@pytest.mark.parametrize(
    ("setting", "environ", "wanted"),
    [
        (None, {}, False),
        (None, COLLECTOR, True),
        (None, {"OTEL_TRACES_EXPORTER": "console"}, True),
        (None, {**COLLECTOR, "OTEL_TRACES_EXPORTER": "none"}, False),
        (None, {"OTEL_SERVICE_NAME": "another"}, False),
        (True, {}, True),
        (True, {"OTEL_SDK_DISABLED": "TRUE"}, False),
        (False, COLLECTOR, False),
    ],
)
def test_the_settings_win_over_the_environment_and_the_switch_of_opentelemetry_over_both(setting, environ, wanted):
    assert are_wanted(setting, environ) is wanted


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"OTEL_TRACES_EXPORTER": "consol"}, "Did you mean 'console'"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "http/protobuf, not by 'grpc'"),
    ],
)
def test_an_exporter_that_there_is_not_is_refused_and_the_words_name_one_that_there_is(environ, words):
    with pytest.raises(SettingsError, match=words):
        make_exporter(environ=environ)


class Exported:
    """An exporter that keeps what it is given."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def export(self, spans):
        from opentelemetry.sdk.trace.export import SpanExportResult

        self.batches.append(len(spans))
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        pass


@pytest.fixture
def kept():
    from opentelemetry.sdk.trace import TracerProvider

    exported = Exported()
    spans = KeptSpans(lambda: exported, most=3)
    provider = TracerProvider()
    provider.add_span_processor(spans)
    return provider.get_tracer("test"), spans, exported


def test_spans_are_exported_when_asked_and_when_many_are_kept(kept):
    tracer, spans, exported = kept
    for _ in range(4):
        tracer.start_span("one").end()
    assert exported.batches == [3]
    assert spans.force_flush()
    assert spans.force_flush()
    assert exported.batches == [3, 1]


def test_a_forked_child_does_not_export_what_its_parent_kept(kept):
    tracer, spans, exported = kept
    tracer.start_span("the parent's").end()
    pid = os.fork()
    if pid == 0:
        spans.force_flush()
        os._exit(len(exported.batches))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    spans.force_flush()
    assert exported.batches == [1]
