"""Where the YAML of an asset stands, as a fact of the asset."""

from __future__ import annotations

from earmark.components.yaml_component import Described
from earmark.define.assets.code_references import CODE_REFERENCES
from earmark.define.assets.map_asset_specs import map_asset_specs
from earmark.define.definitions import Definitions
from earmark.specs.asset import AssetSpec
from earmark.specs.metadata import CodeReferencesMetadataValue, LocalFileCodeReference


def with_code_references(defs: Definitions, described: Described) -> Definitions:
    """Return definitions whose assets say which YAML describes them, beside the references that they have."""
    here = LocalFileCodeReference(str(described.file), described.places.line())

    def referring(spec: AssetSpec) -> AssetSpec:
        present = spec.metadata.get(CODE_REFERENCES)
        others = present.code_references if isinstance(present, CodeReferencesMetadataValue) else ()
        value = CodeReferencesMetadataValue(code_references=[*others, here])
        return spec.replace_attributes(metadata={**spec.metadata, CODE_REFERENCES: value})

    return defs.replace(assets=map_asset_specs(referring, defs.assets or ()))
