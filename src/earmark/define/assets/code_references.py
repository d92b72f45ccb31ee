"""Where assets stand in the code, as metadata: files of this machine, and links into a repository."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.assets.map_asset_specs import map_asset_specs
from earmark.specs.asset import AssetSpec
from earmark.specs.metadata import CodeReferencesMetadataValue, LocalFileCodeReference, UrlCodeReference
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location

CODE_REFERENCES = "dagster/code_references"
"""The metadata key under which an asset's place in the code stands."""

_LINKS = {"github": "{url}/tree/{branch}/{path}", "gitlab": "{url}/-/tree/{branch}/{path}"}


class FilePathMapping(ABC):
    """From the path of a file on this machine to its path in a repository.

    Example:
        >>> class Flat(FilePathMapping):
        ...     def convert_to_source_control_path(self, local_path):
        ...         return f"src/{local_path.name}"
        >>> Flat().convert_to_source_control_path(Path("/srv/orders.py"))
        'src/orders.py'
    """

    @abstractmethod
    def convert_to_source_control_path(self, local_path: Path) -> str:
        """Return the path in the repository, separated by slashes."""


class AnchorBasedFilePathMapping(FilePathMapping):
    """Maps paths by one whose place in the repository is known.

    Args:
        local_file_anchor: A file or folder on this machine.
        file_anchor_path_in_repository: Where the repository has it.

    Example:
        >>> mapping = AnchorBasedFilePathMapping(Path("/srv/proj/defs.py"), "src/proj/defs.py")
        >>> mapping.convert_to_source_control_path(Path("/srv/proj/assets/orders.py"))
        'src/proj/assets/orders.py'
    """

    def __init__(self, local_file_anchor: Path, file_anchor_path_in_repository: str) -> None:
        self.local_file_anchor = Path(local_file_anchor)
        self.file_anchor_path_in_repository = file_anchor_path_in_repository

    def convert_to_source_control_path(self, local_path: Path) -> str:
        """Return the path in the repository: as far from the anchor as on this machine."""
        steps = os.path.relpath(local_path, self.local_file_anchor)
        joined = os.path.normpath(os.path.join(self.file_anchor_path_in_repository, steps))
        return Path(joined).as_posix()


def with_source_code_references(assets_defs: Sequence[Any]) -> list[Any]:
    """Return assets with the file and line of their function among their metadata.

    Args:
        assets_defs: Assets; those that are only declared stay as they are.

    Example:
        >>> from earmark.define.assets.asset import asset
        >>> @asset
        ... def orders(): ...
        >>> referenced = with_source_code_references([orders])[0]
        >>> list(referenced.metadata_by_key[referenced.key])
        ['dagster/code_references']
    """
    return [_referenced(thing) for thing in assets_defs]


def _referenced(thing: Any) -> Any:
    place = thing.location if isinstance(thing, AssetsDefinition) and thing.is_executable else None
    if place is None:
        return thing
    reference = LocalFileCodeReference(os.path.abspath(place.file), place.line)

    def add(spec: AssetSpec) -> AssetSpec:
        known = spec.metadata.get(CODE_REFERENCES)
        before = known.code_references if isinstance(known, CodeReferencesMetadataValue) else []
        return spec.merge_attributes(metadata={CODE_REFERENCES: CodeReferencesMetadataValue([*before, reference])})

    return thing.map_asset_specs(add)


def link_code_references_to_git(
    assets_defs: Sequence[Any],
    git_url: str,
    git_branch: str,
    file_path_mapping: FilePathMapping,
    platform: Literal["github", "gitlab"] | None = None,
) -> list[Any]:
    """Return assets whose references to files of this machine are links into a repository.

    Args:
        assets_defs: Assets, as :func:`with_source_code_references` returns them.
        git_url: Where the repository is seen on the web.
        git_branch: The branch or commit that links show.
        file_path_mapping: From files of this machine to paths in the repository.
        platform: What hosts it; read from ``git_url`` unless given.

    Raises:
        DagsterInvalidDefinitionError: The platform is unknown.

    Example:
        >>> mapping = AnchorBasedFilePathMapping(Path("/srv/proj"), "src")
        >>> link_code_references_to_git([], "https://github.com/me/proj", "main", mapping)
        []
    """
    inferred = next((name for name in _LINKS if f"{name}.com" in git_url), "")
    template = _LINKS.get(platform if platform is not None else inferred)
    if template is None:
        raise DagsterInvalidDefinitionError(
            f"Unable to infer the source control platform from the git_url {git_url!r}.",
            hint='Pass platform="github" or platform="gitlab".',
            where=caller_location(),
        )

    def link(reference: LocalFileCodeReference | UrlCodeReference) -> LocalFileCodeReference | UrlCodeReference:
        if isinstance(reference, UrlCodeReference):
            return reference
        path = file_path_mapping.convert_to_source_control_path(Path(reference.file_path))
        url = template.format(url=git_url.rstrip("/"), branch=git_branch, path=path)
        line = f"#L{reference.line_number}" if reference.line_number else ""
        return UrlCodeReference(url + line, reference.label)

    def linked(spec: AssetSpec) -> AssetSpec:
        known = spec.metadata.get(CODE_REFERENCES)
        if not isinstance(known, CodeReferencesMetadataValue):
            return spec
        links = CodeReferencesMetadataValue([link(reference) for reference in known.code_references])
        return spec.merge_attributes(metadata={CODE_REFERENCES: links})

    return map_asset_specs(linked, assets_defs)
