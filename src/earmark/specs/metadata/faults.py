"""The one error of this package."""

from __future__ import annotations

from typing import Any

from earmark.values.errors import DagsterInvalidMetadata, caller_location


def invalid_metadata(message: str, value: Any, hint: str | None = None) -> DagsterInvalidMetadata:
    """Return the error for a value that cannot be metadata, with the place in the user's code."""
    return DagsterInvalidMetadata(message, where=caller_location(), hint=hint, value_type=type(value).__name__)
