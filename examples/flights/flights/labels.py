"""The four tags every table of this project carries, spelled in one place.

A tag is only useful when everybody writes it alike. So the words are a type here: an editor completes them, a type
checker refuses `"fleets"`, and there is one function to look at when somebody asks what a tag means.
"""

from typing import Literal, get_args

Domain = Literal["operations", "fleet", "weather", "network"]
"""What a table is about. There is one job per domain, and it finds its tables by this tag."""

Tier = Literal["bronze", "silver", "gold"]
"""How far a table is from its source: as published, cleaned, or ready for a reader."""

Team = Literal["platform", "flight-ops", "insights"]
"""Who answers when it breaks."""

DOMAINS: tuple[Domain, ...] = get_args(Domain)


def labels(domain: Domain, tier: Tier, team: Team, *, pii: bool = False) -> dict[str, str]:
    """The tags of one table.

    Args:
        domain: What the table is about.
        tier: How far it is from its source.
        team: Who looks after it.
        pii: Whether a row leads to a person. A tail number does: the register of aircraft names its owner.

    Example:
        >>> labels("fleet", "silver", "platform", pii=True)
        {'domain': 'fleet', 'tier': 'silver', 'team': 'platform', 'pii': 'true'}
    """
    return {"domain": domain, "tier": tier, "team": team, "pii": "true" if pii else "false"}
