"""``defs.yaml``: which component stands in a folder, its attributes, and what is changed of what it defines."""

from __future__ import annotations

import importlib
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from earmark.components.loadable import Loadable, scope_of
from earmark.components.model import Model, validated
from earmark.components.post_processing import PostProcessing
from earmark.components.resolution_context import ResolutionContext
from earmark.components.yaml_documents import Places, read_documents
from earmark.define.definitions import Definitions
from earmark.define.ports import public_name, public_names
from earmark.values.errors import DagsterInvalidDefinitionError, did_you_mean

if TYPE_CHECKING:
    from earmark.components.load_context import ComponentLoadContext

FILES = ("defs.yaml", "defs.yml", "component.yaml", "component.yml")
"""The names of files that say which component stands in their folder."""

_OWN_ROOTS = ("dagster", "dagster.components", "earmark")
"""What a type of ours may be written with: existing projects name Dagster."""


class Requirements(Model):
    """What a component needs of its surroundings."""

    env: list[str] = Field([], description="Environment variables.")


class ComponentFile(Model):
    """One document of a ``defs.yaml``."""

    type: str = Field(description="The component class: its module and name.")
    attributes: Any = Field(None, description="The fields of the class.")
    template_vars_module: str | None = Field(None, description="A module whose @template_var functions may be named.")
    requirements: Requirements | None = None
    post_processing: Any = Field(None, description="What is changed of the assets that it defines.")


@dataclass(frozen=True)
class Described:
    """One document of a file, read.

    Args:
        file: The file.
        content: What it says.
        places: Where that stands.
    """

    file: Path
    content: ComponentFile
    places: Places

    @property
    def missing_env(self) -> list[str]:
        """The environment variables that it requires and that are not set."""
        required = self.content.requirements.env if self.content.requirements else []
        return [name for name in required if name not in os.environ]


def any_file_in(folder: Path) -> bool:
    """Tell whether a folder has a file that says which component stands in it, or several."""
    return any((folder / name).is_file() for name in FILES)


def file_in(folder: Path) -> Path | None:
    """Return the file that says which component stands in a folder, if there is one.

    Raises:
        DagsterInvalidDefinitionError: There are two.
    """
    found = [folder / name for name in FILES if (folder / name).is_file()]
    if len(found) > 1:
        raise DagsterInvalidDefinitionError(
            f"{folder} has both {found[0].name} and {found[1].name}; one of them would be lost.",
            hint="Keep one; several components stand in one file as documents, separated by ---.",
        )
    return found[0] if found else None


def read_component_file(file: Path) -> list[Described]:
    """Return the documents of a file, checked but for their attributes.

    Raises:
        DagsterInvalidDefinitionError: It is not YAML, empty, or has what no document has.
    """
    documents = read_documents(file)
    if not documents:
        raise DagsterInvalidDefinitionError(
            f"{file} is empty.", hint="Write `type: ` and the name of a component class, or remove the file."
        )
    read = []
    for document in documents:
        context = ResolutionContext.default(document.places)
        read.append(Described(file, validated(ComponentFile, document.value, file.name, context), document.places))
    return read


def context_of(described: Described, context: ComponentLoadContext) -> ComponentLoadContext:
    """Return the context for what a document says: with its places, and the names of its template_vars_module."""
    context = context.with_source_position_tree(described.places).with_own_names()
    named = described.content.template_vars_module
    if named is None:
        return context
    module = _module_near(named, described, context, ("template_vars_module",))
    return context.with_rendering_scope(scope_of(module, context)).with_own_names()


def component_of(described: Described, context: ComponentLoadContext) -> Loadable:
    """Return the component that a document describes.

    Args:
        described: The document.
        context: The place of its folder.

    Raises:
        DagsterInvalidDefinitionError: Its type is not there or no component, or its attributes do not fit.
    """
    context = context_of(described, context)
    cls = component_type(described, context)
    return cls.of_attributes(described.content.attributes, _below(context, "attributes"))


def processed(described: Described, defs: Definitions, context: ComponentLoadContext) -> Definitions:
    """Return what a component defines with what its document changes of it.

    Raises:
        DagsterInvalidDefinitionError: What it changes cannot be read, or breaks a rule of assets.
    """
    written = described.content.post_processing
    if not written:
        return defs
    resolution = _below(context_of(described, context), "post_processing").resolution_context
    model = validated(PostProcessing.model(), written, "post_processing", resolution)
    return PostProcessing.resolve_from_model(resolution, model).applied_to(defs, resolution)


def component_type(described: Described, context: ComponentLoadContext) -> type[Loadable]:
    """Return the class that a document names.

    Raises:
        DagsterInvalidDefinitionError: There is no such class, or it is no component.
    """
    named = described.content.type
    module_name, _, name = named.rpartition(".")
    at = context.resolution_context
    if not module_name:
        near = did_you_mean(f"earmark.{name}", (f"earmark.{one}" for one in _own_types()))
        raise at.error(f"type: {named!r} is no full name.{near}", "Write module.ClassName.", ("type",))
    if module_name in _OWN_ROOTS:
        known = _own_types()
        found = public_name(name) if name in known else None
    else:
        module = _module_near(module_name, described, context, ("type",))
        found = getattr(module, name, None)
        known = [one for one, value in vars(module).items() if _is_component(value)]
    if found is None:
        raise at.error(f"type: {module_name} has no {name!r}.{did_you_mean(name, known)}", path=("type",))
    if not _is_component(found):
        raise at.error(f"type: {named} is no subclass of Component.", path=("type",))
    made: type[Loadable] = found
    return made


def _own_types() -> list[str]:
    return [name for name in public_names() if name.endswith("Component")]


def _is_component(thing: object) -> bool:
    return isinstance(thing, type) and issubclass(thing, Loadable)


def _below(context: ComponentLoadContext, name: str) -> ComponentLoadContext:
    from dataclasses import replace

    return replace(context, resolution_context=context.resolution_context.at_path(name)).with_own_names()


def _module_near(name: str, described: Described, context: ComponentLoadContext, path: tuple[str, ...]) -> Any:
    """Import a module by its full name, or by one with a leading dot, which is counted from the file's folder."""
    full = name
    if name.startswith("."):
        full = importlib.util.resolve_name(name, context.defs_relative_module_name(described.file.parent))
    try:
        return importlib.import_module(full)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{full}.".startswith(f"{error.name}."):
            raise
        near = _near_modules(full, described.file.parent if name.startswith(".") else None)
        hint = f"Names with a leading dot are counted from {described.file.parent}." if name.startswith(".") else None
        raise context.resolution_context.error(
            f"{path[0]}: there is no module {error.name!r}.{near}", hint, path
        ) from None


def _near_modules(name: str, folder: Path | None) -> str:
    package, _, last = name.rpartition(".")
    folders = [folder] if folder else []
    if not folder and package:
        try:
            folders = [Path(one) for one in importlib.import_module(package).__path__]
        except (ImportError, AttributeError):
            return ""
    names = [path.stem for one in folders for path in one.glob("*") if path.suffix == ".py" or path.is_dir()]
    return did_you_mean(last, names)
