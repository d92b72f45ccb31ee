"""Components that keep what another system said, and make their definitions of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import earmark as em
from earmark.components.state_backed import StateBackedComponent

from .conftest import Project

TABLES = """
    from pathlib import Path

    import earmark as em
    from earmark.dagster.components import DefsStateConfig, DefsStateConfigArgs, ResolvedDefsStateConfig

    ASKED = []

    class Tables(em.StateBackedComponent, em.Model, em.Resolvable):
        names: str
        defs_state: ResolvedDefsStateConfig = DefsStateConfigArgs.local_filesystem()

        @property
        def defs_state_config(self):
            return DefsStateConfig.from_args(self.defs_state, default_key="Tables[shop]")

        async def write_state_to_path(self, state_path):
            ASKED.append(self.names)
            state_path.write_text(self.names)

        def build_defs_from_state(self, context, state_path):
            names = state_path.read_text().split() if state_path else []
            return em.Definitions(assets=[em.AssetSpec(name) for name in names])
"""

KINDS = ["LOCAL_FILESYSTEM", "VERSIONED_STATE_STORAGE"]


def tables(project: Project, names: str, kind: str, refresh: str = "true") -> None:
    project.write("PACKAGE/tables.py", TABLES)
    project.defs(
        "tables/defs.yaml",
        f"type: PACKAGE.tables.Tables\nattributes:\n  names: {names}\n"
        f"  defs_state: {{management_type: {kind}, refresh_if_dev: {refresh}}}\n",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_state_is_asked_for_once_and_kept_until_it_is_asked_for_again(project: Project, kind: str, home: Path) -> None:
    tables(project, "orders users", kind)
    assert set(project.assets()) == {"orders", "users"}
    tables(project, "orders", kind)
    assert set(project.assets()) == {"orders", "users"}
    (component,) = project.tree().get_all_components(StateBackedComponent)
    asyncio.run(component.refresh_state(project.root))
    assert set(project.assets()) == {"orders"}


@pytest.mark.parametrize("kind", KINDS)
def test_without_state_nothing_is_asked_for_where_that_is_not_wanted(project: Project, kind: str, home: Path) -> None:
    tables(project, "orders", kind, refresh="false")
    assert project.assets() == {}


def test_state_that_is_kept_nowhere_is_asked_for_at_each_load(project: Project) -> None:
    tables(project, "orders", "LEGACY_CODE_SERVER_SNAPSHOTS")
    assert set(project.assets()) == {"orders"}
    tables(project, "users", "LEGACY_CODE_SERVER_SNAPSHOTS")
    assert set(project.assets()) == {"users"}


def test_versions_of_state_lie_where_the_environment_says(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARMARK_DEFS_STATE", str(tmp_path / "states"))
    tables(project, "orders", "VERSIONED_STATE_STORAGE")
    assert set(project.assets()) == {"orders"}
    storage = em.UPathDefsStateStorage(tmp_path / "states")
    (key,) = storage.list_state_keys_with_prefix("Tables")
    assert storage.get_latest_defs_state_info() == {key: storage.get_latest_version("Tables[shop]")}
    storage.set_latest_version(key, None)
    assert storage.get_latest_version(key) is None
    with pytest.raises(em.DagsterInvariantViolationError, match="no version 'v0' of the state"):
        storage.download_state_to_path(key, "v0", tmp_path / "copy")


def test_a_way_to_keep_state_that_there_is_not_is_refused_with_its_line(project: Project) -> None:
    tables(project, "orders", "SOMEWHERE")
    with pytest.raises(em.DagsterInvalidDefinitionError, match=r"LOCAL_FILESYSTEM(.|\n)*defs\.yaml:4"):
        project.tree().build_defs()
