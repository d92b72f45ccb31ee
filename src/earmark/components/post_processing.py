"""What a ``defs.yaml`` changes of the assets that its component defines: their labels, owners, groups and so on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from earmark.components.asset_attributes import AssetChanges, attributes_of
from earmark.components.resolution_context import ResolutionContext
from earmark.components.resolvable import Resolvable
from earmark.components.resolver import Resolver
from earmark.define.assets.asset_selection import AssetSelection
from earmark.define.assets.map_asset_specs import map_asset_specs
from earmark.define.definitions import Definitions
from earmark.specs.asset import AssetSpec
from earmark.values.errors import DagsterError, DagsterInvalidDefinitionError

_MERGED = ("tags", "metadata")
"""What is added to what is there; everything else takes its place, kinds and owners too."""


def _changes(context: ResolutionContext, written: AssetChanges) -> dict[str, Any]:
    return attributes_of(context, written)


@dataclass(kw_only=True)
class AssetPostProcessing(Resolvable):
    """One change of some of the assets.

    Args:
        target: A query that tells which assets; all by default.
        operation: ``merge`` adds tags and metadata to those that are there, ``replace`` takes their place.
        attributes: What is changed.
    """

    target: str = "*"
    operation: Literal["merge", "replace"] = "merge"
    attributes: Annotated[dict[str, Any], Resolver(_changes, model_field_type=AssetChanges)]

    def applied_to(self, defs: Definitions) -> Definitions:
        """Return definitions with the change made.

        Raises:
            QueryError: ``target`` cannot be read.
            DagsterInvalidDefinitionError: The change breaks a rule of assets.
        """
        wanted = AssetSelection.from_string(self.target, include_sources=True).select(defs.resolve_asset_graph()).assets

        def changed(spec: AssetSpec) -> AssetSpec:
            return self._changed(spec) if spec.key in wanted else spec

        return defs.replace(assets=map_asset_specs(changed, defs.assets or ()))

    def _changed(self, spec: AssetSpec) -> AssetSpec:
        changes = dict(self.attributes)
        if self.operation == "merge":
            changes |= {name: {**getattr(spec, name), **changes[name]} for name in _MERGED if name in changes}
        if "kinds" not in changes and "tags" in changes:
            changes["kinds"] = spec.kinds
        return spec.replace_attributes(**changes)


@dataclass(kw_only=True)
class PostProcessing(Resolvable):
    """What a document changes of what its component defines.

    Args:
        assets: The changes, made one after the other.
    """

    assets: list[AssetPostProcessing] = field(default_factory=list)

    def applied_to(self, defs: Definitions, context: ResolutionContext) -> Definitions:
        """Return definitions with all changes made; an entry may be a function of definitions, from a template.

        Raises:
            DagsterInvalidDefinitionError: A change cannot be made; the error says where it stands.
        """
        for position, one in enumerate(self.assets):
            try:
                defs = _applied(one, defs)
            except DagsterError as error:
                at = context.at_path("assets").at_path(position)
                raise at.error(error.message, error.hint) from error.__cause__
        return defs


def _applied(one: AssetPostProcessing | Callable[[Definitions], Definitions], defs: Definitions) -> Definitions:
    if isinstance(one, AssetPostProcessing):
        return one.applied_to(defs)
    if callable(one):
        return one(defs)
    raise DagsterInvalidDefinitionError(f"{one!r} is neither a change of assets nor a function of definitions.")
