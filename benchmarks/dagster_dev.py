"""``dagster dev`` over a project of the benchmark's own, used as anybody can: by command, GraphQL and Python names."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.processes import free_port, stop_group

LOCATION = "project.py"
REPOSITORY = "__repository__"

_LAUNCH = """
mutation ($selector: JobOrPipelineSelector!, $tags: [ExecutionTag!]) {
  launchRun(executionParams: {selector: $selector, executionMetadata: {tags: $tags}})
  { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } }
}
"""

_BACKFILL = """
mutation ($asset: [String!]!, $partitions: [String!]!) {
  launchPartitionBackfill(backfillParams: {assetSelection: [{path: $asset}], partitionNames: $partitions})
  { __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } }
}
"""

_LOADED = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"


@dataclass(frozen=True)
class DagsterDev:
    """A web server, a daemon and a code server in processes of their own, and the instance that they share."""

    home: Path
    port: int
    pid: int
    instance: Any

    def ask(self, query: str, **variables: Any) -> Any:
        """Return what GraphQL answers; an answer that is an error ends the case."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            told = json.load(answer)
        if told.get("errors"):
            raise SystemExit(f"Dagster refused: {told['errors'][0]['message'][:150]}")
        for found in (told["data"] or {}).values():
            if "message" in found:
                raise SystemExit(f"Dagster refused: {found['message'][:150]}")
        return told["data"]

    def launch(self, job: str, tags: Mapping[str, str] | None = None) -> str:
        """Put a run of a job into the queue and return its id."""
        told = [{"key": key, "value": value} for key, value in (tags or {}).items()]
        selector = {"jobName": job, "repositoryName": REPOSITORY, "repositoryLocationName": LOCATION}
        return str(self.ask(_LAUNCH, selector=selector, tags=told)["launchRun"]["run"]["runId"])

    def backfill(self, asset: str, partitions: list[str]) -> None:
        """Ask for a backfill of an asset."""
        self.ask(_BACKFILL, asset=[asset], partitions=partitions)

    def wait_for(self, holds: Callable[[], bool], seconds: float) -> None:
        """Wait until something holds."""
        until = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > until:
                raise SystemExit(f"Dagster was not done after {seconds:g} s")
            time.sleep(0.02)

    def wait_ended(self, count: int, seconds: float) -> None:
        """Wait until so many runs have succeeded in all."""
        dagster = importlib.import_module("dagster")
        ended = dagster.RunsFilter(statuses=[dagster.DagsterRunStatus.SUCCESS])
        self.wait_for(lambda: self.instance.get_runs_count(ended) >= count, seconds)


@contextmanager
def running_dagster(code: str, maximum: int = 10) -> Iterator[DagsterDev]:
    """Give an instance of Dagster that has loaded its code, in the home that the case was given.

    Args:
        code: What stands in the project's file, which says ``import earmark as em``.
        maximum: How many runs may be in progress at once.
    """
    home, port = Path(os.environ["DAGSTER_HOME"]), free_port()
    (home / LOCATION).write_text(code.replace("import earmark as em", "import dagster as em"))
    (home / "dagster.yaml").write_text(
        f"telemetry: {{enabled: false}}\nconcurrency: {{runs: {{max_concurrent_runs: {maximum}}}}}\n"
    )
    command = [str(Path(sys.executable).with_name("dagster")), "dev", "-f", LOCATION, "-p", str(port)]
    with importlib.import_module("dagster").DagsterInstance.get() as instance:
        # Its databases are made by whoever asks first, which two should not do at once.
        instance.get_runs_count()
        instance.get_dynamic_partitions("none")
        instance.all_instigator_state()
        with (home / "dev.log").open("w") as log:
            process = subprocess.Popen(
                command,
                cwd=home,
                env={**os.environ, "STAMPS": str(home / "stamps")},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            found = DagsterDev(home, port, process.pid, instance)
            found.wait_for(lambda: _is_loaded(found), 120)
            yield found
        finally:
            stop_group(process)


def _is_loaded(found: DagsterDev) -> bool:
    try:
        return bool(found.ask(_LOADED)["repositoriesOrError"].get("nodes"))
    except OSError:
        return False
