"""Files written for a new component: a ``defs.yaml`` or a Python file, and what its class adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvalidInvocationError

P = TypeVar("P")
C = TypeVar("C", bound=type)

_SCAFFOLDER = "__earmark_scaffolder__"


@dataclass(frozen=True)
class ScaffoldRequest(Generic[P]):
    """What is to be written.

    Args:
        type_name: The full name of the component class.
        target_path: The folder to write to.
        scaffold_format: ``yaml`` or ``python``.
        project_root: The project's folder, if there is one.
        params: What the scaffolder was told, of its own class of parameters.
        append: Whether another component is added to the file that is there.

    Example:
        >>> from pathlib import Path
        >>> request = em.ScaffoldRequest("shop.Table", Path("defs/orders"), "yaml", None, None)
        >>> em.scaffold_component(request, {"name": "orders"})
        >>> print(Path("defs/orders/defs.yaml").read_text())
        type: shop.Table
        attributes:
          name: orders
        <BLANKLINE>
    """

    type_name: str
    target_path: Path
    scaffold_format: Literal["yaml", "python"]
    project_root: Path | None
    params: P
    append: bool = False


class Scaffolder(Generic[P]):
    """Writes the files of a new component; override :meth:`scaffold` to write more than its ``defs.yaml``.

    Example:
        >>> from pathlib import Path
        >>> class WithScript(em.Scaffolder):
        ...     def scaffold(self, request):
        ...         em.scaffold_component(request, {"script": "load.sh"})
        ...         (request.target_path / "load.sh").write_text("echo loaded")
        >>> request = em.ScaffoldRequest("shop.Shell", Path("defs/load"), "yaml", None, None)
        >>> WithScript().scaffold(request)
        >>> sorted(path.name for path in Path("defs/load").iterdir())
        ['defs.yaml', 'load.sh']
    """

    @classmethod
    def get_scaffold_params(cls) -> type[BaseModel] | None:
        """Return the pydantic class of what may be told to it; ``None`` if nothing."""
        return None

    def scaffold(self, request: ScaffoldRequest[P]) -> None:
        """Write the files."""
        scaffold_component(request)


def scaffold_with(scaffolder_cls: type[Scaffolder[Any]]) -> Callable[[C], C]:
    """Name what writes the files of new components of a class.

    Raises:
        DagsterInvalidDefinitionError: It is no :class:`Scaffolder`.

    Example:
        >>> class Quiet(em.Scaffolder):
        ...     def scaffold(self, request):
        ...         print("a component of", request.type_name)
        >>> @em.scaffold_with(Quiet)
        ... class Table(em.Component):
        ...     def build_defs(self, context):
        ...         return em.Definitions()
        >>> from earmark.components.scaffolding import scaffolder_of
        >>> scaffolder_of(Table).__name__
        'Quiet'
    """
    if not (isinstance(scaffolder_cls, type) and issubclass(scaffolder_cls, Scaffolder)):
        raise DagsterInvalidDefinitionError(
            f"scaffold_with takes a subclass of Scaffolder, not {scaffolder_cls!r}.", hint="Give the class itself."
        )

    def mark(cls: C) -> C:
        setattr(cls, _SCAFFOLDER, scaffolder_cls)
        return cls

    return mark


def scaffolder_of(cls: type) -> type[Scaffolder[Any]]:
    """Return what writes the files of new components of a class."""
    found: type[Scaffolder[Any]] = getattr(cls, _SCAFFOLDER, Scaffolder)
    return found


def scaffold_component(request: ScaffoldRequest[Any], yaml_attributes: Mapping[str, Any] | None = None) -> None:
    """Write the ``defs.yaml`` of a new component, or its ``component.py``.

    Args:
        request: What is to be written.
        yaml_attributes: The attributes that the YAML begins with.

    Raises:
        DagsterInvalidInvocationError: The file is there already, and nothing is to be added to it.

    Example:
        >>> from pathlib import Path
        >>> em.scaffold_component(em.ScaffoldRequest("shop.Table", Path("defs/users"), "python", None, None))
        >>> print(Path("defs/users/component.py").read_text().splitlines()[1])
        from shop import Table
    """
    if request.scaffold_format == "yaml":
        _write(request, "defs.yaml", _yaml(request, yaml_attributes), "---\n")
        return
    if yaml_attributes:
        raise DagsterInvalidInvocationError("yaml_attributes are for the format yaml, not for python.")
    _write(request, "component.py", _python(request), "\n\n")


def _write(request: ScaffoldRequest[Any], name: str, text: str, between: str) -> None:
    file = request.target_path / name
    if file.exists() and not request.append:
        raise DagsterInvalidInvocationError(
            f"{file} is there already.", hint="Choose another folder, or add to it (append)."
        )
    request.target_path.mkdir(parents=True, exist_ok=True)
    before = f"{file.read_text(encoding='utf-8').rstrip()}\n{between}" if file.exists() else ""
    file.write_text(before + text, encoding="utf-8")


def _yaml(request: ScaffoldRequest[Any], attributes: Mapping[str, Any] | None) -> str:
    import yaml

    told = {"type": request.type_name, "attributes": dict(attributes or {})}
    return yaml.safe_dump(told, sort_keys=False, allow_unicode=True)


def _python(request: ScaffoldRequest[Any]) -> str:
    module, _, name = request.type_name.rpartition(".")
    function = "load" if not request.append else f"load_{name.lower()}"
    return (
        f"import earmark as em\nfrom {module} import {name}\n\n\n"
        f"@em.component_instance\ndef {function}(context: em.ComponentLoadContext) -> {name}:\n"
        f"    return {name}()\n"
    )
