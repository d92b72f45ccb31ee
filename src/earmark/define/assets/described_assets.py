"""What a computation says of its assets and checks, in the words of the public API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from earmark.specs.asset import IO_MANAGER_METADATA, AssetSpec
from earmark.specs.check import AssetCheckSpec
from earmark.specs.computation import ComputationSpec, ExecutionType
from earmark.specs.op import DEFAULT_IO_MANAGER
from earmark.specs.policy import BackfillPolicy
from earmark.values.errors import DagsterInvariantViolationError, caller_location, did_you_mean
from earmark.values.keys import AssetCheckKey, AssetKey


class DescribedAssets:
    """One computation as data, read by the names that :class:`AssetsDefinition` promises."""

    _spec: ComputationSpec

    @property
    def computation(self) -> ComputationSpec:
        """Everything but the functions, as data."""
        return self._spec

    @property
    def key(self) -> AssetKey:
        """The key of its one asset.

        Raises:
            DagsterInvariantViolationError: It has more than one, or none.
        """
        if len(self._spec.assets) == 1:
            return self._spec.assets[0].key
        raise DagsterInvariantViolationError(
            f"{self._spec.name!r} gives {len(self._spec.assets)} assets, so it has no single key.",
            where=caller_location(),
            hint="Use .keys, or name one of them by its key.",
        )

    @property
    def keys(self) -> frozenset[AssetKey]:
        """The keys of its assets."""
        return frozenset(spec.key for spec in self._spec.assets)

    @property
    def has_keys(self) -> bool:
        """Whether it gives any asset."""
        return bool(self._spec.assets)

    @property
    def specs(self) -> Sequence[AssetSpec]:
        """Its assets as data."""
        return self._spec.assets

    @property
    def specs_by_key(self) -> Mapping[AssetKey, AssetSpec]:
        """Its assets as data, by key."""
        return {spec.key: spec for spec in self._spec.assets}

    def get_asset_spec(self, key: Any = None) -> AssetSpec:
        """Return one asset as data.

        Args:
            key: Its key; may be left out where there is one asset.

        Raises:
            DagsterInvariantViolationError: There is no such asset here.
        """
        wanted = self.key if key is None else AssetKey.from_coercible(key)
        found = self.specs_by_key.get(wanted)
        if found is not None:
            return found
        names = [spec.key.to_user_string() for spec in self._spec.assets]
        raise DagsterInvariantViolationError(
            f"{self._spec.name!r} does not give the asset {wanted.to_user_string()!r}."
            f"{did_you_mean(wanted.to_user_string(), names)}",
            where=caller_location(),
        )

    @property
    def check_specs(self) -> Sequence[AssetCheckSpec]:
        """The checks it evaluates, as data."""
        return self._spec.checks

    @property
    def check_keys(self) -> frozenset[AssetCheckKey]:
        """The keys of the checks it evaluates."""
        return frozenset(check.key for check in self._spec.checks)

    @property
    def check_key(self) -> AssetCheckKey:
        """The key of the one check it evaluates."""
        if len(self._spec.checks) == 1:
            return self._spec.checks[0].key
        raise DagsterInvariantViolationError(
            f"{self._spec.name!r} evaluates {len(self._spec.checks)} checks, so it has no single check key.",
            where=caller_location(),
        )

    @property
    def check_specs_by_output_name(self) -> Mapping[str, AssetCheckSpec]:
        """Which check each output is the result of."""
        by_key = {check.key: check for check in self._spec.checks}
        return {name: by_key[key] for name, key in self._spec.check_outputs.items()}

    @property
    def asset_and_check_keys(self) -> frozenset[AssetKey | AssetCheckKey]:
        """The keys of its assets and checks."""
        return self.keys | self.check_keys

    @property
    def keys_by_input_name(self) -> Mapping[str, AssetKey]:
        """Which asset each input is; assets that are only waited for stand under their own names."""
        found = dict(self._spec.inputs)
        taken = set(found.values())
        own = self.keys
        for key in self._waited_for():
            if key not in taken and key not in own:
                taken.add(key)
                found[key.to_python_identifier()] = key
        return found

    def _waited_for(self) -> Iterable[AssetKey]:
        for spec in self._spec.assets:
            for dep in spec.deps:
                yield dep.asset
        for check in self._spec.checks:
            yield check.asset
            for dep in check.additional_deps:
                yield dep.asset

    @property
    def keys_by_output_name(self) -> Mapping[str, AssetKey]:
        """Which asset each output writes."""
        return dict(self._spec.outputs)

    @property
    def input_names(self) -> Sequence[str]:
        """The names of its inputs."""
        return tuple(self.keys_by_input_name)

    @property
    def asset_deps(self) -> Mapping[AssetKey, set[AssetKey]]:
        """For each asset, the assets it depends on."""
        return {spec.key: {dep.asset for dep in spec.deps} for spec in self._spec.assets}

    @property
    def dependency_keys(self) -> Iterable[AssetKey]:
        """The assets, of other computations too, that its assets depend on."""
        return set(self.keys_by_input_name.values())

    @property
    def group_names_by_key(self) -> Mapping[AssetKey, str]:
        """The group of each asset."""
        return {spec.key: spec.group for spec in self._spec.assets}

    @property
    def tags_by_key(self) -> Mapping[AssetKey, Mapping[str, str]]:
        """The labels of each asset."""
        return {spec.key: spec.tags for spec in self._spec.assets}

    @property
    def metadata_by_key(self) -> Mapping[AssetKey, Mapping[str, Any]]:
        """Facts about each asset."""
        return {spec.key: spec.metadata for spec in self._spec.assets}

    @property
    def descriptions_by_key(self) -> Mapping[AssetKey, str]:
        """The text for people of each asset that has one."""
        return {spec.key: spec.description for spec in self._spec.assets if spec.description is not None}

    @property
    def owners_by_key(self) -> Mapping[AssetKey, Sequence[str]]:
        """The owners of each asset."""
        return {spec.key: list(spec.owners) for spec in self._spec.assets}

    @property
    def code_versions_by_key(self) -> Mapping[AssetKey, str | None]:
        """The code version of each asset."""
        return {spec.key: spec.code_version for spec in self._spec.assets}

    @property
    def automation_conditions_by_key(self) -> Mapping[AssetKey, Any]:
        """When each asset that has a condition should be written by itself."""
        return {spec.key: spec.automation_condition for spec in self._spec.assets if spec.automation_condition}

    @property
    def partitions_def(self) -> Any:
        """How the assets are cut; ``None`` if they are not, or in different ways."""
        found = [spec.partitions_def for spec in self._spec.assets] or [
            check.partitions_def for check in self._spec.checks
        ]
        return found[0] if found and all(one == found[0] for one in found) else None

    def get_partition_mapping(self, in_asset_key: AssetKey) -> Any:
        """Return which partitions of an upstream asset are needed, if that was said."""
        for spec in self._spec.assets:
            for dep in spec.deps:
                if dep.asset == in_asset_key and dep.partition_mapping is not None:
                    return dep.partition_mapping
        return None

    @property
    def backfill_policy(self) -> BackfillPolicy | None:
        """How a backfill cuts its partitions into runs."""
        return self._spec.backfill_policy

    @property
    def can_subset(self) -> bool:
        """Whether a run may ask for only some of the assets and checks."""
        return self._spec.can_subset

    @property
    def execution_type(self) -> ExecutionType:
        """Whether it writes, observes, or does nothing."""
        return self._spec.execution_type

    @property
    def is_executable(self) -> bool:
        """Whether a run can execute it."""
        return self._spec.is_executable

    @property
    def is_materializable(self) -> bool:
        """Whether a run can write its assets."""
        return self._spec.execution_type is ExecutionType.MATERIALIZATION

    @property
    def is_observable(self) -> bool:
        """Whether a run can observe its assets."""
        return self._spec.execution_type is ExecutionType.OBSERVATION

    @property
    def is_external(self) -> bool:
        """Whether something else writes its assets."""
        return self._spec.execution_type is not ExecutionType.MATERIALIZATION

    def get_io_manager_key_for_asset_key(self, key: AssetKey) -> str:
        """Return the key of the resource that stores and loads an asset of this computation."""
        for name, asset in self._spec.outputs.items():
            if asset == key and self._spec.node is not None:
                out = next((out for out in self._spec.node.outputs if out.name == name), None)
                if out is not None:
                    return out.io_manager_key
        named: str | None = self.get_asset_spec(key).metadata.get(IO_MANAGER_METADATA)
        return named or DEFAULT_IO_MANAGER

    def get_output_name_for_asset_key(self, key: AssetKey) -> str:
        """Return the name of the output that writes an asset."""
        for name, asset in self._spec.outputs.items():
            if asset == key:
                return name
        raise DagsterInvariantViolationError(f"No output of {self._spec.name!r} writes {key.to_user_string()!r}.")
