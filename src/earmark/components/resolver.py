"""How a field of a component is made of what was written for it."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from earmark.components.forms import ComponentFormConfig
from earmark.components.resolution_context import ResolutionContext, ResolutionError
from earmark.components.templates import is_template
from earmark.values.errors import DagsterError


class Resolver:
    """How one field is made of what was written: put beside its type, as in ``Annotated[T, Resolver(fn, ...)]``.

    A template is evaluated first; where it gives an object that is not text, that object is the field's value, and
    ``fn`` is not asked.

    Args:
        fn: From the context and what was written to the field's value.
        model_field_name: What the field is called in YAML, where not as in Python.
        model_field_type: The type of what is written, where not that of the field.
        description: Text for people.
        examples: Values for people.
        inject_before_resolve: Whether templates are evaluated before ``fn`` is called; else ``fn`` gets their text.
        json_schema_extra: More for the JSON schema.
        form_config: How a form shows the field.

    Example:
        >>> from typing import Annotated
        >>> class Report(em.Model, em.Resolvable):
        ...     columns: Annotated[list[str], em.Resolver(lambda context, text: text.split(), model_field_type=str)]
        >>> Report.resolve_from_yaml("columns: id name")
        Report(columns=['id', 'name'])
    """

    def __init__(
        self,
        fn: Callable[[ResolutionContext, Any], Any],
        *,
        model_field_name: str | None = None,
        model_field_type: Any = None,
        description: str | None = None,
        examples: list[Any] | None = None,
        inject_before_resolve: bool = True,
        json_schema_extra: dict[str, Any] | None = None,
        form_config: ComponentFormConfig | None = None,
    ) -> None:
        self.fn = fn
        self.model_field_name = model_field_name
        self.model_field_type = model_field_type
        self.description = description
        self.examples = examples
        self.inject_before_resolve = inject_before_resolve
        self.json_schema_extra = json_schema_extra
        self.form_config = form_config
        self.resolves_from_parent_object = False
        self.is_default = False

    @staticmethod
    def from_model(fn: Callable[[ResolutionContext, Any], Any], **kwargs: Any) -> "Resolver":
        """Return a resolver whose ``fn`` gets the whole model that the field is one of, templates not evaluated."""
        made = Resolver(fn, **kwargs)
        made.resolves_from_parent_object = True
        return made

    @staticmethod
    def default(**kwargs: Any) -> "Resolver":
        """Return a resolver that evaluates templates and else keeps what was written."""
        made = Resolver(lambda context, value: context.resolve_value(value), **kwargs)
        made.is_default = True
        return made

    @staticmethod
    def passthrough(description: str | None = None, examples: list[Any] | None = None) -> "Resolver":
        """Return a resolver that keeps what was written, the text of templates too."""
        return Resolver(_as_written, description=description, examples=examples, inject_before_resolve=False)

    @staticmethod
    def union(arg_resolver_pairs: "Sequence[tuple[Any, Resolver]]") -> "Resolver":
        """Return a resolver that takes the first of several whose type fits what was written."""
        return Resolver(lambda context, value: _first_that_fits(arg_resolver_pairs, context, value))

    def with_outer_resolver(self, outer: "Resolver") -> "Resolver":
        """Return this resolver with what another one says for people and about names."""
        kept = ("model_field_name", "description", "examples", "json_schema_extra", "form_config")
        made = Resolver(self.fn, inject_before_resolve=self.inject_before_resolve)
        made.model_field_type = outer.model_field_type or self.model_field_type
        for name in kept:
            setattr(made, name, getattr(outer, name) or getattr(self, name))
        return made

    def execute(self, context: ResolutionContext, model: BaseModel, field_name: str) -> Any:
        """Return the field's value.

        Raises:
            DagsterInvalidDefinitionError: ``fn`` or a template raised; the error says where that stands.
        """
        name = self.model_field_name or field_name
        value = model if self.resolves_from_parent_object else getattr(model, name)
        at = context.at_path(name)
        return self._called(context if self.resolves_from_parent_object else at, value, at)

    def of_value(self, context: ResolutionContext, value: Any) -> Any:
        """Return what is made of a value that stands where ``context`` says."""
        return self._called(context, value, context)

    def _called(self, context: ResolutionContext, value: Any, at: ResolutionContext) -> Any:
        if self.inject_before_resolve and is_template(value):
            value = context.resolve_value(value)
            if not isinstance(value, str):
                return value
        try:
            return self.fn(context, value)
        except ResolutionError:
            raise
        except DagsterError as error:
            raise at.error(error.message, error.hint) from error.__cause__
        except Exception as error:
            raise at.error(f"{type(error).__name__}: {error}") from error


T = TypeVar("T")


def _as_written(context: ResolutionContext, value: Any) -> Any:
    return value


def _injected(context: ResolutionContext, value: Any) -> Any:
    raise context.error(
        f"{value!r} is text, and the field takes an object.", "Name it by a template: {{ name }}, from @template_var."
    )


Injected = Annotated[T, Resolver(_injected, model_field_type=str)]
"""A field whose value only a template can give: an object out of the scope."""


def _first_that_fits(pairs: Sequence[tuple[Any, Resolver]], context: ResolutionContext, value: Any) -> Any:
    refusals = []
    for written, resolver in pairs:
        try:
            plain = value.model_dump(exclude_unset=True) if isinstance(value, BaseModel) else value
            return resolver.of_value(context, TypeAdapter(written).validate_python(plain))
        except (ValidationError, DagsterError) as error:
            refusals.append(error)
    raise context.error(f"{value!r} fits none of what may stand here: {'; '.join(str(one) for one in refusals)}")
