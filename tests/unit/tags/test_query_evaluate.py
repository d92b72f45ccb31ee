"""What queries match: absence, comparisons, times, searches, sets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from earmark.tags.query import parse
from earmark.tags.query.evaluate import Facts, evaluate_set, matches, predicate
from earmark.tags.query.fields import STATUS_OF_WORD, TABLES, WORD_OF_STATUS, FieldType
from earmark.tags.query.index import InvertedIndex
from earmark.tags.query.times import parse_duration, parse_time
from earmark.values.clock import Micros, from_datetime
from earmark.values.errors import QueryError
from earmark.values.states import DagsterRunStatus

NOW = from_datetime(datetime(2026, 11, 23, 12, tzinfo=UTC))
MINUTE = 60_000_000
HOUR = 60 * MINUTE


def asset(query, **facts):
    return matches(parse(query), Facts(**facts), "asset", NOW)


def run(query, **facts):
    return matches(parse(query, "run", "text"), Facts(**facts), "run", NOW)


def at(*moment):
    return float(from_datetime(datetime(*moment, tzinfo=UTC)))


def test_a_key_alone_means_has_the_key_and_an_empty_string_the_empty_value():
    assert asset("tag:pii", tags={"pii": ""})
    assert asset("tag:pii", tags={"pii": "yes"})
    assert asset('tag:pii=""', tags={"pii": ""})
    assert not asset('tag:pii=""', tags={"pii": "yes"})
    assert not asset('tag:pii=""')


def test_not_and_unequal_match_things_without_the_key():
    for query in ("not tag:pii=true", "-tag:pii=true", "tag:pii!=true"):
        assert asset(query)
        assert asset(query, tags={"pii": "false"})
        assert not asset(query, tags={"pii": "true"})


def test_comparisons_do_not_match_things_without_the_value():
    assert not run("duration:>10m")
    assert not run("duration:<10m")
    assert run("not duration:>10m")
    assert run("duration:>10m", amounts={"duration": 11.0 * MINUTE})
    assert not run("duration:>10m", amounts={"duration": 10.0 * MINUTE})
    assert run("duration:>=10m", amounts={"duration": 10.0 * MINUTE})


def test_null_matches_absence_alone_and_among_others():
    assert asset("tag:tier=<null>")
    assert not asset("tag:tier=<null>", tags={"tier": ""})
    assert asset("tag:tier=gold,<null>", tags={"tier": "gold"})
    assert asset("owner:<null>")
    assert not asset("owner:<null>", values={"owner": ["team:data"]})
    assert run("ended:<null>")
    assert not run("ended:<null>", amounts={"ended": 1.0})
    assert not asset("tag:tier!=<null>")
    assert asset("tag:tier!=<null>", tags={"tier": "gold"})


def test_untagged_means_no_tag_of_ones_own():
    assert asset("tag:<null>")
    assert asset("tag:<null>", tags={"dagster/kind/dbt": ""})
    assert not asset("tag:<null>", tags={"team": "ml"})
    assert asset("tag:*", tags={"team": "ml"})
    assert not asset("tag:*", tags={"dagster/kind/dbt": ""})


def test_a_pattern_of_keys_leaves_out_system_keys_unless_it_names_their_prefix():
    tags = {"dagster/kind/dbt": "", ".dagster/x": ""}
    assert not asset("tag:d*", tags=tags)
    assert asset("tag:dagster/kind/*", tags=tags)
    assert not asset("tag:*/x", tags=tags)
    assert asset("tag:.dagster/*", tags=tags)
    assert not asset("tag:*", tags=tags)


def test_kinds_are_read_from_tags():
    assert asset("kind:dbt", tags={"dagster/kind/dbt": ""})
    assert asset("kind:<null>", tags={"team": "ml"})


@pytest.mark.parametrize(
    ("query", "moment", "expected"),
    [
        ("created:>-24h", (2026, 11, 22, 12, 0, 1), True),
        ("created:>-24h", (2026, 11, 22, 12), False),
        ("created:>=-24h", (2026, 11, 22, 12), True),
        ("created:<-1w", (2026, 11, 16, 11), True),
        ("created:>-1h", (2026, 11, 23, 13), True),
        ("created:2026-11-22", (2026, 11, 22, 23, 59), True),
        ("created:2026-11-22", (2026, 11, 23), False),
        ("created:2026-11", (2026, 11, 30, 23), True),
        ("created:2026-11", (2026, 12, 1), False),
        ("created:2026-12", (2026, 12, 31), True),
        ("created:2026", (2027, 1, 1), False),
        ("created:>2026-11-22", (2026, 11, 22, 5), False),
        ("created:>2026-11-22", (2026, 11, 23), True),
        ("created:>=2026-11-22", (2026, 11, 22), True),
        ("created:<2026-11-22", (2026, 11, 21, 23), True),
        ("created:<=2026-11-22", (2026, 11, 22, 23), True),
        ("created:<=2026-11-22", (2026, 11, 23), False),
        ("created:>2026-11-22T10:00", (2026, 11, 22, 10, 0, 30), True),
        ("created:>2026-11-22T10:00", (2026, 11, 22, 10), False),
        ('created:>="2026-11-22T10:00:00+02:00"', (2026, 11, 22, 8), True),
        ("created:<2026-11-22T10:00Z", (2026, 11, 22, 9, 59), True),
        ("created:<=now", (2026, 11, 23, 12), True),
        ("created:!=2026-11-22", (2026, 11, 22, 1), False),
    ],
)
def test_times_are_relative_to_now_or_dates_that_last_their_day(query, moment, expected):
    assert run(query, amounts={"created": at(*moment)}) is expected
    index = InvertedIndex("run")
    index.add("r", amounts={"created": at(*moment)})
    assert ("r" in evaluate_set(parse(query, "run"), index, now=NOW)) is expected


def test_numbers_compare_and_list():
    assert run("priority:>=5", amounts={"priority": 5})
    assert run("priority:-1,2", amounts={"priority": 2})
    assert not run("priority:-1,2", amounts={"priority": 1})
    assert run("priority:!=3")


def test_durations_read_their_units():
    assert parse_duration("1h30m") == 90 * MINUTE
    assert parse_duration("1.5h") == 90 * MINUTE
    assert parse_duration("250ms") == 250_000
    assert parse_duration("1w") == 7 * 24 * HOUR
    for text in ("", "10", "m", "10 m", "-1h", "1y", "999999999999w"):
        assert parse_duration(text) is None


def test_what_is_no_time_is_none():
    for text in ("", "soon", "2026-13", "2026-02-30", "2026-11-01T25:00", "-1y", "0000", "20261101"):
        assert parse_time(text, Micros(0)) is None


def test_a_search_looks_in_key_tags_group_and_owners_whatever_the_case():
    facts = Facts(
        tags={"domain": "Marketing", ".dagster/secret": "x"},
        values={"key": ["daily/orders"], "group": ["core"], "owner": ["team:data"]},
    )
    for found in ("marketing", "DOMAIN", "domain=mark", "orders", "CORE", "team:data", "d*orders"):
        assert matches(parse(f'"{found}"', bare="text"), facts, "asset"), found
    for missed in ("secret", "sales", "orders*daily"):
        assert not matches(parse(f'"{missed}"', bare="text"), facts, "asset"), missed


def test_a_search_finds_runs_by_id():
    assert run("0198", values={"id": ["0198a-77"]})
    assert run("status:running 0198", values={"id": ["0198a-77"], "status": ["running"]})


def test_a_predicate_has_no_graph():
    with pytest.raises(QueryError, match="none here"):
        predicate(parse("a+"), "asset")
    with pytest.raises(QueryError, match="none here"):
        evaluate_set(parse("a or roots()"), InvertedIndex("asset"))


def test_every_state_of_a_run_has_a_word_but_the_one_never_set():
    assert set(WORD_OF_STATUS) == set(DagsterRunStatus) - {DagsterRunStatus.MANAGED}
    assert {STATUS_OF_WORD[word] for word in WORD_OF_STATUS.values()} == set(WORD_OF_STATUS)


def test_every_synonym_stands_for_a_word_of_its_field():
    for table in TABLES.values():
        for field in table.fields.values():
            assert set(field.synonyms.values()) <= set(field.words), (table.thing, field.name)
            assert bool(field.words) == (field.type is FieldType.WORDS), (table.thing, field.name)


def test_an_index_takes_things_that_say_their_own_values():
    index = InvertedIndex("asset")
    index.add_thing(1, Facts({"dagster/kind/dbt": ""}, {"key": ["a"], "group": ["core"]}, {"materialized": 5.0}))
    index.add_thing(2, Facts({"team": "ml"}, {"key": ["b"]}))
    assert evaluate_set(parse("kind:dbt"), index) == {1}
    assert evaluate_set(parse("b"), index) == {2}
    assert evaluate_set(parse("materialized:<null>"), index) == {2}
    assert evaluate_set(parse("group:<null> or group:co*"), index) == {1, 2}
    words = index.vocabulary()
    assert words.tags["team"] == {"ml": 1}
    assert words.values["kind"] == {"dbt": 1}
