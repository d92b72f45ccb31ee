"""Parameters that take resources: ``client: ResourceParam[Client]``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class ResourceMark:
    """Says within an ``Annotated`` type that the parameter or field takes a resource."""

    resource_type: Any = None
    marks_resource: bool = True


if TYPE_CHECKING:
    ResourceParam = Annotated[T, "resource"]
else:

    class ResourceParam:
        """The annotation of a parameter that takes a resource of any class.

        Example:
            >>> ResourceParam[dict].__metadata__[0].marks_resource
            True
        """

        def __class_getitem__(cls, item: Any) -> Any:
            return Annotated[item, ResourceMark(item)]
