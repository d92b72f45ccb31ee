"""Run config from YAML."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from earmark.define.config.config_files import config_from_files, config_from_pkg_resources, config_from_yaml_strings
from earmark.values.errors import DagsterInvariantViolationError


def test_later_files_are_merged_over_earlier_ones(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("ops: {x: {config: {a: 1, c: 3}}}")
    (tmp_path / "b.yaml").write_text("ops: {x: {config: {a: 2}}}\nresources: {r: {}}")
    (tmp_path / "c.yaml").write_text("")
    merged = {"ops": {"x": {"config": {"a": 2, "c": 3}}}, "resources": {"r": {}}}
    assert config_from_files([str(tmp_path / "*.yaml")]) == merged
    assert config_from_files([str(tmp_path / "b.yaml"), str(tmp_path / "a.yaml")])["ops"]["x"]["config"]["a"] == 1


def test_texts_and_package_files_are_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "shipped_config"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "run.yaml").write_text("ops: {}")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert config_from_pkg_resources([("shipped_config", "run.yaml")]) == {"ops": {}}
    assert config_from_yaml_strings(["a: {b: 1}", "a: {c: 2}"]) == {"a": {"b": 1, "c": 2}}


@pytest.mark.parametrize(
    "read",
    [
        lambda: config_from_files("run.yaml"),
        lambda: config_from_files(["no-such-file.yaml"]),
        lambda: config_from_yaml_strings(["a: [1"]),
        lambda: config_from_yaml_strings(["- 1"]),
        lambda: config_from_pkg_resources([("yaml", "nope.yaml")]),
        lambda: config_from_pkg_resources([("no_such_package", "nope.yaml")]),
    ],
)
def test_what_cannot_be_read_is_refused_where_it_was_asked_for(read: Callable[[], Any]) -> None:
    with pytest.raises(DagsterInvariantViolationError) as caught:
        read()
    assert __file__ in str(caught.value)
