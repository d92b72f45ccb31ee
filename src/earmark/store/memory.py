"""A store in memory, for tests and for runs that nobody wants to keep."""

from __future__ import annotations

from earmark.store.open import open_memory

__all__ = ["open_memory"]
