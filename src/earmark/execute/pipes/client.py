"""Clients: what starts a process, sees it through and hands over what it reported."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from earmark.define.ops.outputs import AssetCheckResult, MaterializeResult
from earmark.execute.contexts.execution import AnyContext
from earmark.execute.pipes.session import PipesSession
from earmark.execute.pipes.wire import PipesExecutionResult
from earmark.specs.metadata import RawMetadataMapping, normalize_metadata
from earmark.values.errors import DagsterPipesExecutionError


class PipesClientCompletedInvocation:
    """What a process reported, once it has ended.

    Args:
        session: The session that the process reported to.
        metadata: Facts to add to each result: what the platform knows of the process, say.

    Example:
        >>> import sys
        >>> @em.asset
        ... def orders(context: em.AssetExecutionContext, pipes: em.PipesSubprocessClient):
        ...     done = pipes.run(context=context, command=[sys.executable, "-c", "pass"])
        ...     return done.get_materialize_result()
        >>> em.materialize([orders], resources={"pipes": em.PipesSubprocessClient()}).success
        True
    """

    def __init__(self, session: PipesSession, metadata: RawMetadataMapping | None = None) -> None:
        self._session = session
        self._metadata = normalize_metadata(metadata)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The facts that are added to each result."""
        return self._metadata

    def get_results(self, *, implicit_materializations: bool = True) -> Sequence[PipesExecutionResult]:
        """Return all results, in order.

        Args:
            implicit_materializations: Whether the step's assets that nothing was reported about count as written.
        """
        return self._session.get_results(
            implicit_materializations=implicit_materializations, metadata=self._metadata or None
        )

    def get_materialize_result(self, *, implicit_materialization: bool = True) -> MaterializeResult[Any]:
        """Return the one materialization, with the results of checks of its asset.

        Args:
            implicit_materialization: Whether the step's asset counts as written where nothing was reported about it.

        Raises:
            DagsterPipesExecutionError: There is none, there are several, or a check is of another asset.
        """
        results = self.get_results(implicit_materializations=implicit_materialization)
        written = [one for one in results if isinstance(one, MaterializeResult)]
        checks = [one for one in results if isinstance(one, AssetCheckResult)]
        if len(written) != 1:
            names = ", ".join(sorted(_named(one.asset_key) for one in written)) or "none"
            raise DagsterPipesExecutionError(
                f"get_materialize_result gives the one asset that a process wrote; this one wrote {names}.",
                hint="get_results() gives all that was reported.",
            )
        [result] = written
        foreign = sorted({_named(one.asset_key) for one in checks if one.asset_key != result.asset_key})
        if foreign:
            raise DagsterPipesExecutionError(
                f"The process wrote {_named(result.asset_key)} and reported checks of {', '.join(foreign)}.",
                hint="get_results() gives all that was reported.",
            )
        return MaterializeResult(
            asset_key=result.asset_key,
            metadata=result.metadata,
            check_results=[*(result.check_results or ()), *checks],
            data_version=result.data_version,
            tags=result.tags,
        )

    def get_asset_check_result(self) -> AssetCheckResult:
        """Return the result of the one check.

        Raises:
            DagsterPipesExecutionError: Something else was reported, or nothing.
        """
        results = self.get_results(implicit_materializations=True)
        if len(results) == 1 and isinstance(results[0], AssetCheckResult):
            return results[0]
        checks = sum(isinstance(one, AssetCheckResult) for one in results)
        raise DagsterPipesExecutionError(
            f"get_asset_check_result gives the one result of a check; this process gave {checks} of those and"
            f" {len(results) - checks} materializations.",
            hint="get_results() gives all that was reported.",
        )

    def get_custom_messages(self) -> Sequence[Any]:
        """Return the messages of the process's own making, in order."""
        return self._session.get_custom_messages()


def _named(key: Any) -> str:
    return "no asset" if key is None else str(key.to_user_string())


class PipesClient(ABC):
    """Starts a process on some platform and sees it through. Subclass it for a platform of your own.

    Example:
        >>> import subprocess, sys
        >>> class PythonClient(PipesClient):
        ...     def run(self, *, context, extras=None, code=""):
        ...         injector, reader = em.PipesEnvContextInjector(), em.PipesTempFileMessageReader()
        ...         with em.open_pipes_session(context, injector, reader, extras) as session:
        ...             subprocess.run([sys.executable, "-c", code], env=session.get_bootstrap_env_vars(), check=True)
        ...         return em.PipesClientCompletedInvocation(session, metadata={"code": code})
        >>> @em.asset
        ... def orders(context: em.AssetExecutionContext, python: PythonClient):
        ...     return python.run(context=context, code="pass").get_materialize_result()
        >>> result = em.materialize([orders], resources={"python": PythonClient()})
        >>> [written] = result.asset_materializations_for_node("orders")
        >>> written.metadata["code"].value
        'pass'
    """

    marks_resource = True

    @abstractmethod
    def run(
        self, *, context: AnyContext, extras: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> PipesClientCompletedInvocation:
        """Start a process, wait until it has ended, and return what it reported.

        Args:
            context: The step's context.
            extras: What else the process is to know: data of JSON.
            **kwargs: What the platform needs.
        """
