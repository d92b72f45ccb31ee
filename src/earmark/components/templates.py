"""The templates in YAML values: ``{{ ... }}``, evaluated by Jinja, giving Python objects where they stand alone."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from earmark.define.ports import public_name
from earmark.specs.automation import AutomationCondition
from earmark.values.errors import DagsterInvalidDefinitionError, did_you_mean

if TYPE_CHECKING:
    import jinja2

_MARK = re.compile(r"\{\{|\{%|\{#")
_ALONE = re.compile(r"\s*\{\{-?(?P<expression>.*?)-?\}\}\s*", re.DOTALL)
_UNSET: Any = object()


class TemplateError(DagsterInvalidDefinitionError):
    """A template cannot be evaluated; ``facts['template']`` is its text."""


class Environment:
    """Environment variables in templates: ``env.HOME`` is ``None`` where it is not set, ``env('HOME')`` is an error."""

    def __getattr__(self, name: str) -> str | None:
        if name.startswith("__"):
            raise AttributeError(name)
        return os.environ.get(name)

    def __call__(self, name: str, default: Any = _UNSET) -> Any:
        """Return the value of an environment variable.

        Raises:
            TemplateError: It is not set, and there is no default.
        """
        found = os.environ.get(name, default)
        if found is _UNSET:
            raise TemplateError(
                f"The environment variable {name} is not set.{did_you_mean(name, os.environ)}",
                hint=f"Set it, or give a default: env({name!r}, 'default').",
            )
        return found


class _PublicNames:
    """``dg`` in templates: the public names."""

    def __getattr__(self, name: str) -> Any:
        return public_name(name)


class _Conditions:
    """``automation_condition`` in templates: what makes conditions."""

    def __getattr__(self, name: str) -> Any:
        return getattr(AutomationCondition, name)


def first_scope() -> dict[str, Any]:
    """Return the names that every template knows."""
    names = _PublicNames()
    return {
        "env": Environment(),
        "dg": names,
        "em": names,
        "datetime": datetime,
        "automation_condition": _Conditions(),
    }


def is_template(value: object) -> bool:
    """Tell whether a value is text with a template in it.

    Example:
        >>> is_template("{{ env.HOME }}"), is_template("home")
        (True, False)
    """
    return isinstance(value, str) and _MARK.search(value) is not None


def holds_template(value: object) -> bool:
    """Tell whether there is a template anywhere in a value.

    Example:
        >>> holds_template({"limits": ["{{ limit }}"]}), holds_template({"limits": [3]})
        (True, False)
    """
    if isinstance(value, Mapping):
        return any(holds_template(one) for one in value.values())
    return any(map(holds_template, value)) if isinstance(value, (list, tuple)) else is_template(value)


def evaluate(text: str, scope: Mapping[str, Any]) -> Any:
    """Return what a text with templates means: an object where one expression is all of it, else text.

    Raises:
        TemplateError: The template cannot be read, names what the scope does not have, or raises.

    Example:
        >>> evaluate("{{ limit + 1 }}", {"limit": 2}), evaluate("raw_{{ name }}", {"name": "orders"})
        (3, 'raw_orders')
    """
    return _evaluated(text, lambda: _found(text, scope), scope) if is_template(text) else text


def render(text: str, scope: Mapping[str, Any]) -> str:
    """Return a text with its templates evaluated, always as text.

    Raises:
        TemplateError: A template cannot be read, names what the scope does not have, or raises.

    Example:
        >>> render("select {% for name in names %}{{ name }} {% endfor %}", {"names": ["a", "b"]})
        'select a b '
    """
    return str(_evaluated(text, lambda: _environment().from_string(text).render(**scope), scope))


def _evaluated(text: str, evaluation: Callable[[], Any], scope: Mapping[str, Any]) -> Any:
    import jinja2

    try:
        return evaluation()
    except jinja2.UndefinedError as error:
        raise _undefined(text, str(error.message), scope) from None
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"The template {text!r} cannot be read: {error.message}.", template=text) from None
    except DagsterInvalidDefinitionError:
        raise
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise TemplateError(f"The template {text!r} raised {what}", template=text, error=error) from error


def _found(text: str, scope: Mapping[str, Any]) -> Any:
    import jinja2

    expression = _only_expression(text)
    if expression is None:
        return _environment().from_string(text).render(**scope)
    found = _environment().compile_expression(expression, undefined_to_none=False)(**scope)
    if isinstance(found, jinja2.Undefined):
        str(found)  # raises, as it is strict
    return str(found) if isinstance(found, PurePath) else found


def _only_expression(text: str) -> str | None:
    """Return the one expression that is all of a text, if that is so."""
    from jinja2 import nodes

    match = _ALONE.fullmatch(text)
    if match is None:
        return None
    body = _environment().parse(text.strip()).body
    if len(body) != 1 or not isinstance(body[0], nodes.Output) or len(body[0].nodes) != 1:
        return None
    return None if isinstance(body[0].nodes[0], nodes.TemplateData) else match["expression"]


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)


def _undefined(text: str, message: str, scope: Mapping[str, Any]) -> TemplateError:
    named = re.match(r"'(?P<name>\w+)' is undefined", message)
    if named is None:
        return TemplateError(f"The template {text!r} cannot be evaluated: {message}.", template=text)
    name = named["name"]
    return TemplateError(
        f"The template {text!r} names {name!r}, which is not there.{did_you_mean(name, scope)}",
        hint=f"There are: {', '.join(sorted(scope))}. More come from template_vars_module, or from @template_var.",
        template=text,
    )
