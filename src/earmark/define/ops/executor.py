"""Executors by name: how the steps of a job are executed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from earmark.define.config.config_type import load
from earmark.define.config.schema import Field, Noneable, Permissive, as_config_type
from earmark.specs.config import ConfigSpec
from earmark.specs.naming import check_name
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location


class ExecutorRequirement(StrEnum):
    """What an executor needs of the job or the instance.

    Example:
        >>> @em.executor(name="pods", requirements=[ExecutorRequirement.PERSISTENT_OUTPUTS])
        ... def in_pods(init_context): ...
        >>> [one.name for one in in_pods.requirements]
        ['PERSISTENT_OUTPUTS']
    """

    RECONSTRUCTABLE_PIPELINE = "RECONSTRUCTABLE_PIPELINE"
    RECONSTRUCTABLE_JOB = "RECONSTRUCTABLE_PIPELINE"
    NON_EPHEMERAL_INSTANCE = "NON_EPHEMERAL_INSTANCE"
    PERSISTENT_OUTPUTS = "PERSISTENT_OUTPUTS"


def multiple_process_executor_requirements() -> list[ExecutorRequirement]:
    """Return what executors with several processes need.

    Example:
        >>> len(multiple_process_executor_requirements())
        3
    """
    return [
        ExecutorRequirement.RECONSTRUCTABLE_JOB,
        ExecutorRequirement.NON_EPHEMERAL_INSTANCE,
        ExecutorRequirement.PERSISTENT_OUTPUTS,
    ]


class ExecutorDefinition:
    """An executor and the schema of its configuration.

    Args:
        name: Its name; what a run's events call it.
        config_schema: The schema of ``execution.config``.
        requirements: What it needs.
        executor_creation_fn: A user's own; called with an :class:`InitExecutorContext`.
        description: Text for people.

    ``base_name`` is the name of the executor that others were configured from: it says how steps are executed.

    Example:
        >>> multiprocess_executor.configured({"max_concurrent": 2}).settings({})["max_concurrent"]
        2
    """

    def __init__(
        self,
        name: str,
        config_schema: Any = None,
        requirements: Any = None,
        executor_creation_fn: Callable[[Any], Any] | None = None,
        description: str | None = None,
    ) -> None:
        self.name = check_name(name, "executor")
        self.base_name = self.name
        self.config_schema = config_schema
        self.requirements = requirements
        self.executor_creation_fn = executor_creation_fn
        self.description = description
        self._configured: Mapping[str, Any] | None = None
        self._inner: tuple[ExecutorDefinition, Callable[[Any], Any]] | None = None

    def configured(
        self,
        config_or_config_fn: Any,
        name: str | None = None,
        config_schema: Any = None,
        description: str | None = None,
    ) -> ExecutorDefinition:
        """Return the executor with its configuration given, or made from another configuration.

        Args:
            config_or_config_fn: The configuration; or a function that returns it, given what fits ``config_schema``.
            name: Its name; that of the executor if ``None``.
            config_schema: The schema of what the function is given; anything if ``None``.
            description: Text for people.

        Raises:
            DagsterInvalidDefinitionError: A schema is given without a function.
            DagsterInvalidConfigError: The configuration does not fit.
        """
        made = copy.copy(self)
        made.name = check_name(name, "executor") if name else self.name
        made.description = description or self.description
        if callable(config_or_config_fn):
            made._configured, made._inner = None, (self, config_or_config_fn)
            made.config_schema = Permissive({}) if config_schema is None else config_schema
            return made
        if config_schema is not None:
            raise DagsterInvalidDefinitionError(
                f"configured() of the executor {self.name!r} takes a config_schema beside a function, not a dict.",
                where=caller_location(),
            )
        made._configured = dict(config_or_config_fn)
        made.settings({})
        return made

    @property
    def spec(self) -> ConfigSpec:
        """The schema of ``execution.config``, as data."""
        return as_config_type(self.config_schema if self.config_schema is not None else Permissive({})).spec

    def settings(self, execution: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the executor's settings in a run.

        Args:
            execution: The part of the run's configuration under ``execution``.

        Raises:
            DagsterInvalidConfigError: It does not fit.
        """
        given = {**(self._configured or {}), **(execution.get("config") or {})}
        if self.config_schema is None:
            return given
        # Older configuration names the start method; the steps of Earmark are always forked.
        found: Mapping[str, Any] = load(
            as_config_type(self.config_schema), given, f"executor {self.name!r}", ("execution", "config")
        )
        if self._inner is None:
            return found
        inner, make = self._inner
        return inner.settings({"config": make(found)})


_RETRIES = Field(Permissive({}), is_required=False, description="Whether steps are tried again as they ask.")
_TAG_LIMITS = Field(
    [
        {
            "key": str,
            "limit": int,
            "value": Field(Noneable(Any), is_required=False),
        }
    ],
    is_required=False,
    description="Limits over the tags of running steps.",
)

in_process_executor = ExecutorDefinition(
    "in_process",
    {"retries": _RETRIES, "marker_to_close": Field(str, is_required=False)},
    description="All steps in the run's own process, one after the other.",
)
"""All steps in the run's own process, one after the other."""

multiprocess_executor = ExecutorDefinition(
    "multiprocess",
    {
        "max_concurrent": Field(
            Noneable(int), is_required=False, description="How many steps at once; cores if not given."
        ),
        "retries": _RETRIES,
        "start_method": Field(Permissive({}), is_required=False, description="Read and not used: steps are forked."),
        "tag_concurrency_limits": _TAG_LIMITS,
    },
    multiple_process_executor_requirements(),
    description="Each step in a process of its own.",
)
"""Each step in a process of its own, forked from the run's."""

multi_or_in_process_executor = ExecutorDefinition(
    "multi_or_in_process_executor",
    Permissive({}),
    description="multiprocess; or in_process, where the configuration says so.",
)
"""What jobs have that name no executor: ``multiprocess``, or ``{"in_process": {}}`` in the configuration."""


def executor(name: Any = None, config_schema: Any = None, requirements: Any = None) -> Any:
    """Make an executor of a function of an :class:`InitExecutorContext` that returns one of Earmark's executors.

    Args:
        name: Its name; the function's if ``None``.
        config_schema: The schema of its configuration.
        requirements: What it needs.

    Example:
        >>> @executor(name="two_at_once")
        ... def two_at_once(init_context):
        ...     return multiprocess_executor.configured({"max_concurrent": 2})
        >>> two_at_once.name
        'two_at_once'
    """

    def decorate(function: Callable[[Any], Any], own_name: str | None = None) -> ExecutorDefinition:
        return ExecutorDefinition(
            own_name or function.__name__, config_schema, requirements, function, function.__doc__
        )

    if callable(name):
        return decorate(name)
    return lambda function: decorate(function, name)
