"""What an IO manager sees: the output it stores, the input it loads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from earmark.define.types.types import resolve_type
from earmark.execute.log import DagsterLogManager
from earmark.execute.partitions import RunPartitions
from earmark.execute.resources import namespace_of
from earmark.partitions import PartitionKeyRange
from earmark.specs.metadata import normalize_metadata
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetKey


class _Described:
    """What an output and an input have in common: the asset, its partitions, the resources at hand."""

    def __init__(
        self,
        *,
        name: str | None,
        job_name: str | None,
        definition_metadata: Mapping[str, Any] | None,
        config: Any,
        dagster_type: Any,
        resource_config: Any,
        resources: Any,
        op_def: Any,
        asset_key: AssetKey | None,
        partitions: RunPartitions,
        partitions_def: Any,
        instance: Any,
        log: DagsterLogManager | None,
        step_context: Any,
        keys: Sequence[str] | None = None,
    ) -> None:
        self._name = name
        self._job_name = job_name
        self._metadata = dict(definition_metadata or {})
        self._config = config
        self._type = dagster_type
        self._resource_config = resource_config
        self._resources = resources
        self._op_def = op_def
        self._asset_key = asset_key
        self._partitions = partitions
        self._partitions_def = partitions_def
        self._instance = instance
        self._log = log or DagsterLogManager()
        self._step_context = step_context
        self._keys = keys

    def _known(self, value: Any, what: str) -> Any:
        if value is None:
            raise DagsterInvariantViolationError(f"This {type(self).__name__} has no {what}.")
        return value

    @property
    def job_name(self) -> str:
        """The job of the run."""
        name: str = self._known(self._job_name, "job_name")
        return name

    @property
    def pipeline_name(self) -> str:
        """The job of the run, by its old name."""
        return self.job_name

    @property
    def definition_metadata(self) -> Mapping[str, Any]:
        """The metadata given where the output or input was defined, raw."""
        return self._metadata

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The same as ``definition_metadata``, by its old name."""
        return self._metadata

    @property
    def config(self) -> Any:
        """The configuration of the output or input."""
        return self._config

    @property
    def dagster_type(self) -> Any:
        """The type of the value."""
        return self._type

    @property
    def resource_config(self) -> Any:
        """The configuration of the IO manager."""
        return self._resource_config

    @property
    def resources(self) -> Any:
        """The resources that the IO manager asks for."""
        return self._resources

    @property
    def op_def(self) -> Any:
        """The op that gives the output, or takes the input."""
        return self._known(self._op_def, "op_def")

    @property
    def log(self) -> DagsterLogManager:
        """A logger whose lines become events of the run."""
        return self._log

    @property
    def instance(self) -> Any:
        """The instance that the run belongs to."""
        return self._known(self._instance, "instance")

    @property
    def step_context(self) -> Any:
        """The context of the step."""
        return self._known(self._step_context, "step_context")

    @property
    def has_asset_key(self) -> bool:
        """Whether this is an asset."""
        return self._asset_key is not None

    @property
    def asset_key(self) -> AssetKey:
        """The key of the asset.

        Raises:
            DagsterInvariantViolationError: This is no asset.
        """
        key: AssetKey = self._known(self._asset_key, "asset key")
        return key

    @property
    def has_partition_key(self) -> bool:
        """Whether the run is about one partition."""
        return self._partitions.key is not None

    @property
    def partition_key(self) -> str:
        """The partition that the run is about."""
        return self._partitions.key_for(self._partitions_def)

    @property
    def has_asset_partitions(self) -> bool:
        """Whether the asset is cut into partitions that this is about."""
        if self._keys is not None:
            return True
        about = self._partitions.key is not None or self._partitions.key_range is not None
        return self._partitions_def is not None and about

    @property
    def asset_partitions_def(self) -> Any:
        """How the asset is cut."""
        return self._known(self._partitions_def, "partitions definition")

    @property
    def asset_partition_keys(self) -> Sequence[str]:
        """The partitions of the asset that this is about."""
        if self._keys is not None:
            return self._keys
        return self._partitions.keys(self._partitions_def)

    @property
    def asset_partition_key(self) -> str:
        """The one partition of the asset that this is about.

        Raises:
            DagsterInvariantViolationError: There is none, or there are several.
        """
        keys = self.asset_partition_keys
        if len(keys) != 1:
            raise DagsterInvariantViolationError(
                f"This is about {len(keys)} partitions of {self.asset_key.to_user_string()}; ask for"
                " asset_partition_keys."
            )
        return keys[0]

    @property
    def asset_partition_key_range(self) -> Any:
        """The first and last of the partitions."""
        if self._keys is not None:
            return PartitionKeyRange(self._keys[0], self._keys[-1])
        return self._partitions.range()

    @property
    def asset_partitions_time_window(self) -> Any:
        """The window of time that the partitions cover."""
        if self._keys is not None:
            about = RunPartitions(None, self.asset_partition_key_range, self._partitions.dynamic)
            return about.time_window(self._partitions_def)
        return self._partitions.time_window(self._partitions_def)

    def get_asset_identifier(self) -> Sequence[str]:
        """Return the segments of the asset's key, and the partition key if there is one."""
        found = list(self.asset_key.path)
        if self.has_asset_partitions:
            found.append(self.asset_partition_key)
        return found


class OutputContext(_Described):
    """One output, as the IO manager that stores it sees it; :func:`build_output_context` makes one for tests.

    Example:
        >>> from earmark import build_output_context
        >>> build_output_context(name="result", step_key="clean", run_id="r1").get_identifier()
        ['r1', 'clean', 'result']
    """

    def __init__(
        self,
        *,
        step_key: str | None = None,
        run_id: str | None = None,
        mapping_key: str | None = None,
        version: str | None = None,
        asset_spec: Any = None,
        output_metadata: Mapping[str, Any] | None = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self._step_key = step_key
        self._run_id = run_id
        self._mapping_key = mapping_key
        self._version = version
        self._asset_spec = asset_spec
        self._output_metadata = dict(output_metadata or {})
        self.added_metadata: dict[str, Any] = {}
        self.logged_events: list[Any] = []

    @property
    def name(self) -> str:
        """The output's name."""
        name: str = self._known(self._name, "name")
        return name

    @property
    def has_step(self) -> bool:
        """Whether it is known which step gave the output."""
        return self._step_key is not None

    @property
    def step_key(self) -> str:
        """The step that gave the output."""
        key: str = self._known(self._step_key, "step_key")
        return key

    @property
    def run_id(self) -> str:
        """The run that gave the output."""
        run_id: str = self._known(self._run_id, "run_id")
        return run_id

    @property
    def mapping_key(self) -> str | None:
        """The mapping key of a dynamic output."""
        return self._mapping_key

    @property
    def version(self) -> str | None:
        """The version of the output, where one is known."""
        return self._version

    @property
    def asset_spec(self) -> Any:
        """The spec of the asset that the output is."""
        return self._known(self._asset_spec, "asset spec")

    @property
    def output_metadata(self) -> Mapping[str, Any]:
        """The metadata that user code gave with the output."""
        return self._output_metadata

    def add_output_metadata(self, metadata: Mapping[str, Any]) -> None:
        """Add facts about what was stored to the event of the output (and of the asset).

        Raises:
            DagsterInvalidMetadata: A value is of a kind that metadata does not have.
        """
        self.added_metadata.update(normalize_metadata(metadata))

    def log_event(self, event: Any) -> None:
        """Record an :class:`AssetMaterialization` or :class:`AssetObservation`."""
        self.logged_events.append(event)

    def consume_logged_metadata(self) -> Mapping[str, Any]:
        """Return the metadata added so far."""
        return self.added_metadata

    def get_logged_metadata(self) -> Mapping[str, Any]:
        """Return the metadata added so far."""
        return self.added_metadata

    def get_run_scoped_output_identifier(self) -> Sequence[str]:
        """Return the run, the step, the output and, for a dynamic one, the mapping key."""
        found = [self.run_id, self.step_key, self.name]
        if self._mapping_key is not None:
            found.append(self._mapping_key)
        return found

    def get_identifier(self) -> Sequence[str]:
        """Return strings that name the output: the run, the step, the output, the mapping key of a dynamic one.

        For what names an asset whatever run wrote it, ask for :meth:`get_asset_identifier`.
        """
        return self.get_run_scoped_output_identifier()

    def get_output_identifier(self) -> Sequence[str]:
        """Return the same as :meth:`get_identifier`, by its old name."""
        return self.get_identifier()


class InputContext(_Described):
    """One input, as the manager that loads it sees it; :func:`build_input_context` makes one for tests.

    Example:
        >>> from earmark import AssetKey, build_input_context
        >>> build_input_context(asset_key=AssetKey("orders")).get_asset_identifier()
        ['orders']
    """

    def __init__(self, *, upstream_output: OutputContext | None = None, **common: Any) -> None:
        super().__init__(**common)
        self._upstream_output = upstream_output
        self.added_metadata: dict[str, Any] = {}

    def add_input_metadata(self, metadata: Mapping[str, Any], description: str | None = None) -> None:
        """Add facts about what was loaded to the event of the input.

        Raises:
            DagsterInvalidMetadata: A value is of a kind that metadata does not have.
        """
        self.added_metadata.update(normalize_metadata(metadata))

    def consume_logged_metadata(self) -> Mapping[str, Any]:
        """Return the metadata added so far."""
        return self.added_metadata

    @property
    def has_input_name(self) -> bool:
        """Whether the input has a name."""
        return self._name is not None

    @property
    def name(self) -> str:
        """The input's name."""
        name: str = self._known(self._name, "name")
        return name

    @property
    def upstream_output(self) -> OutputContext | None:
        """The output that is loaded, where an op of some run gave it."""
        return self._upstream_output

    def get_identifier(self) -> Sequence[str]:
        """Return strings that name what is loaded: those of the upstream output, or of the asset if none is known."""
        upstream = self._upstream_output
        if upstream is not None and (upstream.has_step or not self.has_asset_key):
            return upstream.get_identifier()
        if self.has_asset_key:
            return self.get_asset_identifier()
        raise DagsterInvariantViolationError("This input comes from no output and is no asset; it has no identifier.")


def _common(
    *,
    name: str | None,
    config: Any,
    definition_metadata: Mapping[str, Any] | None,
    metadata: Mapping[str, Any] | None,
    dagster_type: Any,
    resource_config: Any,
    resources: Any,
    op_def: Any,
    asset_key: Any,
    partition_key: str | None,
    partition_key_range: Any,
    partitions_def: Any,
    instance: Any,
    step_context: Any = None,
) -> dict[str, Any]:
    return {
        "name": name,
        "job_name": None,
        "definition_metadata": definition_metadata or metadata,
        "config": config,
        "dagster_type": None if dagster_type is None else resolve_type(dagster_type),
        "resource_config": resource_config,
        "resources": namespace_of(resources or {}),
        "op_def": op_def,
        "asset_key": None if asset_key is None else AssetKey.from_coercible(asset_key),
        "partitions": RunPartitions(partition_key, partition_key_range, instance),
        "partitions_def": partitions_def,
        "instance": instance,
        "log": None,
        "step_context": step_context,
    }


def build_output_context(
    step_key: str | None = None,
    name: str | None = None,
    definition_metadata: Mapping[str, Any] | None = None,
    run_id: str | None = None,
    mapping_key: str | None = None,
    config: Any = None,
    dagster_type: Any = None,
    version: str | None = None,
    resource_config: Any = None,
    resources: Mapping[str, Any] | None = None,
    op_def: Any = None,
    asset_key: Any = None,
    partition_key: str | None = None,
    asset_partitions_def: Any = None,
    asset_partition_key_range: Any = None,
    instance: Any = None,
    asset_spec: Any = None,
    metadata: Mapping[str, Any] | None = None,
    output_metadata: Mapping[str, Any] | None = None,
) -> OutputContext:
    """Return an :class:`OutputContext` to call an IO manager with in a test.

    Example:
        >>> build_output_context(asset_key="orders", partition_key="2026-11-01").partition_key
        '2026-11-01'
    """
    return OutputContext(
        step_key=step_key,
        run_id=run_id,
        mapping_key=mapping_key,
        version=version,
        asset_spec=asset_spec,
        output_metadata=output_metadata,
        **_common(
            name=name,
            config=config,
            definition_metadata=definition_metadata,
            metadata=metadata,
            dagster_type=dagster_type,
            resource_config=resource_config,
            resources=resources,
            op_def=op_def,
            asset_key=asset_key,
            partition_key=partition_key,
            partition_key_range=asset_partition_key_range,
            partitions_def=asset_partitions_def,
            instance=instance,
        ),
    )


def build_input_context(
    name: str | None = None,
    config: Any = None,
    definition_metadata: Mapping[str, Any] | None = None,
    upstream_output: OutputContext | None = None,
    dagster_type: Any = None,
    resource_config: Any = None,
    resources: Mapping[str, Any] | None = None,
    op_def: Any = None,
    step_context: Any = None,
    asset_key: Any = None,
    partition_key: str | None = None,
    asset_partition_key_range: Any = None,
    asset_partitions_def: Any = None,
    instance: Any = None,
    metadata: Mapping[str, Any] | None = None,
) -> InputContext:
    """Return an :class:`InputContext` to call an IO manager with in a test.

    Example:
        >>> upstream = build_output_context(name="result", step_key="load", run_id="r1")
        >>> build_input_context(upstream_output=upstream).get_identifier()
        ['r1', 'load', 'result']
    """
    return InputContext(
        upstream_output=upstream_output,
        **_common(
            name=name,
            config=config,
            definition_metadata=definition_metadata,
            metadata=metadata,
            dagster_type=dagster_type,
            resource_config=resource_config,
            resources=resources,
            op_def=op_def,
            asset_key=asset_key,
            partition_key=partition_key,
            partition_key_range=asset_partition_key_range,
            partitions_def=asset_partitions_def,
            instance=instance,
            step_context=step_context,
        ),
    )
