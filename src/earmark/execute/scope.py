"""What is at hand while a run, and while one step of it, executes. Contexts that users see are views of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.ops.job import JobDefinition
from earmark.define.ops.op import OpDefinition
from earmark.events.kinds import AnyFact
from earmark.execute.log import DagsterLogManager
from earmark.execute.parents import ParentOutputs
from earmark.execute.partitions import RunPartitions
from earmark.execute.recorder import Recorder
from earmark.execute.run_config import ResolvedConfig
from earmark.plan.plan import Plan
from earmark.plan.step import Step
from earmark.runs.run import DagsterRun
from earmark.values.clock import Clock
from earmark.values.keys import AssetKey

if TYPE_CHECKING:
    from earmark.execute.instance import DagsterInstance
    from earmark.partitions import PartitionsDefinition


class RunScope(msgspec.Struct):
    """Everything a run needs while it executes in one process.

    Args:
        job: The job's definition.
        run: The run.
        plan: What is executed, in this process or another.
        instance: The handle on the store and the home.
        config: The run's configuration, checked, by op and by resource.
        recorder: Where events go.
        clock: Where the time comes from.
        resources: Resources that are set up, by key.
        partitions: The partitions that the run is about.
        captured: For a run in this process, every output by step, output and mapping key.
        input_values: Values for the job's own inputs.
        data_versions: Data versions of assets that this run wrote.
        loggers: The job's own loggers.
        parents: What the runs left behind that this one re-executes.
        log_key: Under what name the home keeps what this process prints; empty if it does not.
    """

    job: JobDefinition
    run: DagsterRun
    plan: Plan
    instance: DagsterInstance
    config: ResolvedConfig
    recorder: Recorder
    clock: Clock
    resources: Mapping[str, Any] = msgspec.field(default_factory=dict)
    partitions: RunPartitions = msgspec.field(default_factory=RunPartitions)
    captured: dict[tuple[str, str, str | None], Any] | None = None
    input_values: Mapping[str, Any] = msgspec.field(default_factory=dict)
    data_versions: dict[AssetKey, str] = msgspec.field(default_factory=dict)
    loggers: tuple[Any, ...] = ()
    log_key: str = ""
    parents: ParentOutputs = msgspec.field(default_factory=ParentOutputs)
    mapping_keys: Callable[[str, str], tuple[str, ...]] | None = None
    gave: Callable[[str, str], bool] | None = None

    def log_for(self, step_key: str | None) -> DagsterLogManager:
        """Return the logger whose lines belong to a step (or to the run as a whole)."""

        def emit(fact: AnyFact) -> None:
            self.recorder.add(fact, step_key)

        return DagsterLogManager(emit, loggers=self.loggers, tags={"run_id": self.run.run_id, "step_key": step_key})


class StepScope(msgspec.Struct):
    """What one step has at hand. ``run`` is ``None`` where a definition is called directly, outside any run."""

    op_def: OpDefinition | None
    instance: DagsterInstance
    log: DagsterLogManager
    emit: Callable[[AnyFact], None]
    resources: Mapping[str, Any]
    run: RunScope | None = None
    step: Step | None = None
    assets_def: AssetsDefinition | None = None
    op_config: Any = None
    attempt: int = 1
    partitions: RunPartitions = msgspec.field(default_factory=RunPartitions)
    mapping_key: str | None = None
    run_tags: Mapping[str, str] = msgspec.field(default_factory=dict)
    output_metadata: dict[tuple[str, str | None], dict[str, Any]] = msgspec.field(default_factory=dict)
    asset_metadata: dict[tuple[AssetKey, str | None], dict[str, Any]] = msgspec.field(default_factory=dict)
    user_events: list[Any] = msgspec.field(default_factory=list)
    data_versions: dict[AssetKey, str] = msgspec.field(default_factory=dict)

    @property
    def partitions_def(self) -> PartitionsDefinition | None:
        """How the step's assets (or the job) are cut, or ``None``."""
        of_assets: PartitionsDefinition | None = None if self.assets_def is None else self.assets_def.partitions_def
        if of_assets is not None or self.run is None:
            return of_assets
        of_job: PartitionsDefinition | None = self.run.job.partitions_def
        return of_job

    @property
    def asset_of_output(self) -> Mapping[str, AssetKey]:
        """Which asset each output of the step writes in this run."""
        if self.step is not None:
            return {o.name: o.asset_key for o in self.step.outputs if o.asset_key is not None and o.selected}
        return {} if self.assets_def is None else dict(self.assets_def.keys_by_output_name)

    @property
    def asset_of_input(self) -> Mapping[str, AssetKey]:
        """Which asset each input of the step is."""
        if self.step is not None:
            return {i.name: i.asset_key for i in self.step.inputs if i.asset_key is not None}
        return {} if self.assets_def is None else dict(self.assets_def.keys_by_input_name)
