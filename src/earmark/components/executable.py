"""Components that execute something for assets and checks: what they have in common."""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

from earmark.components.asset_attributes import OpSpec, ResolvedAssetCheckSpec, ResolvedAssetSpec
from earmark.components.component import Component
from earmark.components.load_context import ComponentLoadContext
from earmark.components.model import Model
from earmark.components.resolvable import Resolvable
from earmark.define.assets.asset_check import multi_asset_check
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.assets.multi_asset import multi_asset
from earmark.define.definitions import Definitions
from earmark.values.errors import DagsterInvalidDefinitionError


class ExecutableComponent(Component, Resolvable, Model):
    """A component whose one step writes assets and judges checks.

    Args:
        assets: The assets that the step writes.
        checks: The checks that it judges.
    """

    assets: list[ResolvedAssetSpec] | None = None
    checks: list[ResolvedAssetCheckSpec] | None = None

    @property
    @abstractmethod
    def op_spec(self) -> OpSpec:
        """The step: its name, labels, pool."""

    @property
    def resource_keys(self) -> set[str]:
        """The resources that the step finds on ``context.resources``; override it to name some."""
        return set()

    @abstractmethod
    def invoke_execute_fn(self, context: Any, component_load_context: ComponentLoadContext) -> Iterable[Any]:
        """Do the work of the step, and give its results.

        Args:
            context: The context of the step.
            component_load_context: Where the component stands.
        """

    def step_name(self) -> str:
        """Return the name of the step where none is given: that of its first asset or check."""
        if self.assets:
            return str(self.assets[0].key.to_python_identifier())
        return str((self.checks or [])[0].get_python_identifier())

    def build_underlying_assets_def(self, component_load_context: ComponentLoadContext) -> AssetsDefinition:
        """Return the step as the definition of its assets and checks.

        Raises:
            DagsterInvalidDefinitionError: It has neither assets nor checks.
        """

        # Without an annotation the context is that of an asset or of a check, as it comes.
        def execute(context):  # type: ignore[no-untyped-def]
            yield from self.invoke_execute_fn(context, component_load_context)

        return self.step_of(execute, self.resource_keys)

    def step_of(self, function: Callable[..., Any], resource_keys: Iterable[str] = ()) -> AssetsDefinition:
        """Return a function as the definition of the component's assets and checks.

        Raises:
            DagsterInvalidDefinitionError: It has neither assets nor checks.
        """
        if not self.assets and not self.checks:
            raise DagsterInvalidDefinitionError(
                f"A {type(self).__name__} needs assets, checks or both.",
                hint="Write `assets: [{key: my_table}]` under attributes.",
            )
        step = self.op_spec
        common: dict[str, Any] = {
            "name": step.name or self.step_name(),
            "description": step.description,
            "op_tags": step.tags,
            "pool": step.pool,
            "required_resource_keys": set(resource_keys) or None,
        }
        if not self.assets:
            return multi_asset_check(specs=self.checks or [], **common)(function)
        return multi_asset(specs=self.assets, check_specs=self.checks, backfill_policy=step.backfill_policy, **common)(
            function
        )

    def build_defs(self, context: ComponentLoadContext) -> Definitions:
        """Return the assets and checks."""
        made = self.build_underlying_assets_def(context)
        return Definitions(assets=[made]) if self.assets else Definitions(asset_checks=[made])
