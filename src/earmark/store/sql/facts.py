"""What the store reads off a fact: its name, what it is about, and who follows facts of its kind."""

from __future__ import annotations

from typing import get_args

from earmark.events.kinds import (
    AnyFact,
    AssetCheckEvaluated,
    AssetCheckPlanned,
    AssetFact,
    AssetFailedToMaterialize,
    AssetMaterializationPlanned,
    AssetMaterialized,
    AssetObserved,
    AssetWiped,
    RunFact,
    RunTagged,
)
from earmark.store.topics import Topic
from earmark.values.keys import AssetKey

KIND_OF: dict[type, str] = {kind: str(kind.__struct_config__.tag) for kind in get_args(AnyFact)}
"""The name under which each class of facts is stored."""

_TOPIC_OF: dict[type, int] = {
    **dict.fromkeys((*get_args(RunFact), RunTagged), int(Topic.RUNS)),
    **dict.fromkeys(get_args(AssetFact), int(Topic.ASSETS)),
}


def topic_of(fact: AnyFact) -> int | None:
    """Return the topic of a fact, if it has one."""
    return _TOPIC_OF.get(type(fact))


def asset_of(fact: AnyFact) -> tuple[AssetKey, str | None] | None:
    """Return the asset, and the partition of it, that a fact is about."""
    match fact:
        case AssetMaterialized():
            return fact.materialization.asset_key, fact.materialization.partition
        case AssetObserved():
            return fact.observation.asset_key, fact.observation.partition
        case AssetMaterializationPlanned() | AssetFailedToMaterialize():
            return fact.asset_key, fact.partition
        case AssetWiped():
            return fact.asset_key, None
        case AssetCheckPlanned():
            return fact.check_key.asset_key, None
        case AssetCheckEvaluated():
            return fact.evaluation.asset_key, fact.evaluation.partition
        case _:
            return None
