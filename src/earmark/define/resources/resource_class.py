"""How a resource class becomes a definition: its configuration, the resources within it, its life in a run."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import msgspec

from earmark.define.config.config_type import ConfigType
from earmark.define.config.model_types import field_types, field_value_to_json
from earmark.define.resources.resource_context import InitResourceContext
from earmark.define.resources.resource_definition import ResourceDefinition, as_resource_definition, enter_resource
from earmark.specs.config import ConfigKind, shape, validate
from earmark.specs.resource import ResourceSpec
from earmark.values.errors import DagsterInvalidDefinitionError


class PartialResource:
    """A resource class with only some of its fields given; run config gives the others.

    Made by ``configure_at_launch``. The field of another resource that holds one is filled with the resource under
    the same key: it must be given on its own as well.
    """

    def __init__(self, resource_cls: type[Any], data: Mapping[str, Any]) -> None:
        self.resource_cls = resource_cls
        self.data = dict(data)

    def __resource_definition__(self) -> InstanceDefinition:
        """Return it as a definition."""
        return InstanceDefinition(self.resource_cls, self.data)

    def __repr__(self) -> str:
        shown = "".join(f", {name}={value!r}" for name, value in self.data.items())
        return f"PartialResource({self.resource_cls.__name__}{shown})"


def is_resource(value: Any) -> bool:
    """Say whether a field's value is a resource, or a list or dict that holds one, and so no configuration."""
    if isinstance(value, (list, tuple)):
        return any(is_resource(item) for item in value)
    if isinstance(value, dict):
        return any(is_resource(item) for item in value.values())
    return isinstance(value, ResourceDefinition) or hasattr(type(value), "__resource_definition__")


def _takes_resource(annotation: Any) -> bool:
    parts = (annotation, *getattr(annotation, "__args__", ()))
    return any(isinstance(part, type) and bool(getattr(part, "marks_resource", False)) for part in parts)


def resource_fields(cls: type[Any], given: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of a class's fields that hold resources, by their annotation or by what was given."""
    return frozenset(
        name
        for name, field in cls.model_fields.items()
        if is_resource(given.get(name))
        or _takes_resource(field.annotation)
        or any(getattr(mark, "marks_resource", False) for mark in field.metadata)
    )


def config_type_of_resource(cls: type[Any], given: Mapping[str, Any]) -> ConfigType:
    """Return what run config may say of a resource: its fields, what was given already as their defaults."""
    members = field_types(cls, leave_out=resource_fields(cls, given))
    for name, field in cls.model_fields.items():
        key = field.alias or name
        if key not in members or name not in given:
            continue
        known = _as_default(cls, name, given[name], members[key])
        if known is None:
            del members[key]  # no JSON: it can only be given in Python
        else:
            members[key] = known
    spec = shape(
        {name: member.spec for name, member in members.items()},
        open=cls.model_config.get("extra") == "allow",
        name=cls.__name__,
    )
    return ConfigType(
        spec,
        lambda value: {
            name: members[name].to_python(item) if name in members else item for name, item in value.items()
        },
    )


def _as_default(cls: type[Any], name: str, value: Any, member: ConfigType) -> ConfigType | None:
    written = field_value_to_json(cls, name, value)
    try:
        msgspec.json.encode(written)
    except TypeError:
        return None
    if value is None and validate(member.spec, None).faults:
        return member.with_spec(required=False)
    if validate(member.spec, written).faults:
        return None
    if member.spec.kind is ConfigKind.SHAPE and isinstance(written, dict) and not member.spec.open:
        fields = {n: f.with_default(written[n]) if n in written else f for n, f in member.spec.fields.items()}
        return member.with_spec(fields=fields)
    return member.with_spec(default=written)


class InstanceDefinition(ResourceDefinition):
    """The definition of a resource class with some or all of its fields given."""

    def __init__(self, cls: type[Any], given: Mapping[str, Any]) -> None:
        self.resource_class = cls
        self.given = dict(given)
        self._nested = resource_fields(cls, given)
        config_type = config_type_of_resource(cls, given)
        super().__init__(self._make, config_type, _description(cls))

    @property
    def type_name(self) -> str:
        """The name of the class."""
        return self.resource_class.__name__

    @property
    def is_io_manager(self) -> bool:
        """Whether the class stores outputs and loads inputs, or makes what does."""
        methods = ("handle_output", "load_input")
        own = all(callable(getattr(self.resource_class, name, None)) for name in methods)
        return own or hasattr(self.resource_class, "create_io_manager")

    def spec(self, key: str) -> ResourceSpec:
        """Return the resource under a key, as data."""
        nested = {
            name: _class_name(self.given[name]) for name in sorted(self._nested) if is_resource(self.given.get(name))
        }
        return msgspec.structs.replace(super().spec(key), nested=nested)

    def requirements(self, given: Mapping[str, Any]) -> frozenset[str]:
        """Return the keys under which the resources within it that run config configures are given.

        Raises:
            DagsterInvalidDefinitionError: Such a resource is not given on its own.
        """
        keys: set[str] = set()
        for name in sorted(self._nested):
            keys |= _requirements(self.given.get(name), given, f"{self.type_name}.{name}")
        return frozenset(keys)

    def _make(self, context: InitResourceContext) -> Iterator[Any]:
        with self.entered(context) as made:
            yield made

    @contextmanager
    def entered(self, context: InitResourceContext) -> Iterator[Any]:
        """Yield what ops see; tear it down on leaving."""
        with ExitStack() as stack:
            instance = self._instance(context, stack)
            instance._resource_context = context
            yield stack.enter_context(instance.yield_for_execution(context))

    def _instance(self, context: InitResourceContext, stack: ExitStack) -> Any:
        """Return a new instance: what run config says, what was given, and the resources within it set up."""
        config = context.resource_config or {}
        values: dict[str, Any] = {}
        for name, field in self.resource_class.model_fields.items():
            key = field.alias or name
            if name in self._nested:
                if name in self.given:
                    values[name] = _entered(self.given[name], context, stack, f"{self.type_name}.{name}")
            elif key in config and not (config[key] is None and field.default is None):
                values[name] = config[key]
            elif name in self.given:
                values[name] = self.given[name]
        extra = self.resource_class.model_config.get("extra") == "allow"
        if extra:
            values.update((k, v) for k, v in {**self.given, **config}.items() if k not in values)
        return self.resource_class(**values)


def _requirements(value: Any, given: Mapping[str, Any], where: str) -> set[str]:
    if isinstance(value, (list, tuple)):
        return set().union(*(_requirements(item, given, where) for item in value))
    if isinstance(value, dict):
        return set().union(*(_requirements(item, given, where) for item in value.values()))
    if isinstance(value, PartialResource):
        return {_key_of(value, given, where)}
    return set(as_resource_definition(value).requirements(given)) if is_resource(value) else set()


def _key_of(partial: PartialResource, given: Mapping[str, Any], where: str) -> str:
    for key, candidate in given.items():
        if candidate is partial:
            return key
    raise DagsterInvalidDefinitionError(
        f"Failed to resolve resource nested at {where}. Any partially configured, nested resources must be provided as"
        " a top level resource.",
        hint="Give the very same object under a key of its own in Definitions(resources={...}).",
    )


def _entered(value: Any, context: InitResourceContext, stack: ExitStack, where: str) -> Any:
    if isinstance(value, PartialResource):
        return context.resources._itself(_key_of(value, context.all_resource_defs, where))
    if not is_resource(value):
        return value
    if isinstance(value, (list, tuple)):
        return type(value)(_entered(item, context, stack, where) for item in value)
    if isinstance(value, dict):
        return {name: _entered(item, context, stack, where) for name, item in value.items()}
    definition = as_resource_definition(value)
    config = definition.load_config({}, f"the resource at {where}")
    return enter_resource(where, definition, context.replace_config(config), stack)


def _class_name(value: Any) -> str:
    return as_resource_definition(value).type_name if is_resource(value) else type(value).__name__


def _description(cls: type[Any]) -> str | None:
    text = cls.__dict__.get("__doc__")
    return inspect.cleandoc(text) if isinstance(text, str) and text.strip() else None
