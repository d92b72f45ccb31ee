"""The run, the op, its configuration and its resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from earmark.define.ops.job import JobDefinition
from earmark.define.ops.op import OpDefinition
from earmark.execute.contexts.view import View
from earmark.execute.log import DagsterLogManager
from earmark.runs.run import DagsterRun

if TYPE_CHECKING:
    from pdb import Pdb

    from earmark.execute.instance import DagsterInstance


class RunView(View):
    """The run, the op, its configuration and its resources."""

    @property
    def run(self) -> DagsterRun:
        """The run: its id, its tags, its configuration."""
        return self._in_run("The run").run

    @property
    def dagster_run(self) -> DagsterRun:
        """The run, by its old name."""
        return self.run

    @property
    def run_id(self) -> str:
        """The run's id; ``EPHEMERAL`` outside a run."""
        return "EPHEMERAL" if self._scope.run is None else self._scope.run.run.run_id

    @property
    def run_config(self) -> Mapping[str, Any]:
        """The run's configuration as given."""
        return {} if self._scope.run is None else self._scope.run.run.run_config

    @property
    def run_tags(self) -> Mapping[str, str]:
        """All tags of the run."""
        return self._scope.run_tags

    def has_tag(self, key: str) -> bool:
        """Say whether the run has a tag with the key."""
        return key in self._scope.run_tags

    def get_tag(self, key: str) -> str | None:
        """Return the value of a tag of the run, or ``None``."""
        return self._scope.run_tags.get(key)

    @property
    def job_def(self) -> JobDefinition:
        """The job that runs."""
        return self._in_run("The job").job

    @property
    def job_name(self) -> str:
        """The job's name."""
        return self._in_run("The job").job.name

    @property
    def op(self) -> OpDefinition:
        """The op's definition."""
        return self.op_def

    @property
    def op_handle(self) -> str:
        """The op's place in the job: node names joined by dots."""
        return self.node_handle

    @property
    def node_handle(self) -> str:
        """The op's place in the job: node names joined by dots."""
        self._in_run("The node")
        assert self._scope.step is not None
        return ".".join(self._scope.step.path)

    @property
    def op_config(self) -> Any:
        """The op's configuration as a plain value."""
        return self._scope.op_config

    @property
    def resources(self) -> Any:
        """The resources that the op asks for, as attributes."""
        return self._scope.resources

    @property
    def instance(self) -> DagsterInstance:
        """The handle on the store and the home; what the run has recorded so far is there to be read."""
        if self._scope.run is not None:
            self._scope.run.recorder.flush()
        return self._scope.instance

    @property
    def log(self) -> DagsterLogManager:
        """A logger whose lines become events of the run."""
        return self._scope.log

    @property
    def pdb(self) -> Pdb:
        """A debugger: ``context.pdb.set_trace()``."""
        import sys
        from pdb import Pdb

        return Pdb(stdin=sys.__stdin__, stdout=sys.__stdout__)

    @property
    def retry_number(self) -> int:
        """How often the step was tried before: 0 at first."""
        return self._scope.attempt - 1

    @property
    def step_launcher(self) -> None:
        """Always ``None``: step launchers are not part of Earmark."""
        return

    @property
    def location_name(self) -> str | None:
        """The code location of the run."""
        return self._in_run("The code location").run.code_location

    def get_mapping_key(self) -> str | None:
        """Return the mapping key that the step was expanded for, or ``None``."""
        return self._scope.mapping_key

    def describe_op(self) -> str:
        """Return a name for the op, for error messages."""
        return f'op "{self.op_def.name}"'
