"""Jobs as data."""

from __future__ import annotations

from typing import Any

import msgspec

from earmark import partitions
from earmark.specs.automation import AutomationCondition
from earmark.specs.config import ConfigSpec
from earmark.specs.graph import GraphSpec
from earmark.specs.metadata import restore_metadata
from earmark.specs.policy import RetryPolicy
from earmark.values.keys import AssetCheckKey, AssetKey

ASSET_JOB = "__ASSET_JOB"
"""The name of the job that every set of definitions has: all of its assets."""


class JobSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A job, as data.

    Args:
        name: Its name.
        graph: The ops it runs; ``None`` for a job over assets.
        selection: The asset query as it was written; ``None`` for a job over ops.
        assets: The assets that the selection means, sorted.
        checks: The checks that the selection means, sorted.
        description: Text for people.
        tags: Labels of the job, and of its runs where ``run_tags`` is ``None``.
        run_tags: Labels of its runs, where they differ from ``tags``.
        config: Default run configuration, or the schema that maps onto it.
        config_schema: The schema of a run's configuration.
        partitions_def: How the job is cut.
        executor: The name of its executor.
        owners: E-mail addresses or ``team:NAME``.
        metadata: Facts about the job.
        retry_policy: The retry policy of ops that have none.
        automation_condition: When the job should run by itself.
    """

    name: str
    graph: GraphSpec | None = None
    selection: str | None = None
    assets: tuple[AssetKey, ...] = ()
    checks: tuple[AssetCheckKey, ...] = ()
    description: str | None = None
    tags: dict[str, str] = {}
    run_tags: dict[str, str] | None = None
    config: dict[str, Any] | None = None
    config_schema: ConfigSpec | None = None
    partitions_def: partitions.AnyPartitionsDefinition | None = None
    executor: str | None = None
    owners: tuple[str, ...] = ()
    metadata: dict[str, Any] = {}
    retry_policy: RetryPolicy | None = None
    automation_condition: AutomationCondition | None = None

    def __post_init__(self) -> None:
        if self.metadata:
            msgspec.structs.force_setattr(self, "metadata", restore_metadata(self.metadata))

    @property
    def tags_for_runs(self) -> dict[str, str]:
        """What the job gives to each of its runs: ``run_tags`` where given (even empty), else ``tags``."""
        return self.tags if self.run_tags is None else self.run_tags
