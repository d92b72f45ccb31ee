"""The IO manager whose outputs say themselves where they are stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from earmark.define.config.schema import Field
from earmark.define.resources.io import IOManager
from earmark.define.resources.io_definition import IOManagerDefinition
from earmark.execute.io_contexts.input import InputContext
from earmark.execute.io_contexts.output import OutputContext
from earmark.execute.io_managers import read_pickle, write_pickle
from earmark.specs.metadata import MetadataValue
from earmark.values.errors import DagsterInvariantViolationError


class CustomPathFiles(IOManager):
    """Pickles each output to the path that its definition gives, as metadata, below a folder.

    Args:
        base_dir: The folder.
    """

    def __init__(self, base_dir: str) -> None:
        self._base_dir = base_dir

    def _path_of(self, output: OutputContext) -> Path:
        told = output.definition_metadata.get("path")
        path = getattr(told, "value", told)
        if not isinstance(path, str) or not path:
            raise DagsterInvariantViolationError(
                f"custom_path_fs_io_manager stores an output where its metadata says, and the output {output.name!r} of"
                f" {output.step_key!r} says {path!r}.",
                hint='Say so where it is defined: Out(metadata={"path": "folder/file"}).',
            )
        return Path(self._base_dir, path)

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Write an output.

        Raises:
            DagsterInvariantViolationError: Its definition gives no path, or it cannot be pickled.
        """
        path = self._path_of(context)
        write_pickle(path, obj)
        context.add_output_metadata({"path": MetadataValue.path(str(path))})

    def load_input(self, context: InputContext) -> Any:
        """Read an input from where the output upstream was stored."""
        if context.upstream_output is None:
            raise DagsterInvariantViolationError(
                f"custom_path_fs_io_manager reads what an output wrote, and the input {context.name!r} comes from none."
            )
        return read_pickle(self._path_of(context.upstream_output))


def _custom_path_files(context: Any) -> IOManager:
    return CustomPathFiles(context.resource_config["base_dir"])


custom_path_fs_io_manager = IOManagerDefinition(
    _custom_path_files, {"base_dir": Field(str)}, "Pickled files, each where the metadata of its output says."
)
"""Pickled files, each where the metadata of its output says: ``Out(metadata={"path": "folder/file"})``."""
