"""Which partitions of an upstream asset a step's own partitions need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from earmark import partitions
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetKey

if TYPE_CHECKING:
    from earmark.execute.scope import StepScope


def upstream_keys(scope: StepScope, asset_key: AssetKey, upstream_def: Any) -> Sequence[str]:
    """Return the partition keys of an upstream asset that the step needs.

    Raises:
        DagsterInvariantViolationError: It needs partitions that do not exist.
    """
    run = scope.run
    assert run is not None
    now, dynamic = run.clock(), run.instance
    definition = scope.partitions_def
    about = scope.partitions
    mapping = None if scope.assets_def is None else scope.assets_def.get_partition_mapping(asset_key)
    if definition is None or (about.key is None and about.key_range is None):
        own_keys, own_def = None, None
    else:
        own_keys, own_def = about.keys(definition), definition
    mapping = mapping or partitions.infer_mapping(upstream_def, own_def)
    found = mapping.upstream(own_keys, own_def, upstream_def, now, dynamic)
    missing = found.required_but_nonexistent_partition_keys
    if missing:
        raise DagsterInvariantViolationError(
            f"The partitions of this run need partitions of {asset_key.to_user_string()} that do not exist:"
            f" {', '.join(list(missing)[:5])}."
        )
    keys: Sequence[str] = list(found.partitions_subset.get_partition_keys())
    return keys
