"""What of an instance's configuration views need, as it holds at the moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from earmark.runs.limits import PoolLimits, QueuePolicy
from earmark.tags.flow import FlowRule
from earmark.tags.policy import TagPolicy


@dataclass(frozen=True)
class Rules:
    """The rules of an instance.

    Args:
        policy: Returns the limits on runs that hold now.
        file_policy: What of them the settings files say.
        pools: Returns the slots of pools that hold now.
        file_pools: What of them the settings files say.
        paused: Returns whether the queue is paused.
        flow: Which tags the instance lets flow from assets to runs; those of a code location come on top.
        tag_policies: What is declared about keys of tags.
    """

    policy: Callable[[], QueuePolicy] = QueuePolicy
    file_policy: QueuePolicy = field(default_factory=QueuePolicy)
    pools: Callable[[], PoolLimits] = PoolLimits
    file_pools: PoolLimits = field(default_factory=PoolLimits)
    paused: Callable[[], bool] = lambda: False
    flow: Mapping[str, FlowRule] = field(default_factory=dict)
    tag_policies: tuple[TagPolicy, ...] = ()
