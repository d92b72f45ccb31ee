"""What the host that leads says of its code locations, kept in the store for those who ask from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from earmark.decide.serving import Serving
from earmark.store.ports import Store
from earmark.values.wire import decode, encode

LEADER = "queue"
"""The name of the lease that the host which leads holds."""

_SPACE, _KEY = "host", "locations"


def keep_serving(store: Store, locations: Mapping[str, str]) -> None:
    """Note how the code locations of the host that leads stand: each with why no run can start in it, if none can."""
    store.entries.set(_SPACE, _KEY, encode(locations))


def read_serving(store: Store) -> Serving:
    """Return whether a host leads, and how its code locations stand."""
    if store.leases.get(LEADER) is None:
        return Serving()
    return Serving(True, decode(store.entries.get(_SPACE, _KEY) or b"{}", dict[str, str]))
