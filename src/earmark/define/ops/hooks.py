"""Hooks: what follows each step of a job, on success or on failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, overload

import msgspec

from earmark.specs.naming import check_name
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location

HookFn = Callable[["HookContext"], Any]


class HookExecutionResult(msgspec.Struct, frozen=True):
    """What a hook's function returns: its name, and whether it did not apply.

    Example:
        >>> HookExecutionResult("notify", is_skipped=True).is_skipped
        True
    """

    hook_name: str
    is_skipped: bool = False


class HookContext(msgspec.Struct, frozen=True):
    """What a hook sees of the step it follows.

    Made by the run; :func:`build_hook_context` makes one for tests.

    Example:
        >>> @em.op
        ... def load():
        ...     return 1
        >>> @em.success_hook
        ... def say(context: HookContext):
        ...     print(context.op.name, "is done")
        >>> say(em.build_hook_context(op=load))
        load is done
    """

    hook_def: Any = None
    job_name: str | None = None
    run_id: str | None = None
    step_key: str | None = None
    log: Any = None
    resources: Any = None
    op: Any = None
    op_config: Any = None
    op_exception: BaseException | None = None
    op_output_values: Mapping[str, Any] = msgspec.field(default_factory=dict)
    op_output_metadata: Mapping[str, Any] = msgspec.field(default_factory=dict)
    instance: Any = None

    @property
    def required_resource_keys(self) -> frozenset[str]:
        """The keys of resources that the hook asks for."""
        return self.hook_def.required_resource_keys if self.hook_def is not None else frozenset()


class HookDefinition:
    """A hook. Made by :func:`success_hook` and :func:`failure_hook`; used as ``@job(hooks={...})`` or as a decorator.

    Args:
        name: Its name.
        hook_fn: Called with a :class:`HookContext` and the events so far, after each step.
        required_resource_keys: Resources it asks for.
        decorated_fn: The user's own function.

    Example:
        >>> import earmark as em
        >>> done = []
        >>> @em.success_hook
        ... def note(context):
        ...     done.append(context.step_key)
        >>> @em.op
        ... def load():
        ...     return 1
        >>> @em.job(hooks={note})
        ... def nightly():
        ...     load()
        >>> nightly.execute_in_process().success, done
        (True, ['load'])
    """

    def __init__(
        self,
        *,
        name: str,
        hook_fn: Callable[[HookContext, Any], Any],
        required_resource_keys: Iterable[str] | None = None,
        decorated_fn: HookFn | None = None,
    ) -> None:
        self.name = check_name(name, "hook")
        self.hook_fn = hook_fn
        self.required_resource_keys = frozenset(required_resource_keys or ())
        self.decorated_fn = decorated_fn

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        target: Any = args[0] if args else None
        if len(args) == 1 and not kwargs and hasattr(target, "with_hooks"):
            return target.with_hooks({self})
        if self.decorated_fn is None:
            raise DagsterInvalidDefinitionError(
                f"The hook {self.name!r} has no function to call.", where=caller_location()
            )
        return self.decorated_fn(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


def build_hook_context(
    resources: Mapping[str, Any] | None = None,
    op: Any = None,
    run_id: str | None = None,
    job_name: str | None = None,
    op_exception: BaseException | None = None,
    instance: Any = None,
) -> HookContext:
    """Return a :class:`HookContext` to call a hook with in a test.

    Example:
        >>> @success_hook
        ... def note(context):
        ...     return context.job_name
        >>> note(build_hook_context(job_name="nightly"))
        'nightly'
    """
    import logging

    from earmark.define.resources.resource_context import Resources

    return HookContext(
        job_name=job_name,
        run_id=run_id,
        op=op,
        op_exception=op_exception,
        resources=Resources(resources or {}),
        log=logging.getLogger("earmark"),
        instance=instance,
    )


def _hook(
    function: HookFn | None, name: str | None, keys: Iterable[str] | None, applies: Callable[[HookContext], bool]
) -> Any:
    def decorate(fn: HookFn) -> HookDefinition:
        own_name: str = name or getattr(fn, "__name__", None) or "hook"

        def run(context: HookContext, _events: Any) -> HookExecutionResult:
            if not applies(context):
                return HookExecutionResult(own_name, is_skipped=True)
            fn(context)
            return HookExecutionResult(own_name)

        return HookDefinition(name=own_name, hook_fn=run, required_resource_keys=keys, decorated_fn=fn)

    return decorate if function is None else decorate(function)


@overload
def success_hook(hook_fn: HookFn) -> HookDefinition: ...
@overload
def success_hook(
    hook_fn: None = None, *, name: str | None = None, required_resource_keys: Iterable[str] | None = None
) -> Callable[[HookFn], HookDefinition]: ...
def success_hook(
    hook_fn: HookFn | None = None, *, name: str | None = None, required_resource_keys: Iterable[str] | None = None
) -> Any:
    """Make a hook that runs after each step that succeeds.

    Args:
        hook_fn: A function of a :class:`HookContext`.
        name: The hook's name; the function's if ``None``.
        required_resource_keys: Resources it asks for.

    Example:
        >>> @success_hook
        ... def cheer(context):
        ...     context.log.info("done")
        >>> cheer.name
        'cheer'
    """
    return _hook(hook_fn, name, required_resource_keys, lambda context: context.op_exception is None)


@overload
def failure_hook(name: HookFn) -> HookDefinition: ...
@overload
def failure_hook(
    name: str | None = None, required_resource_keys: Iterable[str] | None = None
) -> Callable[[HookFn], HookDefinition]: ...
def failure_hook(name: Any = None, required_resource_keys: Iterable[str] | None = None) -> Any:
    """Make a hook that runs after each step that fails for good; arguments as :func:`success_hook`.

    Example:
        >>> @failure_hook(required_resource_keys={"slack"})
        ... def alarm(context):
        ...     context.resources.slack.send(str(context.op_exception))
        >>> sorted(alarm.required_resource_keys)
        ['slack']
    """
    function = name if callable(name) else None
    own_name = None if function is not None else name
    return _hook(function, own_name, required_resource_keys, lambda context: context.op_exception is not None)
