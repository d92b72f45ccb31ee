"""What a component says of itself to people: its type, and how a form shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ComponentTypeSpec:
    """What a component class says of itself: see ``Component.get_spec``.

    Args:
        description: Text for people; the class's docstring where ``None``.
        tags: Labels of the type.
        owners: Who looks after it.
        metadata: Facts about it.
        produces: The kinds of what it defines.

    Example:
        >>> ComponentTypeSpec(description="Loads a table.", owners=["team:data"]).owners
        ['team:data']
    """

    description: str | None = None
    tags: Sequence[str] = ()
    owners: Sequence[str] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    produces: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class ComponentFormConfig:
    """How a form shows a component or one of its fields.

    Args:
        label: What a person reads.
        editable: Whether a person may change it.
        hidden: Whether it is left out.
        placeholder: What stands in an empty field.
        multiline: Whether the field takes several lines.
        widget: The kind of the field.
        advanced: Whether it is shown only when asked for.
        id_source: Where the component's name is taken from.

    Example:
        >>> ComponentFormConfig(label="Query", multiline=True).to_field_json_schema_extra()
        {'title': 'Query', 'ui:widget': 'textarea'}
    """

    label: str | None = None
    editable: bool = False
    hidden: bool | None = None
    placeholder: str | None = None
    multiline: bool | None = None
    widget: Any = None
    advanced: bool | None = None
    id_source: str | None = None

    def to_field_json_schema_extra(self) -> dict[str, Any]:
        """Return what is put beside a field in a JSON schema."""
        widget = "hidden" if self.hidden else self.widget or ("textarea" if self.multiline else None)
        told = {"title": self.label, "ui:widget": widget, "ui:placeholder": self.placeholder}
        return {name: value for name, value in told.items() if value is not None}

    def to_component_json_schema_extra(self) -> dict[str, Any]:
        """Return what is put beside a component in a JSON schema."""
        managed = {"x-app-managed": True} if self.editable else {}
        return {**managed, **({"title": self.label} if self.label else {})}
