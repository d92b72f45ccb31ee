"""The types of inputs and outputs: a name for people and a check that runs when a value passes.

Python's own types and annotations are types too; :func:`earmark.define.types.types.resolve_type` finds the check for
each.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from earmark.specs import metadata as facts
from earmark.specs.metadata import normalize_metadata
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvariantViolationError,
    DagsterTypeCheckDidNotPass,
    DagsterTypeCheckError,
    caller_location,
)

if TYPE_CHECKING:
    from earmark.define.types.type_loader import DagsterTypeLoader

Nothing = type(None)
"""The type of an output without a value and of an input that only orders; as an annotation, ``None``."""

Bool = bool
Float = float
Int = int
String = str


class TypeCheck(msgspec.Struct, frozen=True):
    """The result of checking one value.

    Args:
        success: Whether the value is of the type.
        description: Why not, or what else a person should know.
        metadata: Facts about the value; raw values are turned into ``MetadataValue``.

    Example:
        >>> TypeCheck(success=False, description="3 is odd").description
        '3 is odd'
    """

    success: bool
    description: str | None = None
    metadata: dict[str, facts.AnyMetadataValue] = {}

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "metadata", normalize_metadata(self.metadata, "a type check"))

    def __bool__(self) -> bool:
        raise DagsterInvariantViolationError("A TypeCheck is not true or false itself; read its `success`.")


PASSED = TypeCheck(success=True)

TypeCheckFn = Callable[[Any, Any], "TypeCheck | bool"]


class DagsterTypeKind(Enum):
    """What a type is made of."""

    ANY = "ANY"
    SCALAR = "SCALAR"
    LIST = "LIST"
    NOTHING = "NOTHING"
    NULLABLE = "NULLABLE"
    REGULAR = "REGULAR"


class TypeCheckContext(msgspec.Struct, frozen=True):
    """What a type check may use: the run's id, its log, and the resources the type requires.

    Example:
        >>> TypeCheckContext(run_id="5a31").run_id
        '5a31'
    """

    run_id: str | None = None
    log: Any = None
    resources: Any = None
    dagster_type: DagsterType | None = None


class DagsterType:
    """A named type with a check.

    Args:
        type_check_fn: Called with a :class:`TypeCheckContext` and the value; returns a bool or a
            :class:`TypeCheck`.
        key: The unique name; the ``name`` unless given.
        name: The name that people see.
        is_builtin: Whether the type comes with the library.
        description: A sentence for people.
        loader: Makes a value from run config, for inputs that no output feeds.
        required_resource_keys: Resources that the check uses.
        kind: What the type is made of.
        typing_type: The Python type that stands for it in annotations.
        metadata: Facts about the type.

    Raises:
        DagsterInvalidDefinitionError: It has neither key nor name, or the check does not take two arguments.

    Example:
        >>> even = DagsterType(name="Even", type_check_fn=lambda _context, value: value % 2 == 0)
        >>> even.type_check(TypeCheckContext(), 3).success
        False
    """

    is_nothing: ClassVar[bool] = False

    def __init__(
        self,
        type_check_fn: TypeCheckFn,
        key: str | None = None,
        name: str | None = None,
        is_builtin: bool = False,
        description: str | None = None,
        loader: DagsterTypeLoader | None = None,
        required_resource_keys: typing.AbstractSet[str] | None = None,
        kind: DagsterTypeKind = DagsterTypeKind.REGULAR,
        typing_type: Any = typing.Any,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        if key is None and name is None:
            raise DagsterInvalidDefinitionError("A DagsterType needs a key or a name.", where=caller_location())
        if not callable(type_check_fn):
            raise DagsterInvalidDefinitionError(
                f"type_check_fn of the type {name or key!r} is a function, not {type_check_fn!r}.",
                where=caller_location(),
            )
        if not is_builtin:
            _require_two_arguments(type_check_fn, name or key)
        self._check = type_check_fn
        self.key = key if key is not None else str(name)
        self._name = name
        self.is_builtin = is_builtin
        self.description = description
        self.loader = loader
        self.required_resource_keys = frozenset(required_resource_keys or ())
        self.kind = kind
        self.typing_type = typing_type
        self.metadata = normalize_metadata(metadata, f"the type {name or key!r}")

    @property
    def display_name(self) -> str:
        """The name that people see."""
        return self._name if self._name is not None else self.key

    @property
    def has_unique_name(self) -> bool:
        """Whether the type was given a name."""
        return self._name is not None

    @property
    def unique_name(self) -> str:
        """The name, if the type was given one.

        Raises:
            DagsterInvariantViolationError: It was not.
        """
        if self._name is None:
            raise DagsterInvariantViolationError(f"The type with the key {self.key!r} has no name of its own.")
        return self._name

    def type_check(self, context: TypeCheckContext | None, value: Any) -> TypeCheck:
        """Check a value. What the user's function raises passes through.

        Raises:
            DagsterInvariantViolationError: The function returned neither a bool nor a :class:`TypeCheck`.
        """
        found: Any = self._check(context, value)
        if found is True:
            return PASSED
        if isinstance(found, TypeCheck):
            return found
        if isinstance(found, bool):
            return TypeCheck(success=found)
        raise DagsterInvariantViolationError(
            f"The check of the type {self.display_name!r} returns a bool or a TypeCheck,"
            f" not {found!r} ({type(found).__name__})."
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.display_name!r})"


class PythonObjectDagsterType(DagsterType):
    """The type of the instances of a Python class, or of any of several.

    Args:
        python_type: A class, or a tuple of classes.
        key: The unique name; the ``name`` unless given.
        name: The name that people see; the class's own unless given.
        **kwargs: As for :class:`DagsterType`.

    Example:
        >>> PythonObjectDagsterType(complex).type_check(TypeCheckContext(), 1j).success
        True
    """

    def __init__(
        self,
        python_type: type | tuple[type, ...],
        key: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        classes = python_type if isinstance(python_type, tuple) else (python_type,)
        if not classes or not all(isinstance(cls, type) for cls in classes):
            raise DagsterInvalidDefinitionError(
                f"PythonObjectDagsterType takes a class or a tuple of classes, not {python_type!r}.",
                where=caller_location(),
            )
        own = classes[0].__name__ if len(classes) == 1 else f"Union[{', '.join(c.__name__ for c in classes)}]"
        shown = name if name is not None else own
        self.python_type = python_type
        expected = _qualified(classes[0]) if len(classes) == 1 else own

        def check(_context: Any, value: Any) -> TypeCheck:
            if isinstance(value, classes):
                return PASSED
            return TypeCheck(
                success=False,
                description=f"Value of type {type(value)} failed type check for Dagster type {shown},"
                f" expected value to be of Python type {expected}.",
            )

        kwargs.setdefault("typing_type", python_type)
        super().__init__(check, key=key, name=shown, **kwargs)


def require_type(
    dagster_type: DagsterType, value: Any, subject: str, context: TypeCheckContext | None = None
) -> TypeCheck:
    """Check a value and raise if it fails.

    Args:
        dagster_type: The type.
        value: The value.
        subject: What is checked, for the error, such as ``step output "result"``.
        context: What the check may use.

    Raises:
        DagsterTypeCheckDidNotPass: The value is not of the type.
        DagsterTypeCheckError: The user's check raised; its exception is the cause.
    """
    try:
        found = dagster_type.type_check(context or TypeCheckContext(dagster_type=dagster_type), value)
    except DagsterInvariantViolationError:
        raise
    except Exception as error:
        raise DagsterTypeCheckError(
            f"The check of the type {dagster_type.display_name!r} raised for {subject}.", user_exception=error
        ) from error
    if found.success:
        return found
    raise DagsterTypeCheckDidNotPass(
        f'Type check failed for {subject} - expected type "{dagster_type.display_name}".'
        f" Description: {found.description}",
        metadata=found.metadata,
        dagster_type=dagster_type,
    )


def _qualified(cls: type) -> str:
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def _require_two_arguments(check: Callable[..., Any], name: str | None) -> None:
    try:
        parameters = inspect.signature(check).parameters.values()
    except (TypeError, ValueError):
        return  # a builtin without a signature: nothing to hold against it
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if any(p.kind == p.VAR_POSITIONAL for p in parameters):
        return
    needed = [p for p in positional if p.default is p.empty]
    if len(needed) > 2 or len(positional) < 2:
        raise DagsterInvalidDefinitionError(
            f"type_check_fn of the type {name!r} takes two arguments, the context and the value;"
            f" this one takes {len(positional)}.",
            where=caller_location(),
        )
