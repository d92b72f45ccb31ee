"""What templates are evaluated with, and where the value being evaluated stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from earmark.components.templates import TemplateError, evaluate, first_scope, is_template
from earmark.components.yaml_documents import Places, ValuePath
from earmark.values.errors import DagsterInvalidDefinitionError


@dataclass(frozen=True)
class ResolutionContext:
    """The scope of templates, and the place in a YAML file of the value that is being evaluated.

    Args:
        scope: What templates may name.
        path: The keys and positions from the root of the document to the value.
        source_position_tree: Where the values of the document stand, if it was read from a file.
        stash: What resolvers hand on to those below them.

    Example:
        >>> context = ResolutionContext.default().with_scope(stage="test")
        >>> context.resolve_value({"table": "{{ stage }}_orders", "limits": ["{{ 2 + 1 }}"]})
        {'table': 'test_orders', 'limits': [3]}
    """

    scope: Mapping[str, Any] = field(default_factory=first_scope)
    path: ValuePath = ()
    source_position_tree: Places | None = None
    stash: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def default(source_position_tree: Places | None = None) -> ResolutionContext:
        """Return a context whose scope has what every template knows: ``env``, ``dg``, ``datetime``."""
        return ResolutionContext(source_position_tree=source_position_tree)

    def with_scope(self, **additional_scope: Any) -> ResolutionContext:
        """Return the context with more names for templates."""
        return replace(self, scope={**self.scope, **additional_scope})

    def with_stashed_value(self, key: str, value: Any) -> ResolutionContext:
        """Return the context with one more value for the resolvers below."""
        return replace(self, stash={**self.stash, key: value})

    def with_source_position_tree(self, source_position_tree: Places) -> ResolutionContext:
        """Return the context with the places of another document's values."""
        return replace(self, source_position_tree=source_position_tree, path=())

    def at_path(self, path_part: str | int) -> ResolutionContext:
        """Return the context of a value inside this one."""
        return replace(self, path=(*self.path, path_part))

    def resolve_value(self, val: Any, as_type: type | None = None) -> Any:
        """Return a value with all templates in it evaluated, however deep they stand.

        Args:
            val: Text, a mapping, a sequence, a pydantic model, or anything else, which is returned as it is.
            as_type: What the caller takes the result for; only for type checkers.

        Raises:
            DagsterInvalidDefinitionError: A template cannot be evaluated; the error says where it stands.
        """
        if is_template(val):
            return self._evaluated(val)
        if isinstance(val, Mapping):
            return {self.resolve_value(key): self.at_path(key).resolve_value(inner) for key, inner in val.items()}
        if isinstance(val, (list, tuple)):
            items = (self.at_path(position).resolve_value(inner) for position, inner in enumerate(val))
            return type(val)(items) if type(val) in (list, tuple) else list(items)
        return val

    def resolve_source_relative_path(self, value: str) -> Path:
        """Return a path that is written in a YAML file relative to the folder of that file; absolute."""
        folder = self.source_position_tree.file.parent if self.source_position_tree else Path.cwd()
        return (folder / value).resolve()

    def build_resolve_fn_exc(self, fmt_exc: Any, field_name: str, model: Any) -> DagsterInvalidDefinitionError:
        """Return an error that tells which field could not be resolved, and where it stands."""
        return self.error(f"{field_name} of {type(model).__name__} cannot be resolved: {fmt_exc}")

    def error(self, message: str, hint: str | None = None, path: ValuePath | None = None) -> ResolutionError:
        """Return an error about the value, with its place and the lines around it where it is of a file."""
        path = self.path if path is None else path
        places = self.source_position_tree
        if places is None:
            at = f"{_dotted(path)}: " if path else ""
            return ResolutionError(f"{at}{message}", hint=hint)
        return ResolutionError(f"{message}\n{places.excerpt(path)}\n", where=places.at(path), hint=hint)

    def _evaluated(self, text: str) -> Any:
        try:
            return evaluate(text, self.scope)
        except ResolutionError:
            raise
        except TemplateError as error:
            raise self.error(error.message, error.hint) from error.__cause__


class ResolutionError(DagsterInvalidDefinitionError):
    """A value that a component was given in YAML does not fit; it says where that stands."""


def _dotted(path: ValuePath) -> str:
    return ".".join(str(part) for part in path)
