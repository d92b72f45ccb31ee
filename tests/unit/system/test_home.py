"""Where Earmark writes, and what it says about it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from earmark.system.home import find_home
from earmark.values.errors import StoreError


def test_the_own_variable_names_the_home(tmp_path: Path):
    home = find_home(tmp_path, environ={"EARMARK_HOME": str(tmp_path / "h"), "DAGSTER_HOME": "/elsewhere"})
    assert (home.path, home.source, home.notice) == (tmp_path / "h", "EARMARK_HOME", "")
    assert home.path.is_dir()
    assert not home.is_implied


def test_a_relative_home_is_taken_from_the_current_folder(tmp_path: Path):
    assert find_home(tmp_path, environ={"EARMARK_HOME": "here/h"}).path == tmp_path / "here" / "h"


def test_of_a_dagster_home_only_one_folder_is_written(tmp_path: Path):
    (tmp_path / "dagster.yaml").write_text("{}")
    home = find_home(tmp_path, environ={"DAGSTER_HOME": str(tmp_path)})
    assert home.path == tmp_path / "earmark"
    assert home.settings_folder == tmp_path
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dagster.yaml", "earmark"]
    assert "in DAGSTER_HOME" in home.notice


def test_without_variables_it_lies_beside_the_projects_pyproject(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text("")
    inner = tmp_path / "src" / "shop"
    inner.mkdir(parents=True)
    home = find_home(inner, environ={})
    assert home.path == tmp_path / ".earmark"
    assert home.project == tmp_path
    assert home.is_implied
    assert home.notice == f"home: {tmp_path / '.earmark'} (beside pyproject.toml; set EARMARK_HOME for another)"


def test_the_project_of_a_module_is_found_where_the_module_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    (project / "shop").mkdir(parents=True)
    (project / "shop" / "__init__.py").write_text("raise RuntimeError('imported')")
    (project / "pyproject.toml").write_text("")
    elsewhere.mkdir()
    monkeypatch.syspath_prepend(str(project))
    assert find_home(elsewhere, module="shop.definitions", environ={}).path == project / ".earmark"


def test_without_a_project_it_lies_in_the_folder(tmp_path: Path):
    home = find_home(tmp_path, environ={})
    assert (home.path, home.source) == (tmp_path / ".earmark", "folder")


def test_an_implied_home_is_ignored_by_git_by_itself(tmp_path: Path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    home = find_home(tmp_path, environ={})
    (home.path / "runs.db").write_text("x")
    status = subprocess.run(["git", "status", "--porcelain"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert status.stdout == ""


def test_looking_makes_nothing(tmp_path: Path):
    assert not find_home(tmp_path, environ={}, create=False).path.exists()


def test_a_home_that_is_a_file_is_refused_with_its_path(tmp_path: Path):
    (tmp_path / "h").write_text("")
    with pytest.raises(StoreError) as caught:
        find_home(tmp_path, environ={"EARMARK_HOME": str(tmp_path / "h")})
    assert str(tmp_path / "h") in str(caught.value)
    assert "EARMARK_HOME says so" in str(caught.value)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder in which not even root can write")
def test_a_home_that_cannot_be_made_is_refused_with_its_path(tmp_path: Path):
    with pytest.raises(StoreError, match="The home /proc/earmark cannot be used"):
        find_home(tmp_path, environ={"EARMARK_HOME": "/proc/earmark"})


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unwritable to root")
def test_a_home_that_cannot_be_written_is_refused_with_its_path(tmp_path: Path):
    (tmp_path / "h").mkdir(mode=0o500)
    with pytest.raises(StoreError, match="not writable"):
        find_home(tmp_path, environ={"EARMARK_HOME": str(tmp_path / "h")})
