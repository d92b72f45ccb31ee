"""Component classes: what makes definitions of attributes that are written in YAML or given in Python."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel

from earmark.components.forms import ComponentTypeSpec
from earmark.components.load_context import ComponentLoadContext, no_place
from earmark.components.loadable import Loadable, scope_of
from earmark.components.model import validated
from earmark.components.resolvable import Resolvable
from earmark.components.yaml_component import component_of, read_component_file
from earmark.define.definitions import Definitions
from earmark.values.errors import DagsterInvalidDefinitionError


class Component(Loadable):
    """What makes definitions: a class with :meth:`build_defs`, instances of which stand in a project's ``defs`` folder.

    With :class:`Resolvable` beside it its fields can be written in YAML, as ``attributes`` of a ``defs.yaml`` that
    names the class as its ``type``. With :class:`Model` it is a pydantic class.

    Example:
        >>> class Table(em.Component, em.Model, em.Resolvable):
        ...     name: str
        ...     owner: str = "team:data"
        ...
        ...     def build_defs(self, context):
        ...         return em.Definitions(assets=[em.AssetSpec(self.name, owners=[self.owner])])
        >>> table = Table.from_attributes_dict(attributes={"name": "orders"})
        >>> em.build_defs_for_component(table).resolve_all_asset_keys()
        [AssetKey(['orders'])]
    """

    @abstractmethod
    def build_defs(self, context: ComponentLoadContext) -> Definitions:
        """Return the definitions of this instance."""

    @classmethod
    def get_schema(cls) -> type[BaseModel] | None:
        """Return the pydantic class of its attributes, where it is not derived of its fields; override it to say so."""
        return None

    @classmethod
    def get_model_cls(cls) -> type[BaseModel] | None:
        """Return the pydantic class of its attributes; ``None`` where it takes none."""
        own = cls.get_schema()
        if own is not None:
            return own
        return cls.model() if issubclass(cls, Resolvable) else None

    @classmethod
    def get_spec(cls) -> ComponentTypeSpec:
        """Return what the type says of itself; override it to say more."""
        return ComponentTypeSpec()

    @classmethod
    def get_description(cls) -> str | None:
        """Return text for people: what the type says, else its docstring."""
        if cls.get_spec().description:
            return cls.get_spec().description
        doc = cls.__dict__.get("__doc__")
        return inspect.cleandoc(doc) if doc else None

    @classmethod
    def get_additional_scope(cls) -> Mapping[str, Any]:
        """Return more names for the templates of its attributes; override it, or use ``@template_var``."""
        return {}

    @classmethod
    def load(cls, attributes: BaseModel | None, context: ComponentLoadContext) -> Self:
        """Return an instance made of its attributes; override it where the class is made in another way.

        Raises:
            DagsterInvalidDefinitionError: A value does not fit; the error says where it stands.
        """
        resolvable: Any = cls
        if not issubclass(resolvable, Resolvable):
            return cls()
        made: Self = resolvable.resolve_from_model(context.resolution_context, attributes or resolvable.model()())
        return made

    @classmethod
    def from_attributes_dict(cls, *, attributes: dict[str, Any], context: ComponentLoadContext | None = None) -> Self:
        """Return an instance made of a mapping, as it would stand in YAML under ``attributes``.

        Raises:
            DagsterInvalidDefinitionError: A value does not fit.
        """
        return cls.of_attributes(attributes, context or no_place())

    @classmethod
    def of_attributes(cls, attributes: Any, context: ComponentLoadContext) -> Self:
        """Return an instance of what stands under ``attributes``, with the class's own names for templates.

        Raises:
            DagsterInvalidDefinitionError: It takes no attributes, or a value does not fit.
        """
        context = context.with_rendering_scope(scope_of(cls, context))
        model = cls.get_model_cls()
        if model is None:
            if attributes:
                raise context.resolution_context.error(f"{cls.__name__} takes no attributes.")
            return cls.load(None, context)
        given = {} if attributes is None else attributes
        return cls.load(validated(model, given, cls.__name__, context.resolution_context), context)

    @classmethod
    def from_yaml_path(cls, yaml_path: Path, context: ComponentLoadContext | None = None) -> Component:
        """Return the instance that a YAML file describes.

        Raises:
            DagsterInvalidDefinitionError: The file does not describe one, or one of another type.
        """
        context = context or no_place()
        (first, *more) = read_component_file(yaml_path)
        if more:
            raise DagsterInvalidDefinitionError(f"{yaml_path} describes {len(more) + 1} components, not one.")
        found = component_of(first, context.for_path(yaml_path.parent))
        if not isinstance(found, cls):
            raise DagsterInvalidDefinitionError(
                f"{yaml_path} describes a {type(found).__name__}, not a {cls.__name__}.",
                where=first.places.at(("type",)),
            )
        return found
