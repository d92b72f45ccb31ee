"""The IO managers that come with Earmark: files in the home's storage folder, memory, and any path as a base."""

from __future__ import annotations

import os
import pickle
import tempfile
from abc import abstractmethod
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, ClassVar

from earmark.define.config.schema import Field
from earmark.define.resources.io import IOManager
from earmark.define.resources.io_definition import IOManagerDefinition
from earmark.execute.io_contexts.input import InputContext
from earmark.execute.io_contexts.output import OutputContext
from earmark.specs.metadata import MetadataValue
from earmark.values.errors import DagsterInvariantViolationError


class UPathIOManager(IOManager):
    """Stores each output, and each partition of an asset, at a path of its own below a base path.

    A subclass says how one object is written and read: :meth:`dump_to_path` and :meth:`load_from_path`. The path is
    made of the asset's key and partition, or of run, step and output.

    Args:
        base_path: A :class:`pathlib.Path`, or a ``UPath`` on any file system that fsspec knows.

    Example:
        >>> import json, pathlib, tempfile
        >>> class JsonFiles(UPathIOManager):
        ...     extension = ".json"
        ...
        ...     def dump_to_path(self, context, obj, path):
        ...         path.write_text(json.dumps(obj))
        ...
        ...     def load_from_path(self, context, path):
        ...         return json.loads(path.read_text())
        >>> from earmark import build_output_context
        >>> files = JsonFiles(pathlib.Path(tempfile.mkdtemp()))
        >>> files.handle_output(build_output_context(asset_key="orders"), [1, 2])
        >>> (files._base_path / "orders.json").read_text()
        '[1, 2]'
    """

    extension: ClassVar[str | None] = None

    def __init__(self, base_path: Any = None) -> None:
        if self.extension is not None and not self.extension.startswith("."):
            raise DagsterInvariantViolationError(f"extension begins with a dot, or is None; it is {self.extension!r}.")
        self._base_path = base_path if base_path is not None else Path.cwd()

    @abstractmethod
    def dump_to_path(self, context: OutputContext, obj: Any, path: Any) -> None:
        """Write one object to one path."""

    @abstractmethod
    def load_from_path(self, context: InputContext, path: Any) -> Any:
        """Read one object from one path."""

    @property
    def fs(self) -> Any:
        """The file system of the base path."""
        return getattr(self._base_path, "fs", None)

    def get_metadata(self, context: OutputContext, obj: Any) -> Mapping[str, Any]:
        """Return more facts about what was stored."""
        return {}

    def get_loading_input_log_message(self, path: Any) -> str:
        """Return what to log when an input is loaded."""
        return f"Loading file from: {path} using {type(self).__name__}..."

    def get_writing_output_log_message(self, path: Any) -> str:
        """Return what to log when an output is stored."""
        return f"Writing file at: {path} using {type(self).__name__}..."

    def get_asset_relative_path(self, context: InputContext | OutputContext) -> Any:
        """Return the path of an asset below the base path, without extension."""
        return Path(*context.asset_key.path)

    def get_op_output_relative_path(self, context: InputContext | OutputContext) -> Any:
        """Return the path of an op's output below the base path, without extension."""
        return Path(*context.get_identifier())

    def get_path_for_partition(self, context: InputContext | OutputContext, path: Any, partition: str) -> Any:
        """Return the path of one partition, given the path of the asset."""
        return path / partition

    def has_output(self, context: OutputContext) -> bool:
        """Say whether something is stored for an output."""
        return bool(self._path_of(context).exists())

    def make_directory(self, path: Any) -> None:
        """Make a folder and those above it."""
        path.mkdir(parents=True, exist_ok=True)

    def unlink(self, path: Any) -> None:
        """Remove what stands at a path, if anything does."""
        path.unlink(missing_ok=True)

    def _with_extension(self, path: Any) -> Any:
        # Not with_suffix: a dot in a key is part of the key.
        return path if self.extension is None else path.parent / (path.name + self.extension)

    def _without_extension(self, context: InputContext | OutputContext) -> Any:
        if context.has_asset_key:
            return self._base_path / self.get_asset_relative_path(context)
        return self._base_path / "storage" / self.get_op_output_relative_path(context)

    def _path_of(self, context: InputContext | OutputContext) -> Any:
        return self._with_extension(self._without_extension(context))

    def _paths_of_partitions(self, context: InputContext | OutputContext) -> dict[str, Any]:
        base = self._without_extension(context)
        found = {}
        for key in context.asset_partition_keys:
            # A key of several dimensions is a folder for each of them.
            parts = key.split("|") if hasattr(key, "keys_by_dimension") else [key]
            path = base
            for part in parts:
                path = self.get_path_for_partition(context, path, part)
            found[key] = self._with_extension(path)
        return found

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Write an output: to one path, or to one for each partition where the object is a dict of them."""
        if context.has_asset_key and context.has_asset_partitions:
            paths = self._paths_of_partitions(context)
            if len(paths) == 1:
                self._write(context, obj, next(iter(paths.values())))
                return
            values = _by_partition(context, obj, paths)
            for key, path in paths.items():
                self._write(context, values[key], path)
            return
        self._write(context, obj, self._path_of(context))

    def _write(self, context: OutputContext, obj: Any, path: Any) -> None:
        self.make_directory(path.parent)
        context.log.debug(self.get_writing_output_log_message(path))
        self.dump_to_path(context=context, obj=obj, path=path)
        context.add_output_metadata({"path": MetadataValue.path(str(path)), **self.get_metadata(context, obj)})

    def load_input(self, context: InputContext) -> Any:
        """Read an input: one object, or a dict of them by partition key."""
        metadata = context.definition_metadata
        if context.has_asset_key and context.has_asset_partitions:
            paths = self._paths_of_partitions(context)
            if len(paths) == 1 and not _wants_dict(context):
                return self._read(context, next(iter(paths.values())))
            allow_missing = metadata.get("allow_missing_partitions", False)
            found = {}
            for key, path in paths.items():
                if allow_missing and not path.exists():
                    context.log.warning(f"The partition {key} is missing; it is left out.")
                    continue
                found[key] = self._read(context, path)
            return found
        upstream = context.upstream_output
        described: Any = context if context.has_asset_key or upstream is None else upstream
        return self._read(context, self._path_of(described))

    def _read(self, context: InputContext, path: Any) -> Any:
        context.log.debug(self.get_loading_input_log_message(path))
        return self.load_from_path(context=context, path=path)


def _wants_dict(context: InputContext) -> bool:
    kind = context.dagster_type
    origin = getattr(getattr(kind, "typing_type", None), "__origin__", None)
    return origin in (dict, Mapping)


class PickledFiles(IOManager):
    """Pickles each output to a file below a folder: ``key/of/asset[/partition]``, or ``run/step/output``.

    The file appears whole or not at all: it is written beside its place and moved there.

    Args:
        base_dir: The folder; the storage folder of the run's home if ``None``.
    """

    def __init__(self, base_dir: str | None = None) -> None:
        self._base_dir = base_dir

    def _folder(self, context: Any) -> Path:
        return Path(self._base_dir) if self._base_dir else Path(context.instance.storage_directory())

    def _paths(self, context: Any) -> dict[str | None, Path]:
        folder = self._folder(context)
        if context.has_asset_key and context.has_asset_partitions:
            base = folder.joinpath(*context.asset_key.path)
            return {key: base.joinpath(*key.split("|")) if hasattr(key, "keys_by_dimension") else base / key
                    for key in context.asset_partition_keys}  # fmt: skip
        identifier = context.asset_key.path if context.has_asset_key else context.get_identifier()
        return {None: folder.joinpath(*identifier)}

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Write an output.

        Raises:
            DagsterInvariantViolationError: It cannot be pickled.
        """
        paths = self._paths(context)
        values = dict.fromkeys(paths, obj) if len(paths) == 1 else _by_partition(context, obj, paths)
        for key, path in paths.items():
            write_pickle(path, values[key])
            context.add_output_metadata({"path": MetadataValue.path(str(path))})

    def load_input(self, context: InputContext) -> Any:
        """Read an input: one object, or a dict of them by partition key."""
        upstream = context.upstream_output
        described: Any = context if context.has_asset_key or upstream is None else upstream
        paths = self._paths(described)
        if len(paths) == 1 and not (None not in paths and _wants_dict(context)):
            return read_pickle(next(iter(paths.values())))
        return {key: read_pickle(path) for key, path in paths.items()}


def _by_partition(context: OutputContext, obj: Any, keys: Collection[Any]) -> Mapping[Any, Any]:
    """Return the value of each partition, where an output is several of them.

    Raises:
        DagsterInvariantViolationError: It is no dict with one value for each partition key, and nothing else.
    """
    what = f"The output is {len(keys)} partitions of {context.asset_key.to_user_string()}"
    if not isinstance(obj, Mapping):
        raise DagsterInvariantViolationError(
            f"{what}; return a dict with one value for each partition key, not {type(obj).__name__}, or set"
            " BackfillPolicy.multi_run()."
        )
    for wrong, said in (
        ([key for key in keys if key not in obj], "the dict that was returned lacks"),
        ([key for key in obj if key not in keys], "the dict that was returned has, beside them,"),
    ):
        if wrong:
            named = ", ".join(repr(str(key)) for key in wrong[:3])
            more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
            raise DagsterInvariantViolationError(f"{what}; {said} {named}{more}.", hint="Nothing was written.")
    return obj


def write_pickle(path: Path, obj: Any) -> None:
    """Pickle an object to a file, which appears whole or not at all.

    Raises:
        DagsterInvariantViolationError: It cannot be pickled.
    """
    try:
        data = pickle.dumps(obj, protocol=pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise DagsterInvariantViolationError(
            f"The object {obj!r:.200} is not picklable, so it cannot be kept in a file.",
            hint="Use another IO manager for it, for instance mem_io_manager with the in-process executor.",
        ) from error
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_pickle(path: Path) -> Any:
    """Return what a file holds that :func:`write_pickle` wrote."""
    with path.open("rb") as file:
        return pickle.load(file)


class InMemoryIOManager(IOManager):
    """Keeps outputs in memory; for runs in one process.

    Example:
        >>> from earmark import build_input_context, build_output_context
        >>> memory = InMemoryIOManager()
        >>> memory.handle_output(build_output_context(asset_key="orders"), [1, 2])
        >>> memory.load_input(build_input_context(asset_key="orders"))
        [1, 2]
    """

    def __init__(self) -> None:
        self.values: dict[tuple[str, ...], Any] = {}

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Keep an output."""
        if context.has_asset_key and context.has_asset_partitions and len(context.asset_partition_keys) > 1:
            for key in context.asset_partition_keys:
                self.values[(*context.asset_key.path, key)] = obj[key] if isinstance(obj, Mapping) else obj
            return
        self.values[_name_of(context)] = obj

    def load_input(self, context: InputContext) -> Any:
        """Return an input."""
        if context.has_asset_key and context.has_asset_partitions and len(context.asset_partition_keys) > 1:
            return {key: self.values[(*context.asset_key.path, key)] for key in context.asset_partition_keys}
        upstream = context.upstream_output
        return self.values[_name_of(context if context.has_asset_key or upstream is None else upstream)]


def _name_of(described: InputContext | OutputContext) -> tuple[str, ...]:
    """What names a value whatever run wrote it, for an asset; else the run, the step and the output."""
    return tuple(described.get_asset_identifier() if described.has_asset_key else described.get_identifier())


def _pickled_files(context: Any) -> IOManager:
    config = context.resource_config or {}
    return PickledFiles(config.get("base_dir"))


def _in_memory(_context: Any) -> IOManager:
    return InMemoryIOManager()


def _optional_text() -> Any:
    return Field(str, is_required=False)


fs_io_manager = IOManagerDefinition(_pickled_files, {"base_dir": _optional_text()}, "Pickled files in a folder.")
"""Pickled files in a folder: ``fs_io_manager.configured({"base_dir": "/data"})``."""

mem_io_manager = IOManagerDefinition(_in_memory, None, "Outputs in memory, for runs in one process.")
"""Outputs in memory, for runs in one process."""
