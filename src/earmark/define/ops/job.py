"""Jobs: what is launched, with which resources, configuration and labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from earmark.define.ports import runner
from earmark.define.tags import job_tags
from earmark.specs.asset import AssetSpec, normalize_owners
from earmark.specs.check import AssetCheckSpec
from earmark.specs.computation import ComputationSpec, ExecutionType
from earmark.specs.graph import GraphSpec
from earmark.specs.job import JobSpec
from earmark.specs.metadata import definition_metadata
from earmark.specs.naming import check_name
from earmark.specs.policy import RetryPolicy
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvalidSubsetError, caller_location
from earmark.values.keys import AssetCheckKey, AssetKey

if TYPE_CHECKING:
    from earmark.plan.plan import Plan
    from earmark.tags.flow import FlowRule


class AssetLayer(Protocol):
    """The assets that a job runs, and those around them; :mod:`earmark.define.assets.asset_job` makes it."""

    @property
    def selected_asset_keys(self) -> frozenset[AssetKey]:
        """The assets that the job writes or observes."""

    @property
    def selected_check_keys(self) -> frozenset[AssetCheckKey]:
        """The checks that it evaluates."""

    @property
    def computations(self) -> Sequence[ComputationSpec]:
        """What computes them, as data."""

    @property
    def names(self) -> Sequence[str]:
        """The names of what computes them: the first parts of their steps' keys."""

    def definition(self, name: str) -> Any:
        """Return what stands behind the first part of a step's key."""

    def node_def(self, name: str) -> Any:
        """Return the op or graph of a computation."""

    def hooks_of(self, name: str) -> frozenset[Any]:
        """Return the hooks that follow the ops of a computation."""

    def definition_of(self, key: AssetKey) -> Any:
        """Return what computes or declares an asset."""

    def spec_of(self, key: AssetKey) -> AssetSpec | None:
        """Return an asset as data, selected or not."""

    def check_spec_of(self, key: AssetCheckKey) -> AssetCheckSpec | None:
        """Return a check as data."""

    def execution_type_of(self, key: AssetKey) -> ExecutionType | None:
        """Say whether runs write or observe an asset, or do nothing."""

    def io_manager_key_of(self, key: AssetKey) -> str | None:
        """Return the key of the resource that loads an asset."""


class Graph(Protocol):
    """The graph of a job over ops; :mod:`earmark.define.ops.graph` makes it."""

    @property
    def name(self) -> str:
        """The graph's name."""

    @property
    def spec(self) -> GraphSpec:
        """The graph as data."""

    @property
    def tags(self) -> Mapping[str, str]:
        """The graph's labels."""

    @property
    def config_mapping(self) -> Any:
        """The mapping from the graph's configuration to its nodes', if there is one."""

    def node_named(self, name: str) -> Any:
        """Return the node of that name."""

    def op_definitions(self, path: tuple[str, ...] = ()) -> Iterable[tuple[tuple[str, ...], Any]]:
        """Give every op, with the path of node names that leads to it."""


class JobDefinition:
    """A job: a graph of ops or a selection of assets, with what their execution needs.

    Made by :func:`job`, :meth:`GraphDefinition.to_job`, or by :class:`Definitions` of a :func:`define_asset_job`.

    Args:
        graph_def: The graph it runs; ``None`` for a job over assets.
        resource_defs: What the resource keys mean.
        executor_def: How its steps are executed.
        logger_defs: Loggers by name.
        name: Its name; the graph's if ``None``.
        config: Default configuration: a dict, a :class:`RunConfig`, a :class:`ConfigMapping`, a partitioned config.
        description: Text for people.
        partitions_def: How the job is cut.
        tags: Labels of the job and (unless ``run_tags`` is given) of its runs.
        run_tags: Labels of its runs, where they differ from ``tags``.
        metadata: Facts about the job.
        hook_defs: Hooks that follow every op.
        op_retry_policy: The retry policy of ops that have none.
        asset_layer: The assets it runs, for a job over assets.
        input_values: Values for the graph's inputs.
        owners: E-mail addresses or ``team:NAME``.
        automation_condition: When the job should run by itself.

    Example:
        >>> import earmark as em
        >>> @em.op
        ... def load():
        ...     return 42
        >>> @em.job(tags={"team": "growth"})
        ... def nightly():
        ...     load()
        >>> isinstance(nightly, JobDefinition)
        True
        >>> result = nightly.execute_in_process(tags={"urgent": "yes"})
        >>> result.output_for_node("load"), result.dagster_run.tags["team"], result.dagster_run.tags["urgent"]
        (42, 'growth', 'yes')
    """

    def __init__(
        self,
        *,
        graph_def: Graph | None = None,
        resource_defs: Mapping[str, Any] | None = None,
        executor_def: Any = None,
        logger_defs: Mapping[str, Any] | None = None,
        name: str | None = None,
        config: Any = None,
        description: str | None = None,
        partitions_def: Any = None,
        tags: Mapping[str, Any] | None = None,
        run_tags: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        hook_defs: Iterable[Any] | None = None,
        op_retry_policy: RetryPolicy | None = None,
        asset_layer: AssetLayer | None = None,
        input_values: Mapping[str, Any] | None = None,
        owners: Sequence[str] | None = None,
        automation_condition: Any = None,
        selection: str | None = None,
    ) -> None:
        if (graph_def is None) == (asset_layer is None):
            raise DagsterInvalidDefinitionError("A job has either a graph or assets.", where=caller_location())
        name = name or (graph_def.name if graph_def is not None else None)
        if name is None:
            raise DagsterInvalidDefinitionError("A job over assets needs a name.", where=caller_location())
        self._name = name if name.startswith("__") else check_name(name, "job")
        self.graph_def = graph_def
        self.asset_layer = asset_layer
        self._resource_defs = dict(resource_defs or {})
        self._executor_def = executor_def
        self._loggers = dict(logger_defs or {})
        self._config = config
        self._description = description
        self._partitions_def = partitions_def if partitions_def is not None else _partitions_of(config)
        self._tags = job_tags(tags)
        self._run_tags = None if run_tags is None else job_tags(run_tags)
        self._metadata = definition_metadata(metadata or {})
        self._hooks = frozenset(hook_defs or ())
        self._retry_policy = op_retry_policy
        self._input_values = dict(input_values or {})
        self._owners = normalize_owners(owners or (), f"job {self._name}")
        self._automation_condition = automation_condition
        self._selection = selection
        self._op_selection: tuple[str, ...] | None = None
        self._plan: Plan | None = None
        self._tag_flow: Mapping[str, FlowRule] = {}

    @property
    def name(self) -> str:
        """The job's name."""
        return self._name

    @property
    def description(self) -> str | None:
        """Text for people."""
        return self._description

    @property
    def graph(self) -> Graph:
        """The graph the job runs.

        Raises:
            DagsterInvalidDefinitionError: It is a job over assets.
        """
        if self.graph_def is None:
            raise DagsterInvalidDefinitionError(f"{self._name!r} is a job over assets; it has no graph.")
        return self.graph_def

    @property
    def is_asset_job(self) -> bool:
        """Whether the job runs assets."""
        return self.asset_layer is not None

    @property
    def tags(self) -> Mapping[str, str]:
        """The labels of the job, over those of its graph."""
        return {**self.graph_tags, **self._tags}

    @property
    def run_tags(self) -> Mapping[str, str]:
        """What the job gives to its runs: ``run_tags`` where given, else ``tags``; its graph's own come under them."""
        return {**self.graph_tags, **self.tags_for_runs}

    @property
    def tag_flow(self) -> Mapping[str, FlowRule]:
        """Which tags of its assets the job's runs get, and how they are merged."""
        return self._tag_flow

    @property
    def tags_for_runs(self) -> Mapping[str, str]:
        """What the job itself gives to its runs: ``run_tags`` where given (even empty), else ``tags``."""
        return self._tags if self._run_tags is None else self._run_tags

    @property
    def graph_tags(self) -> Mapping[str, str]:
        """The labels of the job's own graph."""
        return {} if self.graph_def is None else self.graph_def.tags

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Facts about the job."""
        return self._metadata

    @property
    def owners(self) -> Sequence[str]:
        """Who owns the job."""
        return self._owners

    @property
    def resource_defs(self) -> Mapping[str, Any]:
        """What the resource keys mean."""
        return self._resource_defs

    @property
    def executor_def(self) -> Any:
        """How the steps are executed; ``None`` where nothing was said."""
        return self._executor_def

    @property
    def has_specified_executor(self) -> bool:
        """Whether an executor was given."""
        return self._executor_def is not None

    @property
    def loggers(self) -> Mapping[str, Any]:
        """Loggers by name."""
        return self._loggers

    @property
    def has_specified_loggers(self) -> bool:
        """Whether loggers were given."""
        return bool(self._loggers)

    @property
    def hook_defs(self) -> frozenset[Any]:
        """Hooks that follow every op."""
        return self._hooks

    @property
    def op_retry_policy(self) -> RetryPolicy | None:
        """The retry policy of ops that have none."""
        return self._retry_policy

    @property
    def partitions_def(self) -> Any:
        """How the job is cut, or ``None``."""
        return self._partitions_def

    @property
    def partitioned_config(self) -> Any:
        """The partitioned config, if the job was given one."""
        return self._config if hasattr(self._config, "get_run_config_for_partition_key") else None

    @property
    def config_mapping(self) -> Any:
        """The config mapping that the job was given, if any: it makes the whole run config."""
        return self._config if hasattr(self._config, "resolve") else None

    @property
    def default_run_config(self) -> Any:
        """The configuration of runs that are given none."""
        return self._config if isinstance(self._config, dict) or hasattr(self._config, "to_config_dict") else None

    @property
    def input_values(self) -> Mapping[str, Any]:
        """Values for the graph's inputs."""
        return self._input_values

    @property
    def op_selection(self) -> Sequence[str] | None:
        """The op queries that this job was narrowed by, if it was."""
        return self._op_selection

    @property
    def automation_condition(self) -> Any:
        """When the job should run by itself."""
        return self._automation_condition

    @property
    def spec(self) -> JobSpec:
        """The job as data."""
        layer = self.asset_layer
        config = self.default_run_config
        return JobSpec(
            name=self._name,
            graph=None if self.graph_def is None else self.graph_def.spec,
            selection=self._selection,
            assets=() if layer is None else tuple(sorted(layer.selected_asset_keys)),
            checks=() if layer is None else tuple(sorted(layer.selected_check_keys)),
            description=self._description,
            tags=dict(self._tags),
            run_tags=None if self._run_tags is None else dict(self._run_tags),
            config=config.to_config_dict() if hasattr(config, "to_config_dict") else config,
            config_schema=None if self.config_mapping is None else self.config_mapping.spec,
            partitions_def=self._partitions_def,
            executor=None if self._executor_def is None else self._executor_def.name,
            owners=self._owners,
            metadata=self._metadata,
            retry_policy=self._retry_policy,
            automation_condition=self._automation_condition,
        )

    def plan(
        self,
        *,
        asset_selection: Iterable[AssetKey] | None = None,
        check_selection: Iterable[AssetCheckKey] | None = None,
        op_selection: Sequence[str] | None = None,
    ) -> Plan:
        """Return what a run of the job does.

        Args:
            asset_selection: Only these assets of the job.
            check_selection: Only these checks; those of the selected assets if ``None``.
            op_selection: Only the ops that these queries mean; what they take from others is read from configuration.

        Raises:
            DagsterInvalidSubsetError: A selection names something that the job does not have.
        """
        if self.asset_layer is not None:
            return self._asset_plan(asset_selection, check_selection)
        if self._plan is None:
            self._plan = self._full_plan()
        queries = op_selection if op_selection is not None else self._op_selection
        if queries is None:
            return self._plan
        return self._plan.only(self.select_steps(queries)).detached()

    def _asset_plan(self, assets: Iterable[AssetKey] | None, checks: Iterable[AssetCheckKey] | None) -> Plan:
        layer = self.asset_layer
        assert layer is not None
        if assets is None and checks is None and self._plan is not None:
            return self._plan
        wanted = layer.selected_asset_keys if assets is None else frozenset(assets)
        if assets is None and checks is not None:
            wanted = frozenset()
        unknown = wanted - layer.selected_asset_keys
        if unknown:
            names = ", ".join(sorted(key.to_user_string() for key in unknown))
            raise DagsterInvalidSubsetError(f"The job {self._name!r} does not have the assets {names}.", assets=unknown)
        judged = frozenset(checks) if checks is not None else None
        if judged is None:
            judged = frozenset(key for key in layer.selected_check_keys if assets is None or key.asset_key in wanted)
        from earmark.plan.build import plan_assets

        made = plan_assets(
            self._name, layer.computations, assets=wanted, checks=judged, retry_policy=self._retry_policy
        )
        if assets is None and checks is None:
            self._plan = made
        return made

    def select_steps(self, queries: Sequence[str]) -> list[str]:
        """Return the keys of the steps that op queries mean, in the plan's order.

        Raises:
            DagsterInvalidSubsetError: A query means no op.
        """
        from earmark.graph.ops import select_steps

        return select_steps(queries, self.plan() if self._op_selection is None else self._full_plan())

    def _full_plan(self) -> Plan:
        from earmark.plan.build import plan_graph

        return plan_graph(self._name, self.graph.spec, retry_policy=self._retry_policy)

    def for_op_selection(self, op_selection: Sequence[str]) -> JobDefinition:
        """Return the job narrowed to the ops that the queries mean."""
        made = self._changed(_op_selection=tuple(op_selection))
        made.select_steps(op_selection)
        return made

    def op_definition(self, path: Sequence[str]) -> Any:
        """Return the op at a path of node names, outermost first."""
        return self.definitions_along(path)[-1]

    def definitions_along(self, path: Sequence[str]) -> list[Any]:
        """Return the definitions that a path of node names leads through, the op last."""
        first, *rest = path
        if self.asset_layer is not None:
            found = [self.asset_layer.node_def(first)]
        else:
            found = [self.graph.node_named(first).definition]
        for name in rest:
            found.append(found[-1].node_named(name).definition)
        return found

    def hooks_at(self, path: Sequence[str]) -> frozenset[Any]:
        """Return all hooks that follow the op at a path: the job's, those of graphs around it, and its own."""
        hooks = set(self._hooks)
        graph = self.graph_def
        if self.asset_layer is not None:
            hooks |= self.asset_layer.hooks_of(path[0])
        for position, definition in enumerate(self.definitions_along(path)):
            hooks |= definition.hook_defs
            if graph is not None:
                hooks |= graph.node_named(path[position]).hooks
            graph = definition if definition.node_type_str == "graph" else None
        return frozenset(hooks)

    @property
    def required_resource_keys(self) -> frozenset[str]:
        """The keys of resources that the job's ops ask for, IO managers included."""
        keys: set[str] = set()
        for step in self.plan().steps:
            keys |= step.required_resources
            keys.update(out.io_manager_key for out in step.outputs if not out.is_nothing)
            keys.update(one.input_manager_key for one in step.inputs if one.input_manager_key)
        for hook in self._hooks:
            keys |= set(hook.required_resource_keys)
        return frozenset(keys)

    def _changed(self, **attributes: Any) -> JobDefinition:
        """Return a copy with some attributes replaced."""
        from copy import copy

        made = copy(self)
        vars(made).update(attributes)
        return made

    def with_top_level_resources(self, resource_defs: Mapping[str, Any]) -> JobDefinition:
        """Return the job with resources for the keys that it does not define itself."""
        return self._changed(_resource_defs={**resource_defs, **self._resource_defs})

    def with_resources_replaced(self, resource_defs: Mapping[str, Any]) -> JobDefinition:
        """Return the job with other resources under some keys."""
        return self._changed(_resource_defs={**self._resource_defs, **resource_defs})

    def with_hooks(self, hook_defs: Iterable[Any]) -> JobDefinition:
        """Return the job with more hooks."""
        return self._changed(_hooks=self._hooks | frozenset(hook_defs))

    def with_executor(self, executor_def: Any) -> JobDefinition:
        """Return the job with an executor, unless it names one itself."""
        if self._executor_def is not None or executor_def is None:
            return self
        return self._changed(_executor_def=executor_def)

    def with_loggers(self, logger_defs: Mapping[str, Any] | None) -> JobDefinition:
        """Return the job with loggers, unless it names some itself."""
        if self._loggers or not logger_defs:
            return self
        return self._changed(_loggers=dict(logger_defs))

    def with_tag_flow(self, tag_flow: Mapping[str, FlowRule]) -> JobDefinition:
        """Return the job knowing which tags of its assets its runs get; see ``Definitions(tag_flow=...)``."""
        if not tag_flow:
            return self
        return self._changed(_tag_flow=dict(tag_flow))

    def run_request_for_partition(
        self,
        partition_key: str,
        run_key: str | None = None,
        tags: Mapping[str, str] | None = None,
        asset_selection: Sequence[AssetKey] | None = None,
        run_config: Mapping[str, Any] | None = None,
        current_time: Any = None,
        dynamic_partitions_store: Any = None,
    ) -> Any:
        """Return the :class:`RunRequest` of one partition, with its tags and configuration.

        Raises:
            DagsterInvalidDefinitionError: The job is not partitioned.
            DagsterUnknownPartitionError: It has no such partition.
        """
        from earmark.define.partitioned_config import run_request_for_partition

        return run_request_for_partition(
            self, partition_key, run_key, tags, asset_selection, run_config, current_time, dynamic_partitions_store
        )

    def execute_in_process(
        self,
        run_config: Any = None,
        instance: Any = None,
        partition_key: str | None = None,
        raise_on_error: bool = True,
        op_selection: Sequence[str] | None = None,
        asset_selection: Sequence[AssetKey] | None = None,
        run_id: str | None = None,
        input_values: Mapping[str, Any] | None = None,
        tags: Mapping[str, Any] | None = None,
        resources: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute the job in this process, step after step, and return an :class:`ExecuteInProcessResult`.

        Args:
            run_config: The run's configuration.
            instance: Where events go; an ephemeral instance if ``None``.
            partition_key: The partition to run.
            raise_on_error: Whether the first failure is raised; otherwise the result says it.
            op_selection: Only these ops.
            asset_selection: Only these assets.
            run_id: The run's id.
            input_values: Values for the graph's inputs.
            tags: Labels of the run.
            resources: Resources that replace those of the same keys.

        Raises:
            DagsterInvalidConfigError: The configuration does not fit.
            Exception: What user code raised, where ``raise_on_error`` is true.
        """
        return runner().execute_in_process(
            self,
            run_config=run_config,
            instance=instance,
            partition_key=partition_key,
            raise_on_error=raise_on_error,
            op_selection=op_selection,
            asset_selection=asset_selection,
            run_id=run_id,
            input_values=input_values,
            tags=tags,
            resources=resources,
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name!r}>"


def _partitions_of(config: Any) -> Any:
    return getattr(config, "partitions_def", None) if hasattr(config, "get_run_config_for_partition_key") else None
