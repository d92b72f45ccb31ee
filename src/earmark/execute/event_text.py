"""Each kind of event in one sentence; the host says the same of them, so the words stand with the events."""

from __future__ import annotations

from earmark.events.text import message_of

__all__ = ["message_of"]
