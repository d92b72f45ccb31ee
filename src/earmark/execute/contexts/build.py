"""Contexts for tests and for calling definitions directly."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from earmark.define.resources.resource_context import Resources
from earmark.define.resources.resources import build_resources
from earmark.execute.contexts.execution import AssetCheckExecutionContext, AssetExecutionContext, OpExecutionContext
from earmark.execute.log import DagsterLogManager, console_logger
from earmark.execute.partitions import RunPartitions
from earmark.execute.scope import StepScope
from earmark.values.errors import DagsterInvariantViolationError


class _LazyInstance:
    """An ephemeral instance that is made when it is first asked for: most tests never do."""

    def __init__(self) -> None:
        self._made: Any = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self._made is None:
            from earmark.execute.instance import DagsterInstance

            self._made = DagsterInstance.ephemeral()
        return getattr(self._made, name)


class _HeldResources(Resources):
    """Resources that are torn down when the context is left, or forgotten."""

    __slots__ = ("__weakref__", "_finalizer")

    def __init__(self, given: Mapping[str, Any], instance: Any, config: Mapping[str, Any] | None) -> None:
        stack = ExitStack()
        made = stack.enter_context(build_resources(given, instance, config))
        super().__init__(made._asdict())
        self._finalizer = weakref.finalize(self, stack.close)

    def close(self) -> None:
        """Tear the resources down."""
        self._finalizer()


def build_op_context(
    resources: Mapping[str, Any] | None = None,
    op_config: Any = None,
    resources_config: Mapping[str, Any] | None = None,
    instance: Any = None,
    config: Any = None,
    partition_key: str | None = None,
    partition_key_range: Any = None,
    mapping_key: str | None = None,
    run_tags: Mapping[str, str] | None = None,
    event_loop: Any = None,
) -> OpExecutionContext:
    """Return a context to call an op with.

    Args:
        resources: Resources by key: objects, or definitions that are set up now.
        op_config: The op's configuration.
        resources_config: Configuration by resource key.
        instance: The instance; an ephemeral one, made on first use, if ``None``.
        config: The op's configuration, by its newer name.
        partition_key: The partition.
        partition_key_range: The range of partitions.
        mapping_key: The mapping key.
        run_tags: The tags of the run.

    Raises:
        DagsterInvariantViolationError: Both ``op_config`` and ``config`` are given.

    Example:
        >>> build_op_context(config={"days": 7}).op_config
        {'days': 7}
    """
    if op_config is not None and config is not None:
        raise DagsterInvariantViolationError("Give config or op_config, not both.")
    at_hand: Any = instance if instance is not None else _LazyInstance()
    held = Resources({}) if not resources else _HeldResources(resources, at_hand, resources_config)
    events: list[Any] = []
    scope = StepScope(
        op_def=None,
        instance=at_hand,
        log=DagsterLogManager(loggers=(console_logger(),)),
        emit=events.append,
        resources=held,  # type: ignore[arg-type]
        op_config=config if config is not None else op_config,
        partitions=RunPartitions(partition_key, partition_key_range, at_hand),
        mapping_key=mapping_key,
        run_tags=dict(run_tags or {}),
    )
    return OpExecutionContext(scope)


def build_asset_context(
    resources: Mapping[str, Any] | None = None,
    resources_config: Mapping[str, Any] | None = None,
    asset_config: Any = None,
    instance: Any = None,
    partition_key: str | None = None,
    partition_key_range: Any = None,
    run_tags: Mapping[str, str] | None = None,
    event_loop: Any = None,
) -> AssetExecutionContext:
    """Return a context to call an asset with; arguments as :func:`build_op_context`.

    Example:
        >>> build_asset_context(partition_key="2026-11-01").partition_key
        '2026-11-01'
    """
    return AssetExecutionContext(
        build_op_context(
            resources=resources,
            resources_config=resources_config,
            op_config=asset_config,
            instance=instance,
            partition_key=partition_key,
            partition_key_range=partition_key_range,
            run_tags=run_tags,
        )
    )


def build_asset_check_context(
    resources: Mapping[str, Any] | None = None,
    resources_config: Mapping[str, Any] | None = None,
    asset_config: Any = None,
    instance: Any = None,
) -> AssetCheckExecutionContext:
    """Return a context to call a check with; arguments as :func:`build_op_context`.

    Example:
        >>> build_asset_check_context(asset_config={"limit": 3}).op_config
        {'limit': 3}
    """
    return AssetCheckExecutionContext(
        build_op_context(
            resources=resources, resources_config=resources_config, op_config=asset_config, instance=instance
        )
    )
