"""What helps people to test their own definitions: a clock that is set by hand, and a plugin for pytest."""

from earmark.testing.fakes import HandClock

__all__ = ["HandClock"]
