"""Run keys outlive the runs they were asked for with: what a sensor has asked for once, it does not get again.

A run that is there says its key by its tags. Of one that was pruned, the key is remembered as a small entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from earmark.tags import system


def remembered_as(tags: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the space and the key of the entry for the run key of a run, from its tags; ``None`` if it has none.

    Example:
        >>> remembered_as({"dagster/run_key": "a.csv", "dagster/sensor_name": "inbox", "dagster/code_location": "shop"})
        ('run_keys/shop:inbox', '8f29c84ae699d880991157333566255f')
        >>> remembered_as({"dagster/run_key": "of nobody"}) is None
        True
    """
    by = next((key for key in (system.SCHEDULE_NAME, system.SENSOR_NAME) if key in tags), None)
    if by is None or system.RUN_KEY not in tags:
        return None
    # A run key may be longer than what a database can look up.
    digest = hashlib.blake2b(tags[system.RUN_KEY].encode(), digest_size=16).hexdigest()
    return f"run_keys/{tags.get(system.CODE_LOCATION, '')}:{tags[by]}", digest
