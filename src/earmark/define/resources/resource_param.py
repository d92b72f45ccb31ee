"""Parameters that take resources: ``client: ResourceParam[Client]``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class ResourceMark:
    """Says within an ``Annotated`` type that the parameter or field takes a resource.

    Example:
        >>> ResourceParam[dict].__metadata__[0].marks_resource
        True
    """

    resource_type: Any = None
    marks_resource: bool = True


ResourceParam = Annotated[T, ResourceMark()]
"""The annotation of a parameter that takes a resource of any class: ``client: ResourceParam[Client]``."""
