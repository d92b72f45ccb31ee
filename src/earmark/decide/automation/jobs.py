"""Jobs that run by themselves: what of the graph their conditions ask about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from earmark.graph.assets import AssetGraph
from earmark.specs.automation import AutomationCondition
from earmark.specs.job import JobSpec
from earmark.values.keys import AssetJobKey, AssetKey


class ConditionedJob(msgspec.Struct, frozen=True):
    """A job with a condition, as conditions see it.

    What only an asset can be (missing, written, in progress, late) a job is where any of its assets is. Its
    dependencies are those of its assets that are no assets of its own.

    Args:
        key: The job.
        condition: When it is to run.
        partitions_def: How it is cut.
        assets: Its assets, sorted.
        roots: Those of them that depend on no other of them.
        parents: The assets that its assets depend on and that are not among them.
        children: The assets that depend on its assets and are not among them.
    """

    key: AssetJobKey
    condition: AutomationCondition
    partitions_def: Any = None
    assets: tuple[AssetKey, ...] = ()
    roots: tuple[AssetKey, ...] = ()
    parents: frozenset[AssetKey] = frozenset()
    children: frozenset[AssetKey] = frozenset()


def conditioned_jobs(graph: AssetGraph, jobs: Iterable[JobSpec]) -> dict[AssetJobKey, ConditionedJob]:
    """Return those of some jobs that have a condition, sorted by name.

    Args:
        graph: All assets.
        jobs: The jobs.
    """
    found: dict[AssetJobKey, ConditionedJob] = {}
    for job in sorted(jobs, key=lambda one: one.name):
        if job.automation_condition is None:
            continue
        key, own = AssetJobKey(job.name), frozenset(job.assets)
        above = {asset: graph.get_parents(asset) - {asset} for asset in job.assets}
        found[key] = ConditionedJob(
            key=key,
            condition=job.automation_condition,
            partitions_def=job.partitions_def,
            assets=job.assets,
            roots=tuple(asset for asset in job.assets if not above[asset] & own),
            parents=frozenset().union(*above.values()) - own,
            children=frozenset().union(*(graph.get_children(asset) for asset in job.assets)) - own,
        )
    return found
