"""What the exit codes mean."""

from __future__ import annotations

OK = 0
RUN_FAILED = 1
"""A run ended without success."""

BAD_INPUT = 2
"""What was typed cannot be done: an unknown flag, a query that cannot be read, a name that nothing has."""

BAD_CODE = 3
"""The project's code does not load, or its definitions contradict each other."""

STORE = 4
"""The store or the home cannot be used."""

FAULT = 70
"""A fault in Earmark itself."""

INTERRUPTED = 130
"""Somebody pressed Ctrl-C."""
