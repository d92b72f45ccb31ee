"""Traces, as a collector gets them from a real host, its guest and their workers."""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.process.hosting import until

pytestmark = pytest.mark.process

PROJECT = """
from pathlib import Path

import earmark as em
from opentelemetry import trace


@em.op
def fetch():
    with trace.get_tracer("user").start_as_current_span("query the source"):
        return 1


@em.op
def publish(rows):
    raise ValueError("the shelf is full")


@em.job(partitions_def=em.StaticPartitionsDefinition(["a", "b"]))
def cut():
    fetch()


@em.sensor(job=cut, minimum_interval_seconds=1, default_status=em.DefaultSensorStatus.RUNNING)
def watch():
    if Path(__file__).with_name("go").exists():
        return em.RunRequest(run_key="once", partition_key="a")


@em.job(tags={"team": "core"})
def forked():
    fetch()
    fetch.alias("fetch_again")()


@em.job(executor_def=em.in_process_executor)
def inside():
    publish(fetch())


defs = em.Definitions(jobs=[forked, inside, cut], sensors=[watch])
"""

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Collector:
    """What an OpenTelemetry collector is to those who export: an address that takes spans."""

    def __init__(self) -> None:
        self.spans: list[dict[str, Any]] = []
        spans = self.spans

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    about = {one.key: one.value.string_value for one in resource.resource.attributes}
                    spans.extend(_plain(span, about) for scope in resource.scope_spans for span in scope.spans)
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def named(self, name: str, trace: str | None = None) -> dict[str, Any]:
        (found,) = (one for one in self.spans if one["name"] == name and trace in (None, one["trace"]))
        return found

    def of(self, name: str) -> list[dict[str, Any]]:
        return [one for one in self.spans if one["name"] == name]

    def has(self, *names: str) -> bool:
        return set(names) <= {one["name"] for one in self.spans}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _plain(span: Any, about: dict[str, str]) -> dict[str, Any]:
    values = {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}
    return {
        "name": span.name,
        "trace": span.trace_id.hex(),
        "id": span.span_id.hex(),
        "parent": span.parent_span_id.hex(),
        "values": values,
        "is_error": span.status.code == 2,
        "seconds": (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
        "errors": [one.name for one in span.events],
        "about": about,
    }


class Instance:
    """An ``earmark dev`` in a process of its own."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        (folder / "project.py").write_text(PROJECT)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = folder / "host.log"
        command = [sys.executable, "-m", "earmark.cli.main", "dev", "-f", "project.py"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*command, "-p", str(self.port)],
                cwd=folder,
                stdout=log,
                stderr=log,
                env={**os.environ, "EARMARK_HOME": str(folder / "home"), **environment},
            )

    def ask(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        told = {"content-type": "application/json", **(headers or {})}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, told)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def wait_ready(self) -> None:
        def is_ready() -> bool:
            try:
                return [one["status"] for one in self.ask("/api/locations")["items"]] == ["loaded"]
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                return False

        until(is_ready, 60, "the host did not come up")

    def launch(self, job: str, headers: dict[str, str] | None = None) -> str:
        return str(self.ask("/api/launch", {"job": job}, headers)["run_ids"][0])

    def ended(self, run_id: str) -> dict[str, Any]:
        until(lambda: self.ask(f"/api/runs/{run_id}")["ended_at"], 60, "the run did not end")
        return self.ask(f"/api/runs/{run_id}")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()
    yield found
    found.close()


def _start(folder: Path, environment: dict[str, str]) -> Iterator[Instance]:
    found = Instance(folder, environment)
    try:
        found.wait_ready()
        yield found
    finally:
        found.stop()


@pytest.fixture
def instance(tmp_path: Path, collector: Collector) -> Iterator[Instance]:
    yield from _start(tmp_path, {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"})


def test_the_request_the_queue_the_run_and_its_steps_are_one_trace(instance: Instance, collector: Collector) -> None:
    run_id = instance.launch("forked", {"traceparent": f"00-{TRACE}-{CALLER}-01"})
    assert instance.ended(run_id)["status"] == "SUCCESS"
    wanted = ("POST /api/launch", "queue forked", "run forked", "step fetch", "step fetch_again")
    until(lambda: collector.has(*wanted), 20, f"only {[one['name'] for one in collector.spans]} came")

    request, queue, run, step, _ = (collector.named(name, TRACE) for name in wanted)
    assert request["parent"] == CALLER
    assert request["values"]["http.response.status_code"] == 201
    assert queue["parent"] == request["id"]
    assert run["parent"] == queue["id"]
    assert run["values"] == {"earmark.run_id": run_id, "earmark.job": "forked", "earmark.status": "SUCCESS"}
    assert run["about"]["earmark.role"] == "worker"
    assert step["parent"] == run["id"]
    assert step["values"]["earmark.attempt"] == 1
    assert run["seconds"] >= step["seconds"] > 0

    # What user code traces by itself belongs to the step in which it does so.
    own = [one for one in collector.spans if one["name"] == "query the source"]
    steps = {collector.named(name, TRACE)["id"] for name in ("step fetch", "step fetch_again")}
    assert {one["parent"] for one in own} == steps

    # No span is told of twice, however many processes were forked from the one that began it.
    ids = [one["id"] for one in collector.spans]
    assert len(ids) == len(set(ids))


def test_what_a_tick_a_backfill_and_a_command_ask_for_belongs_to_them(
    instance: Instance, collector: Collector, tmp_path: Path
) -> None:
    (tmp_path / "go").touch()
    asked = {"job": "cut", "partitions": ["b"]}
    instance.ask("/api/backfills", asked, {"traceparent": f"00-{TRACE}-{CALLER}-01"})
    command = [
        sys.executable,
        "-m",
        "earmark.cli.main",
        "job",
        "execute",
        "-f",
        "project.py",
        "-j",
        "inside",
        "--launch",
    ]
    environment = {
        **os.environ,
        "EARMARK_HOME": str(tmp_path / "home"),
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "TRACEPARENT": f"00-{TRACE[::-1]}-{CALLER}-01",
    }
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)

    def runs() -> list[dict[str, Any]]:
        return instance.ask("/api/runs")["items"]

    until(lambda: len(runs()) == 3 and all(run["ended_at"] for run in runs()), 60, "the runs did not end")
    wanted = ("tick watch", "backfill", "launch inside", "run cut", "run inside")
    until(lambda: collector.has(*wanted) and len(collector.of("run cut")) == 2, 20)

    (tick_id,) = (run["tags"]["dagster/tick"] for run in runs() if "dagster/tick" in run["tags"])
    (tick,) = (one for one in collector.of("tick watch") if one["values"]["earmark.tick_id"] == tick_id)
    launch = collector.named("launch inside")
    backfill = collector.named("backfill", TRACE)
    assert launch["parent"] == CALLER
    assert launch["about"]["earmark.role"] == "command"
    assert backfill["parent"] == collector.named("POST /api/backfills", TRACE)["id"]
    queued = {one["parent"] for name in ("queue cut", "queue inside") for one in collector.of(name)}
    assert queued == {tick["id"], backfill["id"], launch["id"]}

    traces = {instance.ask(f"/api/runs/{run['id']}")["trace_id"] for run in runs()}
    assert traces == {one["trace"] for one in (tick, backfill, launch)}
    assert not [row for row in instance.ask("/api/tags?system=true")["items"] if "trace" in row["key"]]


def test_a_step_that_fails_says_why_and_so_does_its_run(instance: Instance, collector: Collector) -> None:
    assert instance.ended(instance.launch("inside"))["status"] == "FAILURE"
    until(lambda: collector.has("run inside", "step publish"), 20)
    step, run = collector.named("step publish"), collector.named("run inside")
    assert step["is_error"]
    assert step["errors"] == ["exception"]
    assert run["is_error"]
    assert run["values"]["earmark.status"] == "FAILURE"
    assert not collector.named("step fetch")["is_error"]


def test_a_collector_out_of_reach_costs_a_run_nothing_but_its_spans(tmp_path: Path) -> None:
    for found in _start(
        tmp_path, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_BSP_EXPORT_TIMEOUT": "1"}
    ):
        run = found.ended(found.launch("forked"))
        assert run["status"] == "SUCCESS"


def test_nobody_traces_unasked_and_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    look = (
        "import sys, earmark.guest.worker, earmark.daemon.host, earmark.server.app, earmark.cli.serving;"
        "from earmark.system import tracing;"
        "tracing.span('a').__enter__(); tracing.record('b', 1, 2, {}); tracing.flush();"
        "print(sorted(name for name in sys.modules if name.startswith('opentelemetry')))"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
