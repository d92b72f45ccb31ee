"""Setting resources up and down: in the order they need each other, and in the reverse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import msgspec

from earmark.define.resources.resource_context import InitResourceContext, Resources
from earmark.define.resources.resource_definition import (
    ResourceDefinition,
    TeardownFault,
    as_resource_definition,
    enter_resource,
)
from earmark.values.errors import (
    DagsterError,
    DagsterInvalidDefinitionError,
    DagsterInvariantViolationError,
    DagsterResourceFunctionError,
    did_you_mean,
)


class ResourceRun(msgspec.Struct, frozen=True):
    """What resources may know of the run they are set up for.

    Args:
        instance: The instance of the run.
        run: The run, or ``None`` outside of one.
        log: Where they log.
        subject: Whose run config it is, for errors, such as ``"job 'daily'"``.
    """

    instance: Any = None
    run: Any = None
    log: Any = None
    subject: str | None = None


def setup_order(given: Mapping[str, Any], required: Mapping[str, str]) -> list[str]:
    """Return the keys to set up, each after those that it needs.

    Args:
        given: All resources or definitions by key.
        required: From the keys that are required to who requires them, such as ``"op 'clean'"``.

    Raises:
        DagsterInvalidDefinitionError: A key is required that was not given.
        DagsterInvariantViolationError: Resources need each other in a circle.

    Example:
        >>> base = ResourceDefinition(lambda: 1)
        >>> top = ResourceDefinition(lambda context: context.resources.base, required_resource_keys={"base"})
        >>> setup_order({"top": top, "base": base}, {"top": "op 'clean'"})
        ['base', 'top']
    """
    order: list[str] = []
    done: set[str] = set()
    for key in sorted(required):
        _visit(key, required[key], (), given, order, done)
    return order


def _visit(
    key: str, asker: str, above: tuple[str, ...], given: Mapping[str, Any], order: list[str], done: set[str]
) -> None:
    if key in done:
        return
    if key in above:
        circle = " -> ".join([*above[above.index(key) :], key])
        raise DagsterInvariantViolationError(
            f'Resource key "{key}" transitively depends on itself: {circle}.', circle=circle
        )
    if key not in given:
        raise _not_given(key, asker, given)
    for needed in sorted(as_resource_definition(given[key]).requirements(given)):
        _visit(needed, f"resource with key '{key}'", (*above, key), given, order, done)
    done.add(key)
    order.append(key)


def _not_given(key: str, asker: str, given: Mapping[str, Any]) -> DagsterInvalidDefinitionError:
    there = ", ".join(repr(name) for name in sorted(given)) or "none"
    return DagsterInvalidDefinitionError(
        f"resource with key '{key}' required by {asker} was not provided. Given are: {there}."
        f"{did_you_mean(key, given)}",
        hint=f"Give it, as in Definitions(resources={{{key!r}: ...}}), or ask for another key.",
        resource_key=key,
        required_by=asker,
    )


@contextmanager
def initialized_resources(
    given: Mapping[str, Any],
    required: Mapping[str, str],
    run_config: Mapping[str, Any] | None = None,
    about: ResourceRun | None = None,
    on_teardown_fault: TeardownFault | None = None,
) -> Iterator[Resources]:
    """Set up the required resources and those they need; on leaving, tear them down in reverse.

    Args:
        given: All resources or definitions by key.
        required: From the keys that are required to who requires them.
        run_config: The part of run config under ``resources``: by key, ``{"config": ...}``.
        about: The run they are set up for.
        on_teardown_fault: Told of clean-ups that raised; unless given, they are logged.

    Raises:
        DagsterInvalidDefinitionError: A key is required that was not given.
        DagsterInvalidConfigError: A resource's configuration does not fit.
        DagsterResourceFunctionError: Setting one up raised; its exception is the cause. Those already set up are torn
            down.
    """
    about = about or ResourceRun()
    entries = run_config or {}
    definitions = {key: as_resource_definition(value) for key, value in given.items()}
    order = setup_order(given, required)
    made: dict[str, Any] = {}
    with ExitStack() as stack:
        for key in order:
            definition = definitions[key]
            needed = definition.requirements(given)
            context = InitResourceContext(
                resource_config=_config_of(definition, key, entries, about),
                resources=Resources({name: made[name] for name in needed}, f"resource {key!r}"),
                resource_def=definition,
                all_resource_defs=given,
                instance=about.instance,
                dagster_run=about.run,
                log_manager=about.log,
            )
            made[key] = _enter(stack, key, definition, context, on_teardown_fault)
        yield Resources(made)


def _config_of(definition: ResourceDefinition, key: str, entries: Mapping[str, Any], about: ResourceRun) -> Any:
    entry = entries.get(key)
    return definition.load_config(
        {} if entry is None else entry, about.subject or f"resource {key!r}", ("resources", key)
    )


def _enter(
    stack: ExitStack,
    key: str,
    definition: ResourceDefinition,
    context: InitResourceContext,
    on_teardown_fault: TeardownFault | None,
) -> Any:
    try:
        return enter_resource(key, definition, context, stack, _reporting(on_teardown_fault, context))
    except DagsterError:
        raise
    except Exception as error:
        raise DagsterResourceFunctionError(
            f"Error executing resource_fn on ResourceDefinition {key}: {type(error).__name__}: {error}",
            user_exception=error,
        ) from error


def _reporting(on_teardown_fault: TeardownFault | None, context: InitResourceContext) -> TeardownFault:
    if on_teardown_fault is not None:
        return on_teardown_fault

    def log(key: str, error: BaseException) -> None:
        context.log.error(
            f"Error while tearing down the resource {key!r}: {type(error).__name__}: {error}", exc_info=error
        )

    return log


@contextmanager
def build_resources(
    resources: Mapping[str, Any],
    instance: Any = None,
    resource_config: Mapping[str, Any] | None = None,
    dagster_run: Any = None,
    log_manager: Any = None,
) -> Iterator[Resources]:
    """Set up resources outside of a run; for tests and scripts.

    Args:
        resources: Resources or definitions by key.
        instance: The instance they see.
        resource_config: By key, ``{"config": ...}``.
        dagster_run: The run they see.
        log_manager: Where they log.

    Example:
        >>> with build_resources({"city": "Turku"}) as resources:
        ...     resources.city
        'Turku'
    """
    about = ResourceRun(instance, dagster_run, log_manager)
    with initialized_resources(resources, dict.fromkeys(resources, "build_resources"), resource_config, about) as made:
        yield made


class BuiltInitResourceContext(InitResourceContext):
    """The context of a resource function outside of a run; ``with`` it, to tear down the resources it holds.

    Without ``with``, they are torn down when nothing refers to the context any more.
    """

    _stack: ExitStack | None = None

    def close(self) -> None:
        """Tear down the resources it holds."""
        if self._stack is not None:
            self._stack.close()

    def __enter__(self) -> BuiltInitResourceContext:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


def build_init_resource_context(
    config: Any = None,
    resources: Mapping[str, Any] | None = None,
    instance: Any = None,
) -> BuiltInitResourceContext:
    """Return the context of a resource function; for tests.

    Args:
        config: Its configuration.
        resources: The resources it requires, by key; they are set up now.
        instance: The instance it sees.

    Example:
        >>> build_init_resource_context(config={"city": "Turku"}).resource_config
        {'city': 'Turku'}
    """
    stack = ExitStack()
    made = stack.enter_context(build_resources(resources or {}, instance))
    context = BuiltInitResourceContext(resource_config=config, resources=made, instance=instance)
    object.__setattr__(context, "_stack", stack)
    return context
