"""Tags as they are given to ops and jobs in code: normalised, and checked against the registry of system tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from earmark.tags.system import Place, check_user_tags
from earmark.tags.tag import normalize_run_tags
from earmark.values.errors import caller_location


def op_tags(tags: Mapping[str, Any] | None) -> dict[str, str]:
    """Return an op's tags in their stored form.

    Raises:
        DagsterInvalidDefinitionError: A system tag has a bad value, or is one that only the system sets.
    """
    return _checked(tags, Place.OP)


def job_tags(tags: Mapping[str, Any] | None) -> dict[str, str]:
    """Return a job's tags in their stored form; errors as :func:`op_tags`."""
    return _checked(tags, Place.JOB)


def run_request_tags(tags: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the tags of a run that is asked for in code in their stored form; errors as :func:`op_tags`."""
    return _checked(tags, Place.RUN)


def _checked(tags: Mapping[str, Any] | None, place: Place) -> dict[str, str]:
    if not tags:
        return {}
    where = caller_location()
    normalized = normalize_run_tags(tags, strict=False, where=where)
    check_user_tags(normalized, place, strict=False, where=where)
    return normalized
