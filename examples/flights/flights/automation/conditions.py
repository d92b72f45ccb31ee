"""By what changed upstream: cleaned tables and reports follow the tables they are made from, each by its own rule."""

from collections.abc import Iterable

import earmark as em

FOLLOW_AT_ONCE = em.AutomationCondition.eager()
"""When anything upstream is new and nothing upstream is missing or on its way."""

FOLLOW_AT_NIGHT = em.AutomationCondition.on_cron("0 2 * * *", cron_timezone="America/New_York")
"""At two in the morning, once everything upstream has been refreshed since."""


def follow_upstream(assets: Iterable[em.AssetsDefinition]) -> list[em.AssetsDefinition]:
    """The same assets, where cleaned tables follow at once and reports follow at night.

    The rule hangs on the `tier` tag: a new table gets it by being labelled, not by being listed here.
    """
    return em.map_asset_specs(_with_rule, assets)


def _with_rule(spec: em.AssetSpec) -> em.AssetSpec:
    rule = {"silver": FOLLOW_AT_ONCE, "gold": FOLLOW_AT_NIGHT}.get(spec.tags["tier"])
    return spec if rule is None else spec.replace_attributes(automation_condition=rule)


follow = em.AutomationConditionSensorDefinition("follow", target=em.AssetSelection.all())
"""Switched off until someone says `earmark sensor start follow`, like every schedule and sensor here."""
