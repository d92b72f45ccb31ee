"""Loading stored values of assets, several with one set-up."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol


class LoadsAssets(Protocol):
    """What can load the value of an asset by its key: :class:`Definitions`."""

    def load_asset_value(
        self,
        asset_key: Any,
        *,
        python_type: type | None = None,
        instance: Any = None,
        partition_key: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        resource_config: Any = None,
        partition_key_range: Any = None,
    ) -> Any:
        """Load the stored value of an asset."""


class AssetValueLoader:
    """Loads stored values of assets through their IO managers; use it in a ``with`` statement.

    Args:
        definitions: The definitions that have the assets.
        instance: Where materializations are recorded; the default one if ``None``.

    Example:
        >>> @em.asset
        ... def orders():
        ...     return [1, 2, 3]
        >>> defs = em.Definitions(assets=[orders])
        >>> with em.DagsterInstance.ephemeral() as instance:
        ...     em.materialize([orders], instance=instance).success
        ...     with defs.get_asset_value_loader(instance) as loader:
        ...         loader.load_asset_value("orders")
        True
        [1, 2, 3]
    """

    def __init__(self, definitions: LoadsAssets, instance: Any = None) -> None:
        self._definitions = definitions
        self._instance = instance

    def __enter__(self) -> AssetValueLoader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None

    def load_asset_value(
        self,
        asset_key: Any,
        *,
        python_type: type | None = None,
        partition_key: str | None = None,
        partition_key_range: Any = None,
        input_definition_metadata: Mapping[str, Any] | None = None,
        resource_config: Any = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Any:
        """Load the stored value of an asset; arguments as :meth:`Definitions.load_asset_value`.

        ``metadata`` is the old name of ``input_definition_metadata``.
        """
        return self._definitions.load_asset_value(
            asset_key,
            python_type=python_type,
            instance=self._instance,
            partition_key=partition_key,
            partition_key_range=partition_key_range,
            metadata=input_definition_metadata if metadata is None else metadata,
            resource_config=resource_config,
        )
