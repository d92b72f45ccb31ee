"""The assets and checks that an op computes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.ops.outputs import DataVersion
from earmark.execute.contexts.view import View
from earmark.execute.inputs import load_asset
from earmark.specs.metadata import normalize_metadata
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetCheckKey, AssetKey

if TYPE_CHECKING:
    from earmark.execute.records import DataProvenance


class AssetView(View):
    """The assets and checks that an op computes."""

    @property
    def has_assets_def(self) -> bool:
        """Whether the op computes assets."""
        return self._scope.assets_def is not None

    @property
    def assets_def(self) -> AssetsDefinition:
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
        return next(iter(keys))

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

    def set_data_version(self, asset_key: Any, data_version: DataVersion) -> None:
        """Set the data version that an asset gets from this step."""
        self._scope.data_versions[AssetKey.from_coercible(asset_key)] = data_version.value

    def get_asset_provenance(self, asset_key: AssetKey) -> DataProvenance | None:
        """Return the code version and input data versions of an asset's latest materialization, or ``None``."""
        return self._scope.instance.data_provenance(asset_key)

    def load_asset_value(self, asset_key: Any, *, python_type: Any = None, partition_key: str | None = None) -> Any:
        """Load the value of an asset through its IO manager."""
        return load_asset(self._scope, AssetKey.from_coercible(asset_key), python_type, partition_key)
