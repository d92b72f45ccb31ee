"""Definitions by the thousand, made with the names that both systems share."""

from __future__ import annotations

import importlib
from typing import Any

DOMAINS = 20
TEAMS = 10
TIERS = ("gold", "silver", "bronze")


def tagged_assets(api: str, count: int) -> list[Any]:
    """Return assets with five tags and up to three dependencies each.

    Asset ``n`` depends on three among those before it, near and far, so the graph is wide as well as deep.
    """
    em = importlib.import_module(api)
    assets = []
    for number in range(count):
        upstream = sorted({number // 2, number // 3, number - number % 7} - {number}) if number else []
        assets.append(
            em.asset(
                name=name_of(number),
                deps=[name_of(other) for other in upstream],
                group_name=f"group_{number % 50}",
                tags={
                    "domain": f"d{number % DOMAINS}",
                    "team": f"t{number % TEAMS}",
                    "tier": TIERS[number % 3],
                    "pii": "true" if number % 4 == 0 else "false",
                    "cost_center": f"c{number % 100}",
                },
            )(nothing)
        )
    return assets


def eager_assets(api: str, count: int) -> list[Any]:
    """Return assets that are to be written whenever one of their up to three dependencies was."""
    em = importlib.import_module(api)
    assets = []
    for number in range(count):
        upstream = sorted({number // 2, number // 3, number - number % 7} - {number}) if number else []
        made = em.asset(
            name=name_of(number),
            deps=[name_of(other) for other in upstream],
            automation_condition=em.AutomationCondition.eager(),
        )
        assets.append(made(nothing))
    return assets


def independent_assets(api: str, count: int) -> list[Any]:
    """Return assets without dependencies whose functions do nothing."""
    em = importlib.import_module(api)
    return [em.asset(name=name_of(number))(nothing) for number in range(count)]


def chained_assets(api: str, count: int) -> list[Any]:
    """Return assets each of which depends on the one before."""
    em = importlib.import_module(api)
    return [
        em.asset(name=name_of(number), deps=[name_of(number - 1)] if number else [])(nothing) for number in range(count)
    ]


def name_of(number: int) -> str:
    """Return the name of the asset of a number."""
    return f"asset_{number:05}"


def nothing() -> None:
    """Do nothing, as an asset's function."""
