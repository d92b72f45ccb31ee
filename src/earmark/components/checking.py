"""All mistakes in the YAML files of a project, where loading them stops at the first."""

from __future__ import annotations

from dataclasses import dataclass

from earmark.components.locations import ComponentPath
from earmark.components.tree import ComponentTree
from earmark.components.yaml_component import file_in, read_component_file
from earmark.values.errors import DagsterError, DagsterInvalidDefinitionError


@dataclass(frozen=True)
class Checked:
    """What was found.

    Args:
        documents: How many components the files describe.
        faults: What is wrong, file by file.
    """

    documents: int
    faults: list[DagsterError]


def faults_of(tree: ComponentTree) -> Checked:
    """Return what is wrong in the YAML files of a project: what does not fit, and what is required and not there."""
    faults: list[DagsterError] = []
    documents = 0
    for folder in tree.described_folders():
        try:
            file = file_in(folder)
            described = read_component_file(file) if file else []
        except DagsterError as error:
            faults.append(error)
            continue
        documents += len(described)
        for position, one in enumerate(described):
            faults += [
                DagsterInvalidDefinitionError(
                    f"The environment variable {name} is not set, which {one.content.type} requires.",
                    where=one.places.at(("requirements",)),
                )
                for name in one.missing_env
            ]
            try:
                tree.build_defs(ComponentPath(folder, position))
            except DagsterError as error:
                faults.append(error)
            except Exception as error:
                what = f"{one.content.type} raised {type(error).__name__}: {error}"
                faults.append(DagsterInvalidDefinitionError(what, where=one.places.at(("type",)), error=error))
    return Checked(documents, faults)
