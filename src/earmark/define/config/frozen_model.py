"""What config classes and resource classes share: a pydantic class whose instances cannot be changed."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from earmark.define.config.env_fields import let_through
from earmark.define.config.model_types import accepts_none, from_config_form, json_of_model
from earmark.values.errors import DagsterInvalidInvocationError, caller_location, did_you_mean


class FrozenModel(BaseModel):
    """A pydantic class whose instances cannot be changed, and whose fields take an ``EnvVar``.

    An optional field without a default is ``None``. A name that is no field is not used, and a warning says so.
    """

    model_config = ConfigDict(
        frozen=True,
        arbitrary_types_allowed=True,
        protected_namespaces=(),
        validate_by_name=True,
        validate_by_alias=True,
    )
    _what: ClassVar[str] = "a pydantic class"
    _hint_when_frozen: ClassVar[str] = "Make another with model_copy(update=...)."

    def __init__(self, **data: Any) -> None:
        own = type(self)
        for name, field in own.model_fields.items():
            given = name if name in data else field.alias
            if given in data:
                data[given] = from_config_form(field, data[given])
            elif field.is_required() and accepts_none(field):
                data[name] = None
        _warn_about_unknown(own, data)
        super().__init__(**data)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return let_through(handler(source))

    def __setattr__(self, name: str, value: Any) -> None:
        own = type(self)
        if name in own.model_fields:
            raise DagsterInvalidInvocationError(
                f"'{own.__name__}' is {own._what} and does not support item assignment: its instances are frozen.",
                hint=own._hint_when_frozen,
                where=caller_location(),
            )
        super().__setattr__(name, value)

    def __run_config__(self) -> dict[str, Any]:
        """Return its fields as they stand in run config."""
        return json_of_model(self)


def _warn_about_unknown(cls: type[BaseModel], given: dict[str, Any]) -> None:
    if cls.model_config.get("extra", "ignore") != "ignore":
        return
    known = {*cls.model_fields, *(field.alias for field in cls.model_fields.values() if field.alias)}
    for name in given:
        if name not in known:
            warnings.warn(
                f"{cls.__name__} has no field {name!r}; the value is not used.{did_you_mean(name, known)}",
                stacklevel=3,
            )
