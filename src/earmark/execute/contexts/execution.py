"""The contexts of ops, assets and checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from earmark.execute.contexts.event_view import EventView
from earmark.execute.contexts.partition_view import PartitionView
from earmark.execute.contexts.run_view import RunView
from earmark.execute.scope import StepScope
from earmark.specs.check import AssetCheckSpec


class OpExecutionContext(RunView, EventView, PartitionView):
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
        super().__init__(step_execution_context)

    @property
    def op_execution_context(self) -> OpExecutionContext:
        """This context."""
        return self


class _OfOpContext(RunView, EventView, PartitionView):
    """What the contexts of assets and checks have in common: each is seen from an op's."""

    def __init__(self, op_execution_context: OpExecutionContext) -> None:
        super().__init__(op_execution_context._scope)
        self._op_context = op_execution_context

    @property
    def op_execution_context(self) -> OpExecutionContext:
        """The same context, seen from the op."""
        return self._op_context


class AssetExecutionContext(_OfOpContext):
    """The context of an asset's function: all of :class:`OpExecutionContext`, seen from the asset.

    Example:
        >>> from earmark import asset, build_asset_context
        >>> @asset(tags={"domain": "sales"})
        ... def orders(context: AssetExecutionContext) -> str:
        ...     return context.asset_key.to_user_string()
        >>> orders(build_asset_context())
        'orders'
    """


class AssetCheckExecutionContext(_OfOpContext):
    """The context of a check's function: all of :class:`OpExecutionContext`, seen from the check.

    Example:
        >>> from earmark import build_asset_check_context
        >>> build_asset_check_context().retry_number
        0
    """

    @property
    def check_specs(self) -> Sequence[AssetCheckSpec]:
        """The specs of the checks that this run wants."""
        selected = self.selected_asset_check_keys
        return [spec for spec in self.assets_def.check_specs if spec.key in selected]

    @property
    def asset_check_spec(self) -> AssetCheckSpec:
        """The spec of the one check."""
        (spec,) = self.check_specs
        return spec


AnyContext: TypeAlias = OpExecutionContext | AssetExecutionContext | AssetCheckExecutionContext


def context_for(scope: StepScope) -> AnyContext:
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
