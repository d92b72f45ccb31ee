"""The real source of ids."""

from __future__ import annotations

import os

from earmark.system.clock import now
from earmark.values.ids import uuid7


def new_id() -> str:
    """Return a new UUIDv7."""
    return uuid7(now(), int.from_bytes(os.urandom(8), "big"))
