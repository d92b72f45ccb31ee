"""What an output and an input have in common, as IO managers see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from earmark import partitions
from earmark.execute.log import DagsterLogManager
from earmark.execute.partitions import RunPartitions
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetKey


class SlotContext:
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
    def asset_partition_key_range(self) -> partitions.PartitionKeyRange:
        """The first and last of the partitions."""
        if self._keys is not None:
            return partitions.PartitionKeyRange(self._keys[0], self._keys[-1])
        return self._partitions.range()

    @property
    def asset_partitions_time_window(self) -> partitions.TimeWindow:
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
