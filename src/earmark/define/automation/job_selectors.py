"""Jobs named from another code location, for sensors that watch their runs."""

from __future__ import annotations

from typing import Any

import msgspec

from earmark.runs.run import DagsterRun
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location


class JobSelector(msgspec.Struct, frozen=True):
    """A job of a code location.

    Args:
        location_name: The name of the code location.
        repository_name: Has no meaning here: a code location has one repository. It may be left out.
        job_name: The name of the job.

    Example:
        >>> import earmark as em
        >>> @em.run_status_sensor(
        ...     em.DagsterRunStatus.SUCCESS,
        ...     monitored_jobs=[em.JobSelector(location_name="ingest", job_name="load")],
        ... )
        ... def after_load(context): ...
        >>> em.JobSelector("ingest", job_name="load").job_name
        'load'
    """

    location_name: str
    repository_name: str | None = None
    job_name: str = ""

    def __post_init__(self) -> None:
        if not self.job_name:
            raise DagsterInvalidDefinitionError(
                f"A JobSelector names a job of {self.location_name!r}, and this one has no job_name.",
                hint="For all jobs of a code location there is CodeLocationSelector(location_name).",
                where=caller_location(),
            )


class RepositorySelector(msgspec.Struct, frozen=True):
    """All jobs of a code location, as :class:`CodeLocationSelector`.

    Args:
        location_name: The name of the code location.
        repository_name: Has no meaning here: a code location has one repository.

    Example:
        >>> RepositorySelector(location_name="ingest", repository_name="main").location_name
        'ingest'
    """

    location_name: str
    repository_name: str | None = None


class CodeLocationSelector(msgspec.Struct, frozen=True):
    """All jobs of a code location.

    Args:
        location_name: The name of the code location.

    Example:
        >>> import earmark as em
        >>> @em.run_failure_sensor(monitored_jobs=[em.CodeLocationSelector(location_name="ingest")])
        ... def alarm(context): ...
        >>> em.CodeLocationSelector("ingest").location_name
        'ingest'
    """

    location_name: str


class Watched(msgspec.Struct, frozen=True):
    """Runs that a sensor watches: of a job, or of all jobs, of its own code location or of another.

    Args:
        job: The name of the job; ``None`` for all.
        location: The name of the code location; ``None`` for the sensor's own.
    """

    job: str | None
    location: str | None = None

    @staticmethod
    def of(given: Any) -> Watched:
        """Return what a job, its name or a selector means.

        Raises:
            DagsterInvalidDefinitionError: It is none of these.
        """
        if isinstance(given, str):
            return Watched(given)
        if isinstance(given, JobSelector):
            return Watched(given.job_name, given.location_name)
        if isinstance(given, (RepositorySelector, CodeLocationSelector)):
            return Watched(None, given.location_name)
        name = getattr(given, "job_name", None) or getattr(given, "name", None)
        if isinstance(name, str):
            return Watched(name)
        raise DagsterInvalidDefinitionError(
            f"monitored_jobs holds jobs, their names, or selectors of jobs and code locations, not {given!r}.",
            where=caller_location(),
        )

    def means(self, run: DagsterRun, own: str | None) -> bool:
        """Say whether a run is one of those, for a sensor of the code location ``own``."""
        location = self.location or own
        here = location is None or run.code_location == location or (not self.location and run.code_location is None)
        return here and self.job in (None, run.job_name)
