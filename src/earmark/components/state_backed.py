"""Components whose definitions are made of what another system said last: written to a file, and read from it."""

import asyncio
import enum
import hashlib
import inspect
import os
import tempfile
from abc import abstractmethod
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from earmark.components.component import Component
from earmark.components.load_context import ComponentLoadContext
from earmark.components.model import Model
from earmark.components.resolution_context import ResolutionContext
from earmark.components.resolver import Resolver
from earmark.components.state_storage import UPathDefsStateStorage
from earmark.define.definitions import Definitions

LOCAL_FOLDER = ".local_defs_state"
"""The folder of a project in which state on its own file system lies."""


class DefsStateManagementType(enum.Enum):
    """Where state is kept."""

    LOCAL_FILESYSTEM = "LOCAL_FILESYSTEM"
    VERSIONED_STATE_STORAGE = "VERSIONED_STATE_STORAGE"
    LEGACY_CODE_SERVER_SNAPSHOTS = "LEGACY_CODE_SERVER_SNAPSHOTS"


class DefsStateConfigArgs(Model):
    """How the state of a component is kept, as it is written in YAML.

    Args:
        key: What the state is kept under; the component's own choice where ``None``.
        management_type: Where it is kept.
        refresh_if_dev: Whether state that is not there yet is written when definitions are loaded.
    """

    key: str | None = None
    management_type: DefsStateManagementType
    refresh_if_dev: bool = True

    @classmethod
    def local_filesystem(cls) -> "DefsStateConfigArgs":
        """Keep it in the project's folder ``.local_defs_state``."""
        return cls(management_type=DefsStateManagementType.LOCAL_FILESYSTEM)

    @classmethod
    def versioned_state_storage(cls) -> "DefsStateConfigArgs":
        """Keep its versions in the storage that ``EARMARK_DEFS_STATE`` names, else in the home."""
        return cls(management_type=DefsStateManagementType.VERSIONED_STATE_STORAGE)

    @classmethod
    def legacy_code_server_snapshots(cls) -> "DefsStateConfigArgs":
        """Keep it nowhere: it is asked for whenever definitions are loaded."""
        return cls(management_type=DefsStateManagementType.LEGACY_CODE_SERVER_SNAPSHOTS)


@dataclass(frozen=True)
class DefsStateConfig:
    """How the state of a component is kept.

    Args:
        key: What it is kept under.
        management_type: Where it is kept.
        refresh_if_dev: Whether state that is not there yet is written when definitions are loaded.
    """

    key: str
    management_type: DefsStateManagementType
    refresh_if_dev: bool = True

    @classmethod
    def from_args(cls, args: DefsStateConfigArgs, default_key: str) -> "DefsStateConfig":
        """Return what was written, with a key."""
        return cls(args.key or default_key, args.management_type, args.refresh_if_dev)


def _config(context: ResolutionContext, written: Any) -> DefsStateConfigArgs:
    return DefsStateConfigArgs.model_validate(context.resolve_value(written.model_dump(exclude_unset=True)))


ResolvedDefsStateConfig = Annotated[DefsStateConfigArgs, Resolver(_config, model_field_type=DefsStateConfigArgs)]
"""How the state is kept, written as its attributes."""


class StateBackedComponent(Component):
    """A component that asks another system once, keeps the answer in a file, and makes definitions of that file.

    ``earmark component refresh`` asks again. State that is not there yet is written when definitions are loaded, unless
    ``refresh_if_dev`` is false.

    Example:
        >>> from pathlib import Path
        >>> from earmark.components.state_backed import DefsStateConfig, DefsStateConfigArgs
        >>> class Tables(em.StateBackedComponent):
        ...     @property
        ...     def defs_state_config(self):
        ...         return DefsStateConfig.from_args(DefsStateConfigArgs.local_filesystem(), default_key="tables")
        ...
        ...     def write_state_to_path(self, state_path):
        ...         state_path.write_text("orders users")
        ...
        ...     def build_defs_from_state(self, context, state_path):
        ...         names = state_path.read_text().split() if state_path else []
        ...         return em.Definitions(assets=[em.AssetSpec(name) for name in names])
        >>> len(em.build_defs_for_component(Tables()).resolve_all_asset_keys())
        2
        >>> Path(".local_defs_state/tables/state").read_text()
        'orders users'
    """

    @property
    @abstractmethod
    def defs_state_config(self) -> DefsStateConfig:
        """How its state is kept."""

    @abstractmethod
    def write_state_to_path(self, state_path: Path) -> Awaitable[None] | None:
        """Ask for the state and write it to a file; a coroutine function may do it too."""

    @abstractmethod
    def build_defs_from_state(self, context: ComponentLoadContext, state_path: Path | None) -> Definitions:
        """Return the definitions of a state; ``None`` where there is none yet."""

    def build_defs(self, context: ComponentLoadContext) -> Definitions:
        """Return the definitions of the present state."""
        config = self.defs_state_config
        with tempfile.TemporaryDirectory(prefix="earmark-state-") as folder:
            copy = Path(folder) / "state"
            if config.management_type is DefsStateManagementType.LEGACY_CODE_SERVER_SNAPSHOTS:
                _finish(self.write_state_to_path(copy))
                return self.build_defs_from_state(context, copy)
            present = self._present(context.project_root, copy)
            if present is None and config.refresh_if_dev:
                _finish(self.refresh_state(context.project_root))
                present = self._present(context.project_root, copy)
            return self.build_defs_from_state(context, present)

    async def refresh_state(self, project_root: Path) -> str:
        """Ask for the state, keep it, and return its version, which is that of its content.

        Args:
            project_root: The project's folder.
        """
        config = self.defs_state_config
        with tempfile.TemporaryDirectory(prefix="earmark-state-") as folder:
            file = Path(folder) / "state"
            waiting = self.write_state_to_path(file)
            if waiting is not None:
                await waiting
            version = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
            if config.management_type is DefsStateManagementType.LOCAL_FILESYSTEM:
                _put(file, _local(project_root, config.key))
            elif config.management_type is DefsStateManagementType.VERSIONED_STATE_STORAGE:
                storage = UPathDefsStateStorage.get()
                storage.upload_state_from_path(config.key, version, file)
                storage.set_latest_version(config.key, version)
        return version

    def _present(self, project_root: Path, copy: Path) -> Path | None:
        config = self.defs_state_config
        if config.management_type is DefsStateManagementType.LOCAL_FILESYSTEM:
            file = _local(project_root, config.key)
            return file if file.exists() else None
        storage = UPathDefsStateStorage.get()
        version = storage.get_latest_version(config.key)
        if version is None:
            return None
        storage.download_state_to_path(config.key, version, copy)
        return copy


def _local(project_root: Path, key: str) -> Path:
    return project_root / LOCAL_FOLDER / quote(key, safe="[] ,") / "state"


def _put(file: Path, target: Path) -> None:
    """Write a file's content in one step, so that nobody reads half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    ignored = target.parents[1] / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n", encoding="utf-8")
    beside = target.with_name(f"state.{os.getpid()}")
    beside.write_bytes(file.read_bytes())
    beside.replace(target)


def _finish(waiting: Any) -> None:
    if not inspect.isawaitable(waiting):
        return

    async def wait() -> None:
        await waiting

    asyncio.run(wait())
