"""What computes assets, as data: one op or graph, and which of its inputs and outputs are assets."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from earmark.specs.asset import AssetSpec
from earmark.specs.check import AssetCheckSpec
from earmark.specs.graph import GraphSpec
from earmark.specs.op import OpSpec
from earmark.specs.policy import BackfillPolicy
from earmark.values.keys import AssetCheckKey, AssetKey


class ExecutionType(StrEnum):
    """What running a computation does to its assets."""

    MATERIALIZATION = "MATERIALIZATION"
    OBSERVATION = "OBSERVATION"
    UNEXECUTABLE = "UNEXECUTABLE"


class ComputationSpec(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One computation and the assets and checks it gives.

    Args:
        name: The name of its node in a run of assets; also the first part of its steps' keys.
        assets: The assets it writes, or merely declares (``UNEXECUTABLE``).
        checks: The checks it evaluates.
        node: The op or graph that computes; ``None`` where nothing does.
        inputs: Which asset each input of the node is loaded from.
        outputs: Which asset each output of the node writes.
        check_outputs: Which check each output of the node is the result of.
        can_subset: Whether a run may ask for only some of the assets and checks.
        execution_type: Whether it writes, observes, or does nothing.
        backfill_policy: How a backfill cuts its partitions into runs.
    """

    name: str
    assets: tuple[AssetSpec, ...] = ()
    checks: tuple[AssetCheckSpec, ...] = ()
    node: OpSpec | GraphSpec | None = None
    inputs: dict[str, AssetKey] = {}
    outputs: dict[str, AssetKey] = {}
    check_outputs: dict[str, AssetCheckKey] = {}
    can_subset: bool = False
    execution_type: ExecutionType = ExecutionType.MATERIALIZATION
    backfill_policy: BackfillPolicy | None = None

    @property
    def is_executable(self) -> bool:
        """Whether a run can execute it."""
        return self.execution_type is not ExecutionType.UNEXECUTABLE
