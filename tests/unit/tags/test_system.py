"""The registry of system tags and the checks that read it."""

from __future__ import annotations

import warnings

import pytest

from earmark.tags import system
from earmark.tags.system import SYSTEM_TAGS, Place, RetryStrategy, SystemTagWarning, check_user_tags, system_tag
from earmark.tags.tag import is_system, key_fault
from earmark.values.errors import InvalidTagError

PROVENANCE = [
    "schedule_name",
    "sensor_name",
    "tick",
    "backfill",
    "parent_run_id",
    "root_run_id",
    "retry_number",
    "image",
    "op_selection",
    "code_location",
]


@pytest.mark.parametrize("name", PROVENANCE)
@pytest.mark.parametrize("place", list(Place))
def test_nobody_can_forge_where_a_run_came_from(name, place):
    for strict in (True, False):
        with pytest.raises(InvalidTagError, match="says where a run came from"):
            check_user_tags({f"dagster/{name}": "x"}, place, strict)


def test_every_system_tag_has_a_good_key_that_stands_once_and_says_what_it_does():
    keys = [tag.key for tag in SYSTEM_TAGS]
    assert len(keys) == len(set(keys))
    for tag in SYSTEM_TAGS:
        assert key_fault(tag.key + "x" if tag.key.endswith("/") else tag.key) is None
        assert tag.effect.endswith("."), tag.key
        assert tag.set_by, tag.key
        assert system_tag(tag.key + "x" if tag.key.endswith("/") else tag.key) is tag


def test_an_unknown_system_key_is_a_warning_in_code_and_an_error_elsewhere():
    with pytest.warns(SystemTagWarning, match="Did you mean 'dagster/priority'") as caught:
        check_user_tags({"dagster/prioirty": "1"}, Place.JOB)
    assert caught[0].filename == __file__
    with pytest.raises(InvalidTagError, match="Did you mean 'dagster/priority'"):
        check_user_tags({"dagster/prioirty": "1"}, Place.LAUNCH, strict=True)


def test_keys_of_earmark_are_the_systems_as_those_of_dagster_are():
    assert is_system("earmark/step_timeout") and is_system("dagster/priority") and is_system(".dagster/x")
    assert not is_system("user") and not is_system("team") and not is_system("earmarked/by")
    with pytest.raises(InvalidTagError, match="Did you mean 'earmark/step_timeout'"):
        check_user_tags({"earmark/step_timeot": "1"}, Place.OP, strict=True)


def test_internal_keys_are_not_for_users():
    with pytest.raises(InvalidTagError, match="is internal"):
        check_user_tags({".dagster/x": "1"}, Place.LAUNCH, strict=True)


def test_the_bare_prefix_of_a_family_is_no_system_tag():
    assert system_tag("dagster/kind/") is None
    assert system_tag("dagster/kind/dbt") is not None
    assert system_tag("team") is None


def test_ordinary_prefixes_pass_in_silence():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_user_tags({"dagster-k8s/config": "{}", "ecs/cpu": "1", "team": "ml", "user": "me"}, Place.LAUNCH, True)


def test_a_tag_in_a_place_where_it_has_no_effect_is_said():
    with pytest.raises(InvalidTagError, match="belongs on: asset or op"):
        check_user_tags({"dagster/concurrency_key": "db"}, Place.LAUNCH, strict=True)
    with pytest.warns(SystemTagWarning, match="belongs on: run or launch"):
        check_user_tags({"dagster/partition": "2026-11-01"}, Place.JOB)
    check_user_tags({"dagster/partition": "2026-11-01", "dagster/partition/region": "eu"}, Place.LAUNCH, True)


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("dagster/priority", ["0", "-3", "+7"], ["", "high", "1.5", "1e3", " 1", "9" * 16]),
        ("dagster/max_runtime", ["1", "0.5", "90.0"], ["0", "-1", "inf", "nan", "1m", "", "99999999999"]),
        ("dagster/max_runtime_seconds", ["60"], ["soon"]),
        ("dagster/max_retries", ["0", "3"], ["-1", "many", "1.0"]),
        ("dagster/retry_strategy", ["FROM_FAILURE", "ALL_STEPS"], ["from_failure", "", "SOME"]),
        ("dagster/retry_on_asset_or_op_failure", ["true", "false", "False"], ["no", "0", ""]),
        ("dagster/isolation", ["", "whatever"], []),
    ],
)
def test_a_bad_value_of_an_editable_tag_is_an_error_where_it_is_set(key, good, bad):
    assert system_tag(key).editable
    for place in Place:
        for value in good:
            check_user_tags({key: value}, place)
        for value in bad:
            with pytest.raises(InvalidTagError, match="takes"):
                check_user_tags({key: value}, place)


def test_accessors_read_what_was_set():
    tags = {
        "dagster/priority": "-2",
        "dagster/max_runtime": "1.5",
        "dagster/max_retries": "3",
        "dagster/retry_strategy": "ALL_STEPS",
        "dagster/retry_on_asset_or_op_failure": "false",
        "dagster/concurrency_key": "db",
    }
    assert system.priority(tags) == -2
    assert system.max_runtime(tags) == 1.5
    assert system.max_retries(tags) == 3
    assert system.retry_strategy(tags) is RetryStrategy.ALL_STEPS
    assert system.retry_on_asset_or_op_failure(tags) is False
    assert system.concurrency_key(tags) == "db"


def test_accessors_know_their_defaults():
    assert system.priority({}) == 0
    assert system.max_runtime({}) is None
    assert system.max_retries({}) is None
    assert system.retry_strategy({}) is RetryStrategy.FROM_FAILURE
    assert system.retry_on_asset_or_op_failure({}) is None
    assert system.concurrency_key({}) is None
    assert system.retry_number({}) == 0


def test_a_bad_value_is_never_a_silent_default_when_it_is_read():
    with pytest.raises(InvalidTagError, match="'high'"):
        system.priority({"dagster/priority": "high"})
    with pytest.raises(InvalidTagError):
        system.max_runtime({"dagster/max_runtime": "0"})


def test_max_runtime_has_two_names_and_the_shorter_wins():
    assert system.max_runtime({"dagster/max_runtime_seconds": "5"}) == 5.0
    assert system.max_runtime({"dagster/max_runtime_seconds": "5", "dagster/max_runtime": "7"}) == 7.0


def test_a_reexecution_leaves_the_family_tags_behind():
    assert {
        "dagster/retry_number",
        "dagster/will_retry",
        "dagster/auto_retry_run_id",
        "dagster/failure_reason",
        "dagster/is_resume_retry",
        "dagster/parent_run_id",
        "dagster/root_run_id",
    } == system.NOT_INHERITED
    assert "dagster/backfill" in system.BACKFILL_FAMILY
