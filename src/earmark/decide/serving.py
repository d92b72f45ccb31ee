"""Whether anybody could start a run at all: a host that leads, and the run's code location in it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from earmark.values.errors import did_you_mean


class Place(StrEnum):
    """Where the obstacle is."""

    HOST = "host"
    LOCATION = "location"


class Obstacle(msgspec.Struct, frozen=True):
    """That nobody could start a run, whatever the limits say.

    Args:
        place: Where it is.
        sentence: What is the matter.
        to_clear: What would have to change.
    """

    place: Place
    sentence: str
    to_clear: str


class Serving(msgspec.Struct, frozen=True):
    """Who could start runs.

    Args:
        leads: Whether a host leads.
        locations: Its code locations, each with why no run can start in it; empty where one can.
    """

    leads: bool = False
    locations: Mapping[str, str] = {}

    def obstacle(self, code_location: str | None) -> Obstacle | None:
        """Return what keeps runs of a code location from starting, or ``None`` if nothing does.

        Example:
            >>> Serving(True, {"shop": "", "etl": "no module named 'etl'"}).obstacle("etl").sentence
            "The code location 'etl' cannot start runs: no module named 'etl'"
            >>> Serving(True, {"shop": ""}).obstacle("shop")
        """
        if not self.leads:
            return Obstacle(
                Place.HOST,
                "No host works on this store.",
                "a host would have to be started: `earmark dev` or `earmark daemon`",
            )
        if not code_location:
            return Obstacle(
                Place.LOCATION,
                "The run names no code location, so no host knows where its code is.",
                "it would have to be launched again by a host, the command line or the API",
            )
        if code_location not in self.locations:
            served = ", ".join(sorted(self.locations)) or "none"
            near = did_you_mean(code_location, self.locations)
            return Obstacle(
                Place.LOCATION,
                f"The host does not serve the code location {code_location!r}; it serves: {served}.{near}",
                f"the host would have to be started with {code_location!r} among its code locations",
            )
        why = self.locations[code_location]
        if not why:
            return None
        return Obstacle(
            Place.LOCATION,
            f"The code location {code_location!r} cannot start runs: {why}",
            "it would have to load: mend its code, then reload it or restart the host (`earmark dev` does so itself)",
        )
