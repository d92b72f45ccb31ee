"""What a YAML document may name, and the functions whose results templates and files give: marked by decorators."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, TypeVar

from earmark.define.definitions import Definitions
from earmark.define.function import location_of
from earmark.values.errors import DagsterInvalidDefinitionError

if TYPE_CHECKING:
    from earmark.components.load_context import ComponentLoadContext

F = TypeVar("F", bound=Callable[..., Any])

_TEMPLATE_VAR = "__earmark_template_var__"
_INSTANCE = "__earmark_component_instance__"


class Loadable(ABC):
    """What a YAML document may name as its ``type``: a class that is made of attributes, and makes definitions."""

    @abstractmethod
    def build_defs(self, context: ComponentLoadContext) -> Definitions:
        """Return the definitions of this instance."""

    @classmethod
    @abstractmethod
    def of_attributes(cls, attributes: Any, context: ComponentLoadContext) -> Self:
        """Return an instance of what stands under ``attributes``."""


def template_var(fn: F) -> F:
    """Make a function's result a name in templates: in a ``template_vars_module``, or a static method of a component.

    The function takes nothing, or the :class:`ComponentLoadContext`. What it returns may be a function, which
    templates then call.

    Raises:
        DagsterInvalidDefinitionError: It takes more than that.

    Example:
        >>> class Table(em.Component, em.Model, em.Resolvable):
        ...     name: str
        ...
        ...     @staticmethod
        ...     @em.template_var
        ...     def prefixed():
        ...         return lambda name: f"raw_{name}"
        ...
        ...     def build_defs(self, context):
        ...         return em.Definitions()
        >>> Table.from_attributes_dict(attributes={"name": "{{ prefixed('orders') }}"})
        Table(name='raw_orders')
    """
    _check_takes_context(fn, "@template_var")
    setattr(fn, _TEMPLATE_VAR, True)
    return fn


def component_instance(fn: F) -> F:
    """Make a function of a module below ``defs`` give a component, where YAML is not wanted.

    Raises:
        DagsterInvalidDefinitionError: It takes something else than the context.

    Example:
        >>> class Table(em.Component):
        ...     def __init__(self, name):
        ...         self.name = name
        ...
        ...     def build_defs(self, context):
        ...         return em.Definitions(assets=[em.AssetSpec(self.name)])
        >>> @em.component_instance
        ... def orders(context):
        ...     return Table("orders")
        >>> em.build_defs_for_component(orders(em.ComponentTree.for_test().load_context)).resolve_all_asset_keys()
        [AssetKey(['orders'])]
    """
    _check_takes_context(fn, "@component_instance")
    setattr(fn, _INSTANCE, True)
    return fn


def is_component_instance(thing: object) -> bool:
    """Tell whether a value is a function under ``@component_instance``."""
    return getattr(thing, _INSTANCE, False) is True


def scope_of(holder: Any, context: ComponentLoadContext) -> dict[str, Any]:
    """Return the names for templates that a component class or a module gives.

    Raises:
        DagsterInvalidDefinitionError: A function that gives one raised.
    """
    holders = reversed(holder.__mro__) if isinstance(holder, type) else (holder,)
    found = dict(holder.get_additional_scope()) if hasattr(holder, "get_additional_scope") else {}
    members = {name: value for one in holders for name, value in vars(one).items()}
    for name, value in members.items():
        function = getattr(value, "__func__", value)
        if getattr(function, _TEMPLATE_VAR, False) is True:
            found[name] = called_with(function, context)
    return found


def called_with(function: Any, context: ComponentLoadContext) -> Any:
    """Call a function with the context where it takes one, else with nothing."""
    return function(context) if inspect.signature(function).parameters else function()


def _check_takes_context(fn: Callable[..., Any], what: str) -> None:
    if len(inspect.signature(fn).parameters) > 1:
        raise DagsterInvalidDefinitionError(
            f"{getattr(fn, '__name__', fn)} under {what} takes nothing, or the ComponentLoadContext alone.",
            where=location_of(fn),
            hint="To take arguments in a template, return a function that takes them.",
        )
