"""The rules for keys and values, and the stored form of tags."""

from __future__ import annotations

import json
import warnings
from enum import Enum

import pytest

from earmark.tags.tag import (
    check_key,
    is_hidden,
    key_fault,
    kind_tags,
    kinds_of,
    normalize_asset_tags,
    normalize_run_tags,
    tags_from_texts,
    value_notices,
)
from earmark.values.errors import DagsterInvalidDefinitionError, InvalidTagError, SourceLocation

HERE = SourceLocation("project/assets.py", 12)


@pytest.mark.parametrize(
    "key",
    [
        "team",
        "a",
        "x" * 63,
        f"{'p' * 63}/{'n' * 63}",
        "dagster/priority",
        "ecs/cpu",
        "a.b-c_D9",
        "dagster/kind/python",
        "dagster/partition/region",
        ".dagster/grpc_info",
    ],
)
def test_a_good_key_passes(key):
    check_key(key)


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("", "is empty"),
        ("my team", "holds ' '"),
        ("team\n", r"holds '\n'"),
        ("équipe", "holds 'é'"),
        ("a=b", "holds '='"),
        ("/a", "has an empty part"),
        ("a/", "has an empty part"),
        ("a/b/c", "has 3 parts"),
        ("dagster/kind/a/b", "has 4 parts"),
        ("dagster/kind/", "has an empty part"),
        ("x" * 64, "has a part of 64 characters"),
        (f"{'p' * 64}/n", "has a part of 64 characters"),
    ],
)
def test_a_bad_key_is_refused_with_the_rule_it_breaks(key, fault):
    with pytest.raises(InvalidTagError) as caught:
        check_key(key, HERE)
    assert fault in str(caught.value)
    assert "1 to 63 characters" in str(caught.value)
    assert "project/assets.py:12" in str(caught.value)
    assert key_fault(key) is not None


def test_a_key_that_is_no_string_is_refused_everywhere():
    for normalize in (normalize_asset_tags, normalize_run_tags):
        with pytest.raises(InvalidTagError, match="is a int, not a string"):
            normalize({1: "a"})


def test_asset_tags_keep_labels_and_short_values():
    assert normalize_asset_tags({"pii": "", "tier": "x" * 63}) == {"pii": "", "tier": "x" * 63}
    assert normalize_asset_tags(None) == {}


@pytest.mark.parametrize(
    ("value", "fault"),
    [("x" * 64, "has 64 characters"), ("a b", "holds ' '"), ("a/b", "holds '/'"), ("a\n", r"holds '\n'")],
)
def test_a_bad_value_on_an_asset_shows_key_value_rule_and_place(value, fault):
    with pytest.raises(DagsterInvalidDefinitionError) as caught:
        normalize_asset_tags({"team": "ml", "tier": value}, HERE)
    message = str(caught.value)
    assert "'tier'" in message
    assert repr(value) in message
    assert fault in message
    assert "at most 63 characters" in message
    assert "project/assets.py:12" in message


def test_an_error_names_the_line_of_the_caller_when_no_place_is_given():
    with pytest.raises(InvalidTagError) as caught:
        normalize_asset_tags({"a b": "c"})
    assert caught.value.where.file == __file__


def test_a_json_value_on_an_asset_is_refused_and_points_to_op_tags():
    with pytest.raises(InvalidTagError, match="op_tags"):
        normalize_asset_tags({"attempts": 3})


def test_tags_that_are_no_dict_are_refused():
    with pytest.raises(InvalidTagError, match="Tags are a dict"):
        normalize_asset_tags(["team"])
    with pytest.raises(InvalidTagError, match="Tags are a dict"):
        normalize_run_tags("team=ml")


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (10, "10"),
        (True, "true"),
        (None, "null"),
        (1.5, "1.5"),
        ({"a": 1}, '{"a": 1}'),
        ([1, "ü"], '[1, "\\u00fc"]'),
        ("plain text, kept ü", "plain text, kept ü"),
        ('{"a":   1}', '{"a":   1}'),
        ("", ""),
    ],
)
def test_run_tags_store_strings_as_they_are_and_json_values_as_json_text(value, stored):
    assert normalize_run_tags({"k": value}) == {"k": stored}


class Tier(str, Enum):  # noqa: UP042
    GOLD = "gold"


def test_a_string_enum_is_stored_as_its_string():
    stored = normalize_run_tags({"tier": Tier.GOLD})
    assert stored == {"tier": "gold"}
    assert type(stored["tier"]) is str


@pytest.mark.parametrize(
    "value", [(1, 2), {1: "a"}, object(), {"a", "b"}, float("nan"), float("inf"), b"raw", {"a": (1,)}]
)
def test_a_value_that_does_not_survive_json_is_refused(value):
    with pytest.raises(InvalidTagError, match="does not survive"):
        normalize_run_tags({"k": value})


def test_a_value_that_changes_on_its_way_shows_what_it_would_become():
    with pytest.raises(InvalidTagError, match=r"would come back as \[1, 2\]"):
        normalize_run_tags({"k": (1, 2)})


def test_a_run_tag_of_64_kib_is_kept_and_one_byte_more_is_refused():
    assert normalize_run_tags({"k": "x" * 65_536}) == {"k": "x" * 65_536}
    with pytest.raises(InvalidTagError, match="takes 65537 bytes"):
        normalize_run_tags({"k": "x" * 65_537})
    with pytest.raises(InvalidTagError, match="takes 65538 bytes"):
        normalize_run_tags({"k": "ü" * 32_769})
    with pytest.raises(InvalidTagError, match="takes"):
        normalize_run_tags({"k": ["x" * 65_536]})


def test_text_that_no_store_keeps_is_refused():
    with pytest.raises(InvalidTagError, match="NUL"):
        normalize_run_tags({"k": "a\x00b"})
    with pytest.raises(InvalidTagError, match="surrogate"):
        normalize_run_tags({"k": "\ud800"})


def test_a_bad_key_on_a_run_is_a_deprecation_warning_in_code_and_an_error_elsewhere():
    with pytest.warns(DeprecationWarning, match="'my team' holds ' '") as caught:
        assert normalize_run_tags({"my team": "ml"}) == {"my team": "ml"}
    assert caught[0].filename == __file__
    with pytest.raises(InvalidTagError, match="'my team'"):
        normalize_run_tags({"my team": "ml"}, strict=True)
    with pytest.raises(InvalidTagError, match="is empty"):
        normalize_run_tags({"": "ml"})


def test_a_long_value_on_a_run_is_noticed_but_never_refused():
    tags = {"note": "a b", "long": "x" * 64, "good": "yes", "dagster/partition": "2026/11 01"}
    assert normalize_run_tags(tags, strict=True) == tags
    notices = value_notices(tags)
    assert len(notices) == 2
    assert "'note' holds ' '" in notices[0]
    assert "'long' has 64 characters" in notices[1]


def test_kinds_are_stored_as_tags_and_read_back():
    tags = kind_tags({"python", "dbt"})
    assert tags == {"dagster/kind/dbt": "", "dagster/kind/python": ""}
    assert kinds_of(tags) == ("dbt", "python")
    assert kind_tags(None) == {}


def test_a_bad_kind_is_refused():
    with pytest.raises(InvalidTagError, match=r"Write kinds=\{'python'\}"):
        kind_tags("python")
    with pytest.raises(InvalidTagError, match="'a b'"):
        kind_tags(["a b"])
    with pytest.raises(InvalidTagError, match="7"):
        kind_tags([7])


def test_tags_are_read_as_people_type_them():
    assert tags_from_texts(["team=ml", "note=a=b", '{"n": 3}', "team=core"]) == {"team": "core", "note": "a=b", "n": 3}
    with pytest.raises(InvalidTagError, match="Write key=value"):
        tags_from_texts(["team"])
    with pytest.raises(InvalidTagError, match="begins like a JSON object"):
        tags_from_texts(["{team: ml}"])


def test_keys_under_dot_dagster_are_hidden():
    assert is_hidden(".dagster/grpc_info")
    assert not is_hidden("dagster/priority")


def test_the_stored_text_of_a_json_value_reads_back_as_the_value():
    value = {"limits": {"cpu": "500m"}, "on": True, "n": [1, 2.5, None]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert json.loads(normalize_run_tags({"k8s": value})["k8s"]) == value
