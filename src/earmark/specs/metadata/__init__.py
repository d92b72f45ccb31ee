"""Metadata: facts that user code attaches to definitions and events, as values of a closed set of kinds.

The names below are loaded when they are first asked for: of what has no metadata, nobody asks for the kinds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from earmark.specs.metadata.entry import MetadataEntry
    from earmark.specs.metadata.kinds import RawMetadataMapping, RawMetadataValue, as_metadata_value, numeric_value
    from earmark.specs.metadata.mapping import (
        data_only_metadata,
        definition_metadata,
        normalize_metadata,
        restore_metadata,
    )
    from earmark.specs.metadata.table import (
        TableColumn,
        TableColumnConstraints,
        TableColumnDep,
        TableColumnLineage,
        TableConstraints,
        TableRecord,
        TableSchema,
    )
    from earmark.specs.metadata.values import (
        KIND_FIELD,
        AnyMetadataValue,
        BoolMetadataValue,
        CodeReferencesMetadataValue,
        DagsterAssetMetadataValue,
        DagsterJobMetadataValue,
        DagsterRunMetadataValue,
        FloatMetadataValue,
        IntMetadataValue,
        JsonMetadataValue,
        LocalFileCodeReference,
        MarkdownMetadataValue,
        MetadataValue,
        NonFinite,
        NotebookMetadataValue,
        NullMetadataValue,
        OpaqueMetadataValue,
        PathMetadataValue,
        PoolMetadataValue,
        PythonArtifactMetadataValue,
        TableColumnLineageMetadataValue,
        TableMetadataValue,
        TableSchemaMetadataValue,
        TextMetadataValue,
        TimestampMetadataValue,
        UrlCodeReference,
        UrlMetadataValue,
    )

__all__ = [
    "KIND_FIELD",
    "AnyMetadataValue",
    "BoolMetadataValue",
    "CodeReferencesMetadataValue",
    "DagsterAssetMetadataValue",
    "DagsterJobMetadataValue",
    "DagsterRunMetadataValue",
    "FloatMetadataValue",
    "IntMetadataValue",
    "JsonMetadataValue",
    "LocalFileCodeReference",
    "MarkdownMetadataValue",
    "MetadataEntry",
    "MetadataValue",
    "NonFinite",
    "NotebookMetadataValue",
    "NullMetadataValue",
    "OpaqueMetadataValue",
    "PathMetadataValue",
    "PoolMetadataValue",
    "PythonArtifactMetadataValue",
    "RawMetadataMapping",
    "RawMetadataValue",
    "TableColumn",
    "TableColumnConstraints",
    "TableColumnDep",
    "TableColumnLineage",
    "TableColumnLineageMetadataValue",
    "TableConstraints",
    "TableMetadataValue",
    "TableRecord",
    "TableSchema",
    "TableSchemaMetadataValue",
    "TextMetadataValue",
    "TimestampMetadataValue",
    "UrlCodeReference",
    "UrlMetadataValue",
    "as_metadata_value",
    "data_only_metadata",
    "definition_metadata",
    "normalize_metadata",
    "numeric_value",
    "restore_metadata",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    from earmark.specs.metadata import mapping

    home: object = mapping
    if not hasattr(mapping, name):
        from earmark.specs.metadata import entry, kinds, table, values

        home = next(module for module in (values, kinds, table, entry) if hasattr(module, name))
    found = globals()[name] = getattr(home, name)
    return found
