"""Classes whose arguments can be written in YAML: a pydantic model is derived of their fields, and resolved to them."""

import dataclasses
import enum
import inspect
import types
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, Field, ValidationError, create_model
from pydantic.fields import FieldInfo

from earmark.components.forms import ComponentFormConfig
from earmark.components.model import OR_TEMPLATE, OR_TEMPLATES_WITHIN, Model, fault, validated
from earmark.components.resolution_context import ResolutionContext, ResolutionError
from earmark.components.resolver import Resolver
from earmark.components.yaml_documents import read_text
from earmark.values.errors import DagsterError, DagsterInvalidDefinitionError, SourceLocation

_UNIONS = (Union, types.UnionType)
_LISTS: dict[Any, type] = {list: list, tuple: tuple, set: set, frozenset: frozenset}
_PLAIN = (str, int, float, bool, type(None), Path)


class Resolvable:
    """A class whose fields can be written in YAML: a dataclass, a :class:`Model`, or one whose ``__init__`` says types.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Table(em.Resolvable):
        ...     key: em.ResolvedAssetKey
        ...     limit: int = 10
        >>> Table.resolve_from_yaml('''
        ... key: shop/orders
        ... limit: "{{ 2 * 3 }}"
        ... ''')
        Table(key=AssetKey(['shop', 'orders']), limit=6)
    """

    @classmethod
    def model(cls) -> type[BaseModel]:
        """Return the pydantic class of what is written in YAML for this class.

        Raises:
            DagsterInvalidDefinitionError: A field is of a type that cannot be written, and nothing says how it is made.
        """
        return _derived(cls).model

    @classmethod
    def get_form_config(cls) -> ComponentFormConfig | None:
        """Return how a form shows the class; override it to say so."""
        return None

    @classmethod
    def resolve_from_model(cls, context: ResolutionContext, model: BaseModel) -> Self:
        """Return an instance made of what was written.

        Raises:
            DagsterInvalidDefinitionError: A value does not fit; the error says where it stands.
        """
        try:
            return cls(**arguments_of(cls, context, model))
        except ValidationError as error:
            raise fault(error, _as_model(cls), cls.__name__, context) from None
        except (ResolutionError, TypeError):
            raise
        except DagsterError as error:
            raise context.error(error.message, error.hint) from error.__cause__

    @classmethod
    def resolve_from_dict(cls, dictionary: dict[str, Any], context: ResolutionContext | None = None) -> Self:
        """Return an instance made of a mapping, as it would stand in YAML."""
        context = context or ResolutionContext.default()
        return cls.resolve_from_model(context, validated(cls.model(), dictionary, cls.__name__, context))

    @classmethod
    def resolve_from_yaml(cls, yaml: str, *, scope: Mapping[str, Any] | None = None) -> Self:
        """Return an instance made of YAML text, with more names for its templates.

        Raises:
            DagsterInvalidDefinitionError: The text is not YAML, or does not fit.
        """
        documents = read_text(yaml, Path("<text>"))
        context = ResolutionContext.default().with_scope(**(scope or {}))
        if documents:
            context = context.with_source_position_tree(documents[0].places)
        return cls.resolve_from_dict(documents[0].value if documents else {}, context)


def arguments_of(cls: type, context: ResolutionContext, model: BaseModel) -> dict[str, Any]:
    """Return the arguments by which a class is made, of what was written; what was not written is left out."""
    found = {}
    for name, resolver in _derived(cls).resolvers.items():
        written = resolver.model_field_name or name
        if resolver.resolves_from_parent_object or written in model.model_fields_set:
            found[name] = resolver.execute(context, model, name)
    return found


@dataclasses.dataclass(frozen=True)
class _Derived:
    model: type[BaseModel]
    resolvers: dict[str, Resolver]


_DERIVED: dict[type, _Derived] = {}


def _derived(cls: type) -> _Derived:
    if cls not in _DERIVED:
        _DERIVED[cls] = _derive(cls)
    return _DERIVED[cls]


def _derive(cls: type) -> _Derived:
    fields: dict[str, Any] = {}
    resolvers: dict[str, Resolver] = {}
    for name, annotation, default, info in _fields_of(cls):
        written_type, resolver = _resolution(annotation, f"{cls.__name__}.{name}", cls)
        resolvers[name] = resolver
        described = Field(
            default=default,
            description=resolver.description or (info.description if info else None),
            examples=resolver.examples or (info.examples if info else None),
            json_schema_extra=_schema_extra(resolver, info),
        )
        fields[resolver.model_field_name or name] = (written_type, described)
    return _Derived(create_model(f"{cls.__name__}Model", __base__=Model, __doc__=cls.__doc__, **fields), resolvers)


def _schema_extra(resolver: Resolver, info: FieldInfo | None) -> dict[str, Any] | None:
    inner = info.json_schema_extra if info else None
    form = resolver.form_config.to_field_json_schema_extra() if resolver.form_config else {}
    return {**(inner if isinstance(inner, dict) else {}), **(resolver.json_schema_extra or {}), **form} or None


def _fields_of(cls: type) -> Iterator[tuple[str, Any, Any, FieldInfo | None]]:
    """Give the name, the annotation and the default of each argument by which a class is made."""
    if issubclass(cls, BaseModel):
        for name, info in cls.model_fields.items():
            annotation = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
            default = ... if info.is_required() else info.get_default(call_default_factory=False)
            yield name, annotation, default, info
        return
    source = cls if dataclasses.is_dataclass(cls) else cls.__init__
    try:
        hints = get_type_hints(source, include_extras=True)
    except NameError as error:
        raise DagsterInvalidDefinitionError(
            f"The annotations of {cls.__name__} name {error.name!r}, which its module does not have.",
            hint="Import it at the head of the module, outside of `if TYPE_CHECKING`.",
        ) from error
    if dataclasses.is_dataclass(cls):
        for one in dataclasses.fields(cls):
            required = one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
            if one.init:
                yield one.name, hints[one.name], ... if required else _default(one.default), None
        return
    for parameter in list(inspect.signature(cls).parameters.values()):
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.name not in hints:
            raise DagsterInvalidDefinitionError(
                f"The parameter {parameter.name!r} of {cls.__name__} has no annotation, so nothing says what may be"
                " written for it in YAML.",
                where=_class_location(cls),
            )
        default = ... if parameter.default is parameter.empty else parameter.default
        yield parameter.name, hints[parameter.name], default, None


def _default(value: Any) -> Any:
    return None if value is dataclasses.MISSING else value


def _resolution(annotation: Any, what: str, cls: type) -> tuple[Any, Resolver]:
    """Return the type of what is written for a field, and how its value is made of that."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        given = next((one for one in reversed(arguments[1:]) if isinstance(one, Resolver)), None)
        if given is not None and not given.is_default:
            written = given.model_field_type or _must_be_writable(arguments[0], what, cls)
            return (Annotated[written, OR_TEMPLATE] if given.inject_before_resolve else written), given
        inner_type, inner = _resolution(arguments[0], what, cls)
        kept = tuple(one for one in arguments[1:] if not isinstance(one, Resolver))
        written = Annotated[inner_type, *kept] if kept else inner_type
        return written, inner if given is None else inner.with_outer_resolver(given)
    if isinstance(annotation, type) and issubclass(annotation, Resolvable):
        return Annotated[annotation.model(), OR_TEMPLATE], _of_resolvable(annotation)
    if origin in _UNIONS:
        return _of_union(arguments, what, cls)
    if origin in _LISTS or origin in (Sequence, Collection):
        return _of_list(origin, arguments, what, cls)
    if origin in (dict, Mapping):
        return _of_mapping(arguments, what, cls)
    if annotation is str:
        return str, Resolver.default()
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Annotated[annotation, OR_TEMPLATES_WITHIN], _of_plain_model(annotation)
    return Annotated[_must_be_writable(annotation, what, cls), OR_TEMPLATE], Resolver.default()


def _of_plain_model(annotation: type[BaseModel]) -> Resolver:
    def nested(context: ResolutionContext, value: Any) -> Any:
        if isinstance(value, annotation):
            return value
        plain = value.model_dump(exclude_unset=True) if isinstance(value, BaseModel) else value
        return validated(annotation, context.resolve_value(plain), annotation.__name__, context)

    return Resolver(nested)


def _of_resolvable(cls: type[Resolvable]) -> "Resolver":
    def nested(context: ResolutionContext, value: Any) -> Any:
        return cls.resolve_from_model(context, value) if isinstance(value, BaseModel) else value

    return Resolver(nested)


def _of_union(arguments: tuple[Any, ...], what: str, cls: type) -> tuple[Any, Resolver]:
    pairs = [_resolution(one, what, cls) for one in arguments if one is not type(None)]
    optional = len(pairs) < len(arguments)
    written = Union[tuple(one for one, _ in pairs)] if len(pairs) > 1 else pairs[0][0]
    resolver = Resolver.union(pairs) if len(pairs) > 1 else pairs[0][1]
    if not optional:
        return written, resolver

    def unless_none(context: ResolutionContext, value: Any) -> Any:
        return None if value is None else resolver.of_value(context, value)

    outer = Resolver(unless_none, inject_before_resolve=resolver.inject_before_resolve)
    return Union[written, None], outer.with_outer_resolver(resolver)


def _of_list(origin: Any, arguments: tuple[Any, ...], what: str, cls: type) -> tuple[Any, Resolver]:
    kind = _LISTS.get(origin, list)
    inner_type, inner = _resolution(arguments[0] if arguments else Any, what, cls)

    def each(context: ResolutionContext, value: Any) -> Any:
        return kind(inner.of_value(context.at_path(position), one) for position, one in enumerate(value))

    return Annotated[list[inner_type], OR_TEMPLATE], Resolver(each)  # type: ignore[valid-type]


def _of_mapping(arguments: tuple[Any, ...], what: str, cls: type) -> tuple[Any, Resolver]:
    key_type, value_type = arguments or (str, Any)
    inner_type, inner = _resolution(value_type, what, cls)

    def each(context: ResolutionContext, value: Any) -> Any:
        return {context.resolve_value(key): inner.of_value(context.at_path(key), one) for key, one in value.items()}

    return Annotated[dict[key_type, inner_type], OR_TEMPLATE], Resolver(each)  # type: ignore[valid-type]


def _must_be_writable(annotation: Any, what: str, cls: type) -> Any:
    if _is_writable(annotation):
        return annotation
    name = getattr(annotation, "__name__", repr(annotation))
    raise DagsterInvalidDefinitionError(
        f"{what} is a {name}, which cannot be written in YAML.",
        where=_class_location(cls),
        hint=f"Say how it is made: Annotated[{name}, Resolver(fn, model_field_type=str)], or take it out of the scope"
        f" of templates: Injected[{name}].",
    )


def _is_writable(annotation: Any) -> bool:
    if annotation is Any or annotation in _PLAIN or get_origin(annotation) is Literal:
        return True
    if get_args(annotation):
        return all(one is Ellipsis or _is_writable(one) for one in get_args(annotation))
    if not isinstance(annotation, type):
        return False
    return annotation in (list, dict, tuple, set) or issubclass(annotation, (BaseModel, enum.Enum))


def _class_location(cls: type) -> SourceLocation | None:
    try:
        return SourceLocation(inspect.getfile(cls), inspect.getsourcelines(cls)[1])
    except (OSError, TypeError):  # made at a prompt, or by a program
        return None


def _as_model(cls: type) -> type[BaseModel]:
    return cls if issubclass(cls, BaseModel) else _derived(cls).model
