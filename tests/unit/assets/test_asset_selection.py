"""Selections as objects: what they mean, how they print, what they refuse."""

from __future__ import annotations

import pytest

from earmark.define.assets.asset import asset
from earmark.define.assets.asset_check import asset_check
from earmark.define.assets.asset_resolution import resolve_assets
from earmark.define.assets.asset_selection import AssetSelection
from earmark.define.assets.multi_asset import multi_asset
from earmark.define.assets.source_asset import SourceAsset
from earmark.define.ops.outputs import AssetCheckResult
from earmark.specs.asset import AssetSpec
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvalidSubsetError, QueryError
from earmark.values.keys import AssetCheckKey, AssetKey


def body(): ...


def make(key, *deps, **options):
    return asset(key=key, deps=list(deps), **options)(body)


raw_a = make("raw_a", "ext", group_name="raw", tags={"domain": "sales", "lab": ""}, owners=["team:data"], kinds={"dbt"})
raw_b = make("raw_b", group_name="raw", tags={"domain": "mkt"})
core = make("core", "raw_a", "raw_b", group_name="core", tags={"domain": "sales"})
mart = make(["m", "mart"], "core", group_name="marts")
out = make("out", mart)
ext = SourceAsset("ext", group_name="raw", tags={"domain": "sales"})
pair = multi_asset(specs=[AssetSpec("left"), AssetSpec("right")], name="pair", group_name="pairs")(body)


@asset_check(asset=raw_a)
def fresh():
    return AssetCheckResult(passed=True)


ASSETS = resolve_assets([raw_a, raw_b, core, mart, out, ext, pair, fresh])
A = AssetSelection


def means(selection: AssetSelection) -> list[str]:
    return sorted(key.to_user_string() for key in selection.resolve(ASSETS))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("raw_a", "raw_a"),
        ("key:raw_*", "raw_a raw_b"),
        ("raw_a+", "core raw_a"),
        ("raw_a++", "core m/mart raw_a"),
        ("++m/mart", "core m/mart raw_a raw_b"),
        ("2+key:m/mart", "core m/mart raw_a raw_b"),
        ("key:core+1", "core m/mart"),
        ("+key:core+", "core m/mart out raw_a raw_b"),
        ("*m/mart", "core m/mart raw_a raw_b"),
        ("core*", "core m/mart out"),
        ("group:raw", "raw_a raw_b"),
        ("tag:domain=sales", "core raw_a"),
        ('tag:lab=""', "raw_a"),
        ("tag:domain", "core raw_a raw_b"),
        ("owner:team:data", "raw_a"),
        ("kind:dbt", "raw_a"),
        ("kind:<null> group:raw", "raw_b"),
        ("not group:raw and not group:pairs", "core m/mart out"),
        ("roots(*)", "left raw_a raw_b right"),
        ("sinks(group:raw or core)", "core"),
        ("roots(raw_a or m/mart)", "raw_a"),
        ("key:nope", ""),
        ("key:\"m/*\"", "m/mart"),
        ("ext", "ext"),
        ("ext+", "ext raw_a"),
        ("+raw_a", "raw_a"),
        ("tag:domain=sales+1", "core m/mart raw_a"),
    ],
)  # fmt: skip
def test_a_query_means_these_assets(query, expected):
    assert means(A.from_string(query)) == expected.split()


def test_objects_mean_what_queries_mean():
    assert means(A.all()) == ["core", "left", "m/mart", "out", "raw_a", "raw_b", "right"]
    assert "ext" in means(A.all(include_sources=True))
    assert means(A.groups("raw", include_sources=True)) == ["ext", "raw_a", "raw_b"]
    assert means(A.assets("core", mart, AssetKey("out"))) == ["core", "m/mart", "out"]
    assert means(A.key_prefixes("m", "raw_a")) == ["m/mart", "raw_a"]
    assert means(A.key_substring("mar")) == ["m/mart"]
    assert means(A.tag("domain", "mkt")) == means(A.tag_string("domain=mkt")) == ["raw_b"]
    assert means(A.owner("team:data") | A.kind("dbt")) == ["raw_a"]
    assert means(A.groups()) == means(A.assets()) == []


def test_walks_take_a_depth_and_may_leave_the_start_out():
    assert means(A.assets(mart).upstream(depth=1)) == ["core", "m/mart"]
    assert means(A.assets(mart).upstream(include_self=False)) == ["core", "raw_a", "raw_b"]
    assert means(A.assets("core").downstream(depth=1, include_self=False)) == ["m/mart"]
    assert means(A.assets("core").upstream(depth=0)) == ["core"]
    assert means(A.assets("raw_a", mart).roots()) == ["raw_a"]
    assert means(A.assets("raw_a", mart).sources()) == ["raw_a"]
    assert means(A.assets("raw_a", mart).sinks()) == ["m/mart"]


def test_what_no_query_says_combines_all_the_same():
    assert means(A.assets("left").required_multi_asset_neighbors()) == ["left", "right"]
    assert means(A.assets("core").upstream_source_assets()) == ["ext"]
    assert means(A.assets("ext", "raw_a").materializable()) == ["raw_a"]
    neighbours = A.assets("left").required_multi_asset_neighbors()
    assert means((neighbours | A.assets("raw_a")).downstream(depth=1)) == ["core", "left", "raw_a", "right"]
    assert means((neighbours | A.assets("raw_a", "core")).roots()) == ["left", "raw_a", "right"]
    assert means((neighbours | A.assets("raw_a", "core")).sinks()) == ["core", "left", "right"]
    with pytest.raises(NotImplementedError):
        neighbours.to_selection_str()


def test_selections_combine_and_print_as_the_query_they_are():
    combined = (A.groups("raw") | A.groups("core")) & A.tag("domain", "sales")
    assert str(combined) == "(group:raw or group:core) and tag:domain=sales"
    assert A.from_string(str(combined)) == combined
    assert str(A.all() - (A.groups("raw") | A.assets("out"))) == "not (group:raw or out)"
    assert means(A.all() - (A.groups("raw") | A.assets("out")) - A.groups("pairs")) == ["core", "m/mart"]
    assert str(A.assets("core").upstream().downstream(depth=2)) == str(
        A.from_string(str(A.assets("core").upstream().downstream(depth=2)))
    )
    assert hash(A.groups("a")) == hash(A.groups("a"))


def test_checks_follow_their_assets_unless_told_otherwise():
    key = AssetCheckKey(AssetKey("raw_a"), "fresh")
    assert A.assets("raw_a").resolve_checks(ASSETS) == {key}
    assert A.assets("raw_a").without_checks().resolve_checks(ASSETS) == set()
    assert A.checks_for_assets(raw_a).resolve_checks(ASSETS) == {key}
    assert A.checks(fresh).resolve_checks(ASSETS) == A.checks(key).resolve_checks(ASSETS) == {key}
    assert A.all_asset_checks().resolve(ASSETS) == set()
    with pytest.raises(DagsterInvalidSubsetError, match="no check"):
        A.checks(AssetCheckKey(AssetKey("a"), "b")).resolve_checks(ASSETS)


def test_a_key_that_is_not_there_is_refused_with_what_is_near():
    with pytest.raises(DagsterInvalidSubsetError, match=r"'raw_c'.*did you mean 'raw_"):
        A.assets("raw_c").resolve(ASSETS)
    with pytest.raises(DagsterInvalidSubsetError, match=r"'mart'.*did you mean 'm/mart'"):
        A.from_string("mart+").resolve(ASSETS)
    assert A.assets("nope").resolve(ASSETS, allow_missing=True) == set()


def test_a_query_that_cannot_be_read_points_at_the_character():
    with pytest.raises(QueryError) as error:
        A.from_string("group:raw and")
    assert error.value.facts["position"] == len("group:raw and")


def test_fields_that_are_known_only_later_are_refused_in_definitions():
    with pytest.raises(DagsterInvalidSubsetError, match="status: is not known"):
        A.from_string("status:failed").resolve(ASSETS)


def test_lists_are_or_and_strings_split_at_slashes():
    assert means(A.from_coercible(["raw_a+", "m/mart"])) == ["core", "m/mart", "raw_a"]
    assert means(A.from_coercible([raw_a, AssetKey("out")])) == ["out", "raw_a"]
    assert means(A.from_coercible([])) == []


@pytest.mark.parametrize("thing", [5, [["a", "b"]], [5], object()])
def test_what_selects_nothing_is_refused(thing):
    with pytest.raises(DagsterInvalidDefinitionError):
        A.from_coercible(thing)
