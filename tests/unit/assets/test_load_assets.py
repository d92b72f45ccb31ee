"""Assets, checks and definitions found in modules; repositories."""

from __future__ import annotations

import sys
import types

import pytest

from earmark.define.assets.asset import asset
from earmark.define.assets.asset_check import asset_check
from earmark.define.assets.asset_job import define_asset_job
from earmark.define.assets.load_assets import (
    load_asset_checks_from_modules,
    load_assets_from_current_module,
    load_assets_from_modules,
    load_assets_from_package_name,
)
from earmark.define.assets.source_asset import SourceAsset
from earmark.define.load_definitions import load_definitions_from_module
from earmark.define.ops.graph import graph
from earmark.define.ops.op import op
from earmark.define.ops.outputs import AssetCheckResult
from earmark.define.repository import (
    RepositoryData,
    create_repository_using_definitions_args,
    repository,
)
from earmark.specs.asset import AssetSpec
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvariantViolationError
from earmark.values.keys import AssetKey


def body(): ...


def make(key, *deps, **options):
    return asset(key=key, deps=list(deps), **options)(body)


def module(name="m", **variables):
    made = types.ModuleType(name)
    vars(made).update(variables)
    return made


def names(things) -> list[str]:
    return sorted(key.to_user_string() for one in things for key in (getattr(one, "keys", None) or [one.key]))


@asset_check(asset="a")
def fine():
    return AssetCheckResult(passed=True)


here = make("here")


def test_assets_are_variables_and_members_of_lists_each_once():
    a = make("a")
    found = load_assets_from_modules(
        [module(a=a, again=a, several=[make("x")], spec=AssetSpec("s"), source=SourceAsset("so"), check=fine)]
    )
    assert names(found) == ["a", "so", "x"]


def test_specs_count_when_asked_for():
    assert names(load_assets_from_modules([module(spec=AssetSpec("s"))], include_specs=True)) == ["s"]


def test_a_prefix_moves_assets_and_the_dependencies_on_them():
    loaded = load_assets_from_modules(
        [module(a=make("a"), b=make("b", "a", "so", "elsewhere"), so=SourceAsset("so"))],
        key_prefix="p",
        source_key_prefix=["q", "r"],
        group_name="g",
    )
    assert names(loaded) == ["p/a", "p/b", "q/r/so"]
    b = next(one for one in loaded if getattr(one, "key", None) == AssetKey(["p", "b"]))
    assert b.asset_deps[b.key] == {AssetKey(["p", "a"]), AssetKey(["q", "r", "so"]), AssetKey("elsewhere")}
    assert {spec.group for spec in b.specs} == {"g"}


def test_an_asset_that_names_another_group_is_refused():
    with pytest.raises(DagsterInvalidDefinitionError, match="names the group 'gg'") as error:
        load_assets_from_modules([module(a=make("a", group_name="gg"))], group_name="g")
    assert error.value.where.file == __file__


def test_an_asset_that_two_modules_define_is_refused_with_both():
    with pytest.raises(DagsterInvalidDefinitionError, match="'m1' and in 'm2'"):
        load_assets_from_modules([module("m1", a=make("a")), module("m2", a=make("a"))])


def test_the_current_module_is_that_of_the_caller():
    assert names(load_assets_from_current_module()) == ["here"]


def test_a_package_is_searched_with_all_its_modules(tmp_path, monkeypatch):
    package = tmp_path / "shop_of_test"
    (package / "inner").mkdir(parents=True)
    line = "from earmark.define.assets.asset import asset\n@asset\ndef {}(): ...\n"
    (package / "__init__.py").write_text(line.format("top"))
    (package / "inner" / "__init__.py").write_text("")
    (package / "inner" / "deep.py").write_text(line.format("deep"))
    monkeypatch.syspath_prepend(tmp_path)
    assert names(load_assets_from_package_name("shop_of_test", key_prefix="p")) == ["p/deep", "p/top"]
    for name in [name for name in sys.modules if name.startswith("shop_of_test")]:
        del sys.modules[name]


def test_what_importing_a_module_raises_is_the_users_own_error(tmp_path, monkeypatch):
    (tmp_path / "broken_of_test").mkdir()
    (tmp_path / "broken_of_test" / "__init__.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ZeroDivisionError):
        load_assets_from_package_name("broken_of_test")


def test_checks_are_loaded_and_moved_with_their_assets():
    (check,) = load_asset_checks_from_modules([module(c=fine)], asset_key_prefix="p")
    assert check.check_key.to_user_string() == "p/a:fine"
    assert fine.check_key.to_user_string() == "a:fine"


def test_everything_in_a_module_makes_definitions():
    defs = load_definitions_from_module(module(a=make("a"), c=fine, j=define_asset_job("j")), resources={"r": 1})
    assert [job.name for job in defs.resolve_all_job_defs()] == ["__ASSET_JOB", "j"]
    assert len(defs.resolve_asset_graph().asset_check_keys) == 1
    assert defs.resources == {"r": 1}


@op
def one():
    return 1


@graph
def wired():
    one()


def test_a_repository_of_a_list_sorts_what_it_is_given():
    @repository
    def shop():
        return [make("a", "ext"), [AssetSpec("s")], define_asset_job("j"), wired, fine]

    assert shop.name == "shop"
    assert sorted(shop.job_names) == ["__ASSET_JOB", "j", "wired"]
    assert set(shop.assets_defs_by_key) == {AssetKey("a")}
    assert set(shop.source_assets_by_key) == {AssetKey("ext"), AssetKey("s")}
    assert shop.has_job("j")
    with pytest.raises(DagsterInvariantViolationError, match="Could not find job 'x'"):
        shop.get_job("x")


def test_a_repository_of_a_dict_may_make_jobs_when_asked():
    @repository(name="other", description="d", metadata={"m": 1})
    def shop():
        return {"jobs": {"wired": wired.to_job}}

    assert (shop.name, shop.job_names, shop.description) == ("other", ["wired"], "d")
    assert shop.metadata["m"].value == 1


def test_repository_data_gives_its_parts():
    class Shop(RepositoryData):
        def get_all_jobs(self):
            return [wired.to_job()]

    @repository
    def shop():
        return Shop()

    assert shop.job_names == ["wired"]
    assert Shop().get_job("wired").name == "wired"
    assert Shop().has_job("wired")
    assert not Shop().has_sensor("x")


@pytest.mark.parametrize("returned", [5, [5], {"jobs": {"a": 5}}])
def test_a_repository_of_something_else_is_refused(returned):
    with pytest.raises(DagsterInvalidDefinitionError):
        repository(lambda: returned)


def test_a_repository_of_the_arguments_of_definitions():
    assert create_repository_using_definitions_args("n", assets=[make("a")]).job_names == ["__ASSET_JOB"]
