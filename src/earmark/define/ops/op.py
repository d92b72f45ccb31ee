"""Ops: functions with named inputs and outputs, configuration, resources and labels."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, overload

from earmark.define.function import EMPTY, Parameter, Signature, location_of, read_signature
from earmark.define.ops import composition
from earmark.define.ops.outputs import outputs_of_annotation
from earmark.define.ops.slots import DynamicOut, In, Out, type_of
from earmark.define.ports import runner
from earmark.define.tags import op_tags
from earmark.define.types.dagster_type import DagsterType
from earmark.specs.config import ConfigSpec
from earmark.specs.metadata import definition_metadata
from earmark.specs.naming import check_name
from earmark.specs.op import DEFAULT_IO_MANAGER, RESULT, InputSpec, OpSpec, OutputSpec
from earmark.specs.policy import RetryPolicy
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location, did_you_mean
from earmark.values.sets import frozen


class OpDefinition:
    """An op: a spec, and the function that computes.

    Made by :func:`op`. Calling it inside a ``@graph`` or ``@job`` adds it there; calling it anywhere else calls the
    function.

    Args:
        compute_fn: The function.
        name: Its name; letters, digits and underscores.
        ins: Its inputs by name.
        outs: Its outputs by name.
        description: Text for people.
        config_schema: A schema, or a :class:`Config` class.
        required_resource_keys: Resources the function asks for.
        tags: Labels; values that are not strings are stored as JSON.
        retry_policy: What to do when it fails.
        code_version: Changes when the function does.
        pool: The pool whose slot each execution takes.

    Example:
        >>> import earmark as em
        >>> @em.op(tags={"dagster/priority": 5}, retry_policy=em.RetryPolicy(max_retries=2))
        ... def double(value: int) -> int:
        ...     return 2 * value
        >>> type(double).__name__, double.tags, double.retry_policy.max_retries
        ('OpDefinition', {'dagster/priority': '5'}, 2)
        >>> double(21)
        42
    """

    def __init__(
        self,
        compute_fn: Callable[..., Any],
        name: str,
        ins: Mapping[str, In] | None = None,
        outs: Mapping[str, Out] | None = None,
        description: str | None = None,
        config_schema: Any = None,
        required_resource_keys: Any = None,
        tags: Mapping[str, Any] | None = None,
        version: str | None = None,
        retry_policy: RetryPolicy | None = None,
        code_version: str | None = None,
        pool: str | None = None,
        *,
        signature: Signature | None = None,
        types: Mapping[str, DagsterType] | None = None,
    ) -> None:
        self.compute_fn = compute_fn
        self.signature = signature or read_signature(compute_fn, "op")
        self._ins = dict(ins or {})
        self._outs = dict(outs) if outs is not None else {RESULT: Out()}
        self._config_schema = config_schema
        self._hooks: frozenset[Any] = frozen(())
        self.input_types: dict[str, DagsterType] = dict(types or {})
        for key, slot in self._ins.items():
            if key not in self.input_types:
                self.input_types[key] = type_of(slot)
        self.output_types = {key: type_of(slot) for key, slot in self._outs.items()}
        self.spec = OpSpec(
            name=check_name(name, "op"),
            inputs=tuple(self._input_spec(key, slot) for key, slot in self._ins.items()),
            outputs=tuple(self._output_spec(key, slot) for key, slot in self._outs.items()),
            description=description,
            config=None if config_schema is None else _config_spec(config_schema),
            required_resources=_resource_keys(required_resource_keys, self.signature)
            | _resource_keys_of_types((*self.input_types.values(), *self.output_types.values())),
            tags=op_tags(tags),
            retry_policy=_check_retry_policy(retry_policy, name),
            code_version=code_version or version,
            pool=pool,
        )
        functools.update_wrapper(self, compute_fn, updated=())

    def _input_spec(self, name: str, slot: In) -> InputSpec:
        kind = self.input_types[name]
        return InputSpec(
            check_name(name, "input"),
            kind.display_name,
            slot.description,
            is_nothing=kind.is_nothing,
            has_default=slot.has_default_value or self._default_of(name) is not EMPTY,
            input_manager_key=slot.input_manager_key,
            loader=kind.loader is not None,
            metadata=definition_metadata(slot.metadata or {}),
        )

    def _output_spec(self, name: str, slot: Out) -> OutputSpec:
        kind = self.output_types[name]
        return OutputSpec(
            check_name(name, "output") if name != RESULT else name,
            kind.display_name,
            slot.description,
            is_nothing=kind.is_nothing,
            is_required=slot.is_required,
            is_dynamic=isinstance(slot, DynamicOut),
            io_manager_key=slot.io_manager_key or DEFAULT_IO_MANAGER,
            code_version=slot.code_version,
            metadata=definition_metadata(slot.metadata or {}),
        )

    def _default_of(self, name: str) -> Any:
        return next((p.default for p in self.signature.inputs if p.name == name), EMPTY)

    def default_for(self, name: str) -> Any:
        """Return the default value of an input, or ``EMPTY``."""
        slot = self._ins[name]
        return slot.default_value if slot.has_default_value else self._default_of(name)

    @property
    def name(self) -> str:
        """The op's name."""
        return self.spec.name

    @property
    def node_type_str(self) -> str:
        """What kind of node this is."""
        return "op"

    @property
    def description(self) -> str | None:
        """Text for people."""
        return self.spec.description

    @property
    def ins(self) -> Mapping[str, In]:
        """The inputs by name."""
        return self._ins

    @property
    def outs(self) -> Mapping[str, Out]:
        """The outputs by name."""
        return self._outs

    @property
    def tags(self) -> Mapping[str, str]:
        """The labels of the op."""
        return self.spec.tags

    @property
    def config_schema(self) -> Any:
        """The schema of the op's configuration as it was given."""
        return self._config_schema

    @property
    def required_resource_keys(self) -> frozenset[str]:
        """The keys of resources that the op asks for."""
        return self.spec.required_resources

    @property
    def retry_policy(self) -> RetryPolicy | None:
        """What to do when the op fails."""
        return self.spec.retry_policy

    @property
    def pool(self) -> str | None:
        """The pool whose slot each execution takes."""
        return self.spec.pool

    @property
    def version(self) -> str | None:
        """The code version, by its old name."""
        return self.spec.code_version

    @property
    def hook_defs(self) -> frozenset[Any]:
        """Hooks that follow the op wherever it is used."""
        return self._hooks

    def copy_with(self, *, hooks: frozenset[Any] | None = None, **changes: Any) -> OpDefinition:
        """Return the op with fields of its spec replaced."""
        from copy import copy

        from msgspec.structs import replace

        made = copy(self)
        made.spec = replace(self.spec, **changes)
        if hooks is not None:
            made._hooks = hooks
        return made

    def configured(
        self,
        config_or_config_fn: Any,
        name: str | None = None,
        config_schema: Any = None,
        description: str | None = None,
    ) -> OpDefinition:
        """Return the same op with its configuration given, or made by a function from an outer one.

        Args:
            config_or_config_fn: The configuration, or a function from an outer configuration to it.
            name: The name of the op that is returned; this one's if ``None``.
            config_schema: What the outer configuration looks like, if there is a function.
            description: Text for people; this op's if ``None``.

        Raises:
            DagsterInvalidDefinitionError: There is a schema, but no function to use it.

        Example:
            >>> @op(config_schema={"greeting": str})
            ... def greet(context) -> str:
            ...     return context.op_config["greeting"]
            >>> hello = greet.configured({"greeting": "Hello"}, name="hello")
            >>> hello.name, hello.spec.config.required
            ('hello', False)
        """
        from earmark.define.config.config_mapping import configured_type

        schema = configured_type(self._config_schema, config_or_config_fn, config_schema)
        made = self.copy_with(
            name=check_name(name or self.name, "op"),
            description=description if description is not None else self.description,
            config=_config_spec(schema),
        )
        made._config_schema = schema
        return made

    def alias(self, name: str) -> composition.PendingNodeInvocation:
        """Return the op under another name, to be called inside a graph."""
        return composition.PendingNodeInvocation(self, alias=check_name(name, "op"))

    def tag(self, tags: Mapping[str, Any] | None) -> composition.PendingNodeInvocation:
        """Return the op with more tags, to be called inside a graph."""
        return composition.PendingNodeInvocation(self, tags=op_tags(tags))

    def with_hooks(self, hook_defs: Any) -> composition.PendingNodeInvocation:
        """Return the op with hooks, to be called inside a graph."""
        return composition.PendingNodeInvocation(self, hooks=frozenset(hook_defs))

    def with_retry_policy(self, retry_policy: RetryPolicy) -> composition.PendingNodeInvocation:
        """Return the op with another retry policy, to be called inside a graph."""
        return composition.PendingNodeInvocation(self, retry_policy=retry_policy)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if composition.is_composing():
            return composition.PendingNodeInvocation(self)(*args, **kwargs)
        return runner().invoke(self, args, kwargs)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


@overload
def op(compute_fn: Callable[..., Any]) -> OpDefinition: ...


@overload
def op(
    compute_fn: None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    ins: Mapping[str, In] | None = None,
    out: Out | Mapping[str, Out] | None = None,
    config_schema: Any = None,
    required_resource_keys: Any = None,
    tags: Mapping[str, Any] | None = None,
    version: str | None = None,
    retry_policy: RetryPolicy | None = None,
    code_version: str | None = None,
    pool: str | None = None,
) -> Callable[[Callable[..., Any]], OpDefinition]: ...


def op(
    compute_fn: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    ins: Mapping[str, In] | None = None,
    out: Out | Mapping[str, Out] | None = None,
    config_schema: Any = None,
    required_resource_keys: Any = None,
    tags: Mapping[str, Any] | None = None,
    version: str | None = None,
    retry_policy: RetryPolicy | None = None,
    code_version: str | None = None,
    pool: str | None = None,
) -> OpDefinition | Callable[[Callable[..., Any]], OpDefinition]:
    """Make an op of a function. Its parameters become inputs, its annotations their types.

    Args:
        compute_fn: The function, where the decorator is used without arguments.
        name: The op's name; the function's name if ``None``.
        description: Text for people; the docstring if ``None``.
        ins: More about inputs, by parameter name; also inputs of type ``Nothing`` that no parameter takes.
        out: One :class:`Out`, or several by name.
        config_schema: A schema of the op's configuration, where no parameter ``config`` is annotated with one.
        required_resource_keys: Resources to be found on ``context.resources``.
        tags: Labels of the op's steps: limits, priority, executor.
        retry_policy: What to do when it fails.
        code_version: Changes when the function does.
        pool: The pool whose slot each execution takes.

    Raises:
        DagsterInvalidDefinitionError: A name, tag, input or output is not valid; the error says where.

    Example:
        >>> @op(tags={"team": "ml", "dagster/priority": 3})
        ... def double(number: int) -> int:
        ...     return 2 * number
        >>> double(21)
        42
    """

    def decorate(function: Callable[..., Any]) -> OpDefinition:
        return build_op(
            function,
            name=name,
            description=description,
            ins=ins,
            out=out,
            config_schema=config_schema,
            required_resource_keys=required_resource_keys,
            tags=tags,
            version=version,
            retry_policy=retry_policy,
            code_version=code_version,
            pool=pool,
        )

    return decorate if compute_fn is None else decorate(compute_fn)


def build_op(
    function: Callable[..., Any],
    *,
    name: str | None = None,
    description: str | None = None,
    ins: Mapping[str, In] | None = None,
    out: Out | Mapping[str, Out] | None = None,
    config_schema: Any = None,
    required_resource_keys: Any = None,
    what: str = "op",
    **options: Any,
) -> OpDefinition:
    """Read a function and make an :class:`OpDefinition` of it; arguments as :func:`op`."""
    signature = read_signature(function, what)
    name = name or function.__name__
    if signature.config is not None:
        if config_schema is not None:
            raise DagsterInvalidDefinitionError(
                f"The {what} {name!r} has both a config parameter and config_schema; keep one of them.",
                where=location_of(function),
            )
        config_schema = config_of_parameter(signature.config)
    if signature.resources and required_resource_keys:
        raise DagsterInvalidDefinitionError(
            f"The {what} {name!r} asks for resources both by its parameters and by required_resource_keys; keep one.",
            where=location_of(function),
        )
    taken = inputs_of(signature, ins or {}, function, what)
    outs = _outs(out, signature)
    return OpDefinition(
        function,
        name,
        taken,
        outs,
        description if description is not None else clean_doc(function),
        config_schema,
        required_resource_keys,
        signature=signature,
        **options,
    )


def clean_doc(function: Callable[..., Any]) -> str | None:
    """Return a function's docstring without its indentation, or ``None``."""
    import inspect

    return inspect.cleandoc(function.__doc__) if function.__doc__ else None


def config_of_parameter(parameter: Parameter) -> Any:
    """Return the schema that a ``config`` parameter's annotation means."""
    return Any if parameter.annotation is EMPTY else parameter.annotation


def inputs_of(signature: Signature, ins: Mapping[str, In], function: Callable[..., Any], what: str) -> dict[str, In]:
    """Merge what ``ins`` says with what the parameters say; inputs of type Nothing need no parameter."""
    names = [parameter.name for parameter in signature.inputs]
    for key, slot in ins.items():
        if key not in names and not type_of(slot).is_nothing:
            raise DagsterInvalidDefinitionError(
                f"ins of {what} {function.__name__!r} names {key!r}, which is no parameter of the function"
                f" ({', '.join(names) or 'it has none'}).{did_you_mean(key, names)}",
                where=location_of(function),
                hint="An input that only orders steps is In(Nothing).",
            )
    merged: dict[str, In] = {}
    for parameter in signature.inputs:
        slot = ins.get(parameter.name) or In()
        merged[parameter.name] = slot.with_annotation(parameter.annotation)
    merged.update({key: slot for key, slot in ins.items() if key not in merged})
    return merged


def _outs(out: Out | Mapping[str, Out] | None, signature: Signature) -> dict[str, Out]:
    if out is None or isinstance(out, Out):
        return outputs_of_annotation(out, signature)
    if not isinstance(out, Mapping):
        raise DagsterInvalidDefinitionError(
            f"out is an Out, or a dict of them by name, not {out!r}.", where=caller_location()
        )
    return outputs_of_annotation(dict(out), signature)


def _config_spec(schema: Any) -> ConfigSpec:
    from earmark.define.config.schema import config_spec

    return config_spec(schema)


def _resource_keys_of_types(types: Iterable[DagsterType]) -> frozenset[str]:
    """Return what checking and loading values of these types uses."""
    keys: set[str] = set()
    for kind in types:
        keys |= kind.required_resource_keys
        if kind.loader is not None:
            keys |= kind.loader.required_resource_keys()
    return frozen(keys)


def _resource_keys(required: Any, signature: Signature) -> frozenset[str]:
    if isinstance(required, str):
        raise DagsterInvalidDefinitionError(
            f"required_resource_keys is a set of keys, not the string {required!r}.",
            where=caller_location(),
            hint=f"Write required_resource_keys={{{required!r}}}.",
        )
    keys: Sequence[str] = tuple(required or ())
    return frozen((*keys, *(parameter.name for parameter in signature.resources)))


def _check_retry_policy(policy: Any, name: str) -> RetryPolicy | None:
    if policy is None or isinstance(policy, RetryPolicy):
        return policy
    raise DagsterInvalidDefinitionError(
        f"retry_policy of {name!r} is a RetryPolicy, not {policy!r}.", where=caller_location()
    )
