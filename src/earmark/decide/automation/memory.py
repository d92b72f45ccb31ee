"""What is shown, and what is remembered, of an evaluated condition."""

from __future__ import annotations

from typing import Any, Union

import msgspec

from earmark.decide.automation.subset import Stored
from earmark.values.clock import Micros
from earmark.values.keys import AssetCheckKey, AssetJobKey, AssetKey

Key = Union[AssetKey, AssetCheckKey, AssetJobKey]
"""What may have a condition."""


def name_of(key: Key) -> str:
    """Return the name under which an asset, check or job is remembered and shown.

    Example:
        >>> name_of(AssetKey(["shop", "orders"])), name_of(AssetJobKey("nightly"))
        ('shop/orders', 'job: nightly')
    """
    return f"job: {key.job_name}" if isinstance(key, AssetJobKey) else key.to_user_string()


class Node(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How one node of a condition tree was evaluated: what people are shown.

    Args:
        name: What it asks.
        label: Its name of its own.
        key: The asset or check that it was asked of, where that is another than the one above.
        true: For which partitions it is true; ``True`` or ``False`` for an asset without partitions.
        children: The nodes that it is made of, as far as they were evaluated.
    """

    name: str
    label: str | None = None
    key: str | None = None
    true: Stored = False
    children: tuple[Node, ...] = ()

    @property
    def shown(self) -> str:
        """What stands for it in an explanation: its name, and of what it was asked where that is another."""
        name = self.label or self.name
        return f"{name} of {self.key}" if self.key else name


class Memory(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What is remembered of the last evaluation of an asset's condition.

    Args:
        at: When that was.
        condition: The content hash of the condition that it was.
        nodes: By their place in the tree, what stateful nodes keep.
        requested: For which partitions the asset was asked for.
        is_asking: Whether that is any.
        fingerprint: The content hash of all nodes.
        is_settled: Whether evaluating it again with nothing changed would give the same.
        behind: Where evaluations have failed since, the latest event that the last one which did not fail saw of each
            asset and check that was touched meanwhile.
    """

    at: Micros
    condition: str
    nodes: dict[str, Any] = {}
    requested: Stored = False
    is_asking: bool = False
    fingerprint: str = ""
    is_settled: bool = False
    behind: dict[str, int] = {}
