"""What user code sees as ``context``. Each context is a view of the scope at hand; nothing is kept in the view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from earmark.define.ops.outputs import AssetCheckResult, ExpectationResult
from earmark.events.assets import AssetCheckEvaluation, AssetMaterialization, AssetObservation
from earmark.execute.inputs import input_partitions, load_asset, partitions_of_asset
from earmark.execute.log import DagsterLogManager
from earmark.execute.outputs import record_user_event
from earmark.execute.partitions import RunPartitions
from earmark.execute.scope import RunScope, StepScope
from earmark.partitions import MultiPartitionKey, PartitionKeyRange
from earmark.runs.run import DagsterRun
from earmark.specs.metadata import normalize_metadata
from earmark.values.errors import DagsterInvariantViolationError, did_you_mean
from earmark.values.keys import AssetCheckKey, AssetKey


class OpExecutionContext:
    """The context of an op's function.

    ``context.log`` writes to the run's log, ``context.run`` is the run with its tags, ``context.resources`` has the
    resources the op asks for. For assets see :class:`AssetExecutionContext`.

    Example:
        >>> from earmark import build_op_context, op
        >>> @op
        ... def team(context) -> str:
        ...     return context.get_tag("team")
        >>> team(build_op_context(run_tags={"team": "growth"}))
        'growth'
    """

    def __init__(self, step_execution_context: StepScope) -> None:
        self._scope = step_execution_context

    # Outside any run a context can still be built (build_op_context); what only a run knows then says so.
    def _in_run(self, what: str) -> RunScope:
        if self._scope.run is None:
            raise DagsterInvariantViolationError(
                f"{what} is not known outside a run: the op or asset was called directly, or the context was built by"
                " build_op_context or build_asset_context."
            )
        return self._scope.run

    @property
    def op_execution_context(self) -> OpExecutionContext:
        """This context."""
        return self

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
    def job_def(self) -> Any:
        """The job that runs."""
        return self._in_run("The job").job

    @property
    def job_name(self) -> str:
        """The job's name."""
        return self._in_run("The job").job.name

    @property
    def op_def(self) -> Any:
        """The op's definition."""
        if self._scope.op_def is None:
            raise DagsterInvariantViolationError("The op is not known before the context is given to it.")
        return self._scope.op_def

    @property
    def op(self) -> Any:
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
    def instance(self) -> Any:
        """The handle on the store and the home."""
        return self._scope.instance

    @property
    def log(self) -> DagsterLogManager:
        """A logger whose lines become events of the run."""
        return self._scope.log

    @property
    def pdb(self) -> Any:
        """A debugger: ``context.pdb.set_trace()``."""
        import pdb
        import sys

        return pdb.Pdb(stdin=sys.__stdin__, stdout=sys.__stdout__)

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

    # Events and metadata -------------------------------------------------------------------------------------------

    def log_event(self, event: Any) -> None:
        """Record an event now: a materialization, an observation, the result of a check or an expectation.

        Raises:
            DagsterInvariantViolationError: It is none of these.
        """
        known = (AssetMaterialization, AssetObservation, AssetCheckEvaluation, AssetCheckResult, ExpectationResult)
        if not isinstance(event, known):
            raise DagsterInvariantViolationError(
                f"log_event takes an AssetMaterialization, AssetObservation, AssetCheckEvaluation or ExpectationResult,"
                f" not {event!r}."
            )
        self._scope.user_events.append(event)
        record_user_event(self._scope, event)

    def add_output_metadata(
        self, metadata: Mapping[str, Any], output_name: str | None = None, mapping_key: str | None = None
    ) -> None:
        """Add facts about an output to its event; later calls add to earlier ones.

        Args:
            metadata: The facts.
            output_name: The output; may be left out where there is one.
            mapping_key: The mapping key of a dynamic output.

        Raises:
            DagsterInvariantViolationError: There are several outputs and none is named, or the name is unknown.
        """
        name = self._output_named(output_name)
        self._scope.output_metadata.setdefault((name, mapping_key), {}).update(normalize_metadata(metadata))

    def get_output_metadata(self, output_name: str, mapping_key: str | None = None) -> Mapping[str, Any] | None:
        """Return the facts added to an output so far."""
        found = self._scope.output_metadata.get((output_name, mapping_key))
        return None if found is None else {key: value.value for key, value in found.items()}

    def get_events(self) -> Sequence[Any]:
        """Return the events given to :meth:`log_event` so far."""
        return list(self._scope.user_events)

    def consume_events(self) -> Sequence[Any]:
        """Return the events given to :meth:`log_event` so far, and forget them."""
        found, self._scope.user_events = self._scope.user_events, []
        return found

    def _output_named(self, name: str | None) -> str:
        op = self._scope.op_def
        if op is None:
            return name or "result"
        names = [key for key in op.outs if key not in self._check_outputs]
        if name is None:
            if len(names) == 1:
                return names[0]
            raise DagsterInvariantViolationError(
                f"{op.name!r} has the outputs {', '.join(names)}; say which by output_name=."
            )
        if name not in op.outs:
            raise DagsterInvariantViolationError(
                f"{op.name!r} has no output {name!r}; it has {', '.join(names)}.{did_you_mean(name, names)}"
            )
        return name

    @property
    def _check_outputs(self) -> frozenset[str]:
        if self._scope.step is None:
            return frozenset()
        return frozenset(out.name for out in self._scope.step.outputs if out.check_key is not None)

    # Assets --------------------------------------------------------------------------------------------------------

    @property
    def has_assets_def(self) -> bool:
        """Whether the op computes assets."""
        return self._scope.assets_def is not None

    @property
    def assets_def(self) -> Any:
        """The definition of the assets that the op computes."""
        if self._scope.assets_def is None:
            raise DagsterInvariantViolationError("This op computes no assets.")
        return self._scope.assets_def

    @property
    def asset_key(self) -> AssetKey:
        """The key of the one asset that the op computes.

        Raises:
            DagsterInvariantViolationError: It computes none, or several.
        """
        keys = self.assets_def.keys
        if len(keys) != 1:
            names = ", ".join(sorted(key.to_user_string() for key in keys))
            raise DagsterInvariantViolationError(
                f"This op computes several assets ({names}); ask for selected_asset_keys."
            )
        key: AssetKey = next(iter(keys))
        return key

    @property
    def selected_asset_keys(self) -> set[AssetKey]:
        """The assets that this run wants of the op."""
        if self._scope.step is None:
            return set(self.assets_def.keys) if self.has_assets_def else set()
        return set(self._scope.step.assets)

    @property
    def selected_asset_check_keys(self) -> set[AssetCheckKey]:
        """The checks that this run wants of the op."""
        if self._scope.step is None:
            return {spec.key for spec in self.assets_def.check_specs} if self.has_assets_def else set()
        return set(self._scope.step.checks)

    @property
    def selected_output_names(self) -> set[str]:
        """The outputs that this run wants of the op."""
        if self._scope.step is None:
            return set(self.op_def.outs)
        return {out.name for out in self._scope.step.outputs if out.selected}

    @property
    def is_subset(self) -> bool:
        """Whether this run wants only some of what the op computes."""
        return self._scope.step is not None and any(not out.selected for out in self._scope.step.outputs)

    def asset_key_for_output(self, output_name: str = "result") -> AssetKey:
        """Return the asset that an output writes.

        Raises:
            DagsterInvariantViolationError: It writes none.
        """
        key = self._scope.asset_of_output.get(output_name)
        if key is None:
            raise DagsterInvariantViolationError(f"The output {output_name!r} writes no asset.")
        return key

    def asset_key_for_input(self, input_name: str) -> AssetKey:
        """Return the asset that an input is.

        Raises:
            DagsterInvariantViolationError: It is none.
        """
        key = self._scope.asset_of_input.get(input_name)
        if key is None:
            raise DagsterInvariantViolationError(f"The input {input_name!r} is no asset.")
        return key

    def output_for_asset_key(self, asset_key: AssetKey) -> str:
        """Return the name of the output that writes an asset."""
        for name, key in self._scope.asset_of_output.items():
            if key == asset_key:
                return name
        raise DagsterInvariantViolationError(f"No output writes {asset_key.to_user_string()}.")

    def add_asset_metadata(
        self, metadata: Mapping[str, Any], asset_key: Any = None, partition_key: str | None = None
    ) -> None:
        """Add facts to the materialization of an asset; later calls add to earlier ones.

        Args:
            metadata: The facts.
            asset_key: The asset; may be left out where there is one.
            partition_key: Only the materialization of this partition.

        Raises:
            DagsterInvariantViolationError: The op does not compute the asset.
        """
        key = self.asset_key if asset_key is None else AssetKey.from_coercible(asset_key)
        if key not in self.assets_def.keys:
            raise DagsterInvariantViolationError(f"This op does not compute {key.to_user_string()}.")
        self._scope.asset_metadata.setdefault((key, partition_key), {}).update(normalize_metadata(metadata))

    def set_data_version(self, asset_key: Any, data_version: Any) -> None:
        """Set the data version that an asset gets from this step."""
        self._scope.data_versions[AssetKey.from_coercible(asset_key)] = data_version.value

    def get_asset_provenance(self, asset_key: AssetKey) -> Any:
        """Return the code version and input data versions of an asset's latest materialization, or ``None``."""
        return self._scope.instance.data_provenance(asset_key)

    def load_asset_value(self, asset_key: Any, *, python_type: Any = None, partition_key: str | None = None) -> Any:
        """Load the value of an asset through its IO manager."""
        return load_asset(self._scope, AssetKey.from_coercible(asset_key), python_type, partition_key)

    # Partitions ----------------------------------------------------------------------------------------------------

    @property
    def has_partitions(self) -> bool:
        """Whether the run is about one partition or several."""
        return self.has_partition_key or self.has_partition_key_range

    @property
    def has_partition_key(self) -> bool:
        """Whether the run is about one partition."""
        return self._scope.partitions.key is not None

    @property
    def has_partition_key_range(self) -> bool:
        """Whether the run is about several partitions."""
        return self._scope.partitions.key_range is not None

    @property
    def partition_key(self) -> str:
        """The partition that the run is about.

        Raises:
            DagsterInvariantViolationError: It is about none, or several.
        """
        return self._scope.partitions.key_for(self._scope.partitions_def)

    @property
    def multi_partition_key(self) -> Any:
        """The partition that the run is about, with its key in each dimension."""
        key = self.partition_key
        if isinstance(key, MultiPartitionKey):
            return key
        raise DagsterInvariantViolationError(f"The partition key {key!r} has no dimensions.")

    @property
    def partition_keys(self) -> Sequence[str]:
        """The partitions that the run is about, in order."""
        return self._scope.partitions.keys(self._scope.partitions_def)

    @property
    def partition_key_range(self) -> Any:
        """The first and last partition that the run is about."""
        return self._scope.partitions.range()

    @property
    def asset_partition_key_range(self) -> Any:
        """The first and last partition that the run is about."""
        return self._scope.partitions.range()

    @property
    def partition_time_window(self) -> Any:
        """The window of time that the partitions cover."""
        return self._scope.partitions.time_window(self._scope.partitions_def)

    def asset_partition_key_for_output(self, output_name: str = "result") -> str:
        """Return the partition that an output writes."""
        return self.partition_key

    def asset_partition_keys_for_output(self, output_name: str = "result") -> Sequence[str]:
        """Return the partitions that an output writes."""
        return self.partition_keys

    def asset_partition_key_range_for_output(self, output_name: str = "result") -> Any:
        """Return the first and last partition that an output writes."""
        return self.partition_key_range

    def asset_partitions_time_window_for_output(self, output_name: str = "result") -> Any:
        """Return the window of time that an output writes."""
        return self.partition_time_window

    def asset_partitions_def_for_output(self, output_name: str = "result") -> Any:
        """Return how the asset that an output writes is cut."""
        return self._scope.partitions_def

    def asset_partition_keys_for_input(self, input_name: str) -> Sequence[str]:
        """Return the partitions of an upstream asset that the step's partitions need."""
        return input_partitions(self._scope, self.asset_key_for_input(input_name)).keys

    def asset_partition_key_for_input(self, input_name: str) -> str:
        """Return the one partition of an upstream asset that the step's partitions need."""
        keys = self.asset_partition_keys_for_input(input_name)
        if len(keys) != 1:
            raise DagsterInvariantViolationError(f"The input {input_name!r} is {len(keys)} partitions, not one.")
        return keys[0]

    def asset_partition_key_range_for_input(self, input_name: str) -> Any:
        """Return the first and last partition of an upstream asset that the step's partitions need."""
        keys = self.asset_partition_keys_for_input(input_name)
        return PartitionKeyRange(keys[0], keys[-1])

    def asset_partitions_time_window_for_input(self, input_name: str = "result") -> Any:
        """Return the window of time of an upstream asset that the step's partitions need."""
        about = RunPartitions(None, self.asset_partition_key_range_for_input(input_name))
        return about.time_window(self.asset_partitions_def_for_input(input_name))

    def asset_partitions_def_for_input(self, input_name: str) -> Any:
        """Return how an upstream asset is cut."""
        return partitions_of_asset(self._scope, self.asset_key_for_input(input_name))

    def __enter__(self) -> OpExecutionContext:
        return self

    def __exit__(self, *_exc: object) -> None:
        resources = self._scope.resources
        # Asked of the class: on the object, `close` would be the key of a resource.
        close = getattr(type(resources), "close", None)
        if close is not None:
            close(resources)


class AssetExecutionContext:
    """The context of an asset's function: all of :class:`OpExecutionContext`, seen from the asset.

    Example:
        >>> from earmark import asset, build_asset_context
        >>> @asset(tags={"domain": "sales"})
        ... def orders(context: AssetExecutionContext) -> str:
        ...     return context.asset_key.to_user_string()
        >>> orders(build_asset_context())
        'orders'
    """

    def __init__(self, op_execution_context: OpExecutionContext) -> None:
        self._op_context = op_execution_context

    @property
    def op_execution_context(self) -> OpExecutionContext:
        """The same context, seen from the op."""
        return self._op_context

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._op_context, name)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *dir(self._op_context)})

    def __enter__(self) -> AssetExecutionContext:
        return self

    def __exit__(self, *exc: object) -> None:
        self._op_context.__exit__(*exc)


class AssetCheckExecutionContext:
    """The context of a check's function: all of :class:`OpExecutionContext`, seen from the check.

    Example:
        >>> from earmark import build_asset_check_context
        >>> build_asset_check_context().retry_number
        0
    """

    def __init__(self, op_execution_context: OpExecutionContext) -> None:
        self._op_context = op_execution_context

    @property
    def op_execution_context(self) -> OpExecutionContext:
        """The same context, seen from the op."""
        return self._op_context

    @property
    def check_specs(self) -> Sequence[Any]:
        """The specs of the checks that this run wants."""
        selected = self._op_context.selected_asset_check_keys
        return [spec for spec in self._op_context.assets_def.check_specs if spec.key in selected]

    @property
    def asset_check_spec(self) -> Any:
        """The spec of the one check."""
        (spec,) = self.check_specs
        return spec

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._op_context, name)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *dir(self._op_context)})

    def __enter__(self) -> AssetCheckExecutionContext:
        return self

    def __exit__(self, *exc: object) -> None:
        self._op_context.__exit__(*exc)


def context_for(scope: StepScope) -> Any:
    """Return the context that the function of ``scope`` asks for by its annotation, or by what it computes."""
    context = OpExecutionContext(scope)
    parameter = None if scope.op_def is None else scope.op_def.signature.context
    annotation = None if parameter is None else parameter.annotation
    if isinstance(annotation, type):
        if issubclass(annotation, OpExecutionContext):
            return context
        if issubclass(annotation, AssetCheckExecutionContext):
            return AssetCheckExecutionContext(context)
        if issubclass(annotation, AssetExecutionContext):
            return AssetExecutionContext(context)
    if scope.assets_def is None:
        return context
    if scope.assets_def.check_specs and not scope.assets_def.keys:
        return AssetCheckExecutionContext(context)
    return AssetExecutionContext(context)
