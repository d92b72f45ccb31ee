"""Reading and printing queries."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from earmark.partitions import PartitionsDefinition
from earmark.tags.query import (
    ALL_STEPS,
    NOTHING,
    Absent,
    All,
    And,
    Comparison,
    Exact,
    Glob,
    Key,
    Node,
    Not,
    Or,
    Roots,
    Sinks,
    Term,
    Text,
    Traversal,
    all_of,
    any_of,
    needs_graph,
    parse,
    unparse,
)
from earmark.tags.query.build import build
from earmark.tags.query.fields import ASSETS, TABLES
from earmark.values.errors import DagsterInvariantViolationError, QueryError
from earmark.values.wire import decode, encode


def tag(key, *values, comparison=Comparison.EQ):
    return Term("tag", tuple(Exact(value) for value in values), comparison, Exact(key))


def field(name, *values, comparison=Comparison.EQ):
    return Term(name, tuple(Exact(value) for value in values), comparison)


def key(*names):
    return Key(tuple(Exact(name) for name in names))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("*", All()),
        ("a", key("a")),
        ("daily/report", key("daily/report")),
        ("a,b", key("a", "b")),
        ('"a b"', key("a b")),
        ('"and"', key("and")),
        ("tag:team", tag("team")),
        ("tag:team=ml", tag("team", "ml")),
        ('tag:"k"="v"', tag("k", "v")),
        ('tag:k=""', tag("k", "")),
        ("tag:k=a=b", tag("k", "a=b")),
        ("tag:tier=gold,silver", tag("tier", "gold", "silver")),
        ("tag:tier!=gold,silver", tag("tier", "gold", "silver", comparison=Comparison.NE)),
        ("tag:a,b", Or((tag("a"), tag("b")))),
        ("tag:<null>", Term("tag", key=Absent())),
        ("tag:k=<null>", Term("tag", (Absent(),), key=Exact("k"))),
        ("tag:k=<NULL>", Term("tag", (Absent(),), key=Exact("k"))),
        ('tag:k="<null>"', tag("k", "<null>")),
        ("tag:dagster/kind/dbt", tag("dagster/kind/dbt")),
        ("tag:te*=m*", Term("tag", (Glob("m*"),), key=Glob("te*"))),
        (r'tag:k="a\*b\"c\\"', tag("k", 'a*b"c\\')),
        ("owner:team:data", field("owner", "team:data")),
        ("kind:<null>", Term("kind", (Absent(),))),
        ("KEY:a", field("key", "a")),
        ("group:!=core", field("group", "core", comparison=Comparison.NE)),
        ("text:mar*", Text((Glob("mar*"),))),
        ("text:!=a", Not(Text((Exact("a"),)))),
    ],
)
def test_a_term_reads_as_what_it_says(text, tree):
    assert parse(text) == tree
    assert parse(unparse(tree)) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a and b or c", Or((And((key("a"), key("b"))), key("c")))),
        ("a b or c d", Or((And((key("a"), key("b"))), And((key("c"), key("d")))))),
        ("not a b", And((Not(key("a")), key("b")))),
        ("NOT a OR b AND c", Or((Not(key("a")), And((key("b"), key("c")))))),
        ("a -b", And((key("a"), Not(key("b"))))),
        ("-tag:tier", Not(tag("tier"))),
        ("-(a or b)", Not(Or((key("a"), key("b"))))),
        ("not not a", Not(Not(key("a")))),
        ("not(a)", Not(key("a"))),
        ("  ( a )  ", key("a")),
        ("(a b) c", And((And((key("a"), key("b"))), key("c")))),
        ("a b c", And((key("a"), key("b"), key("c")))),
        ("a\n  or\tb", Or((key("a"), key("b")))),
        ("not a+", Not(Traversal(key("a"), down=1))),
    ],
)
def test_not_binds_closest_then_and_then_or(text, tree):
    assert parse(text) == tree
    assert parse(unparse(tree)) == tree


@pytest.mark.parametrize(
    ("text", "up", "down"),
    [
        ("a+", 0, 1),
        ("a++", 0, 2),
        ("a*", 0, ALL_STEPS),
        ("*a", ALL_STEPS, 0),
        ("*a+", ALL_STEPS, 1),
        ("+a", 1, 0),
        ("++a", 2, 0),
        ("*a*", ALL_STEPS, ALL_STEPS),
        ("2+a", 2, 0),
        ("a+17", 0, 17),
    ],
)
def test_classic_bare_forms_keep_their_meaning(text, up, down):
    assert parse(text) == Traversal(key("a"), up, down)
    assert parse(unparse(parse(text))) == parse(text)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("key:a+", Traversal(field("key", "a"), down=ALL_STEPS)),
        ("+key:a", Traversal(field("key", "a"), up=ALL_STEPS)),
        ("2+key:x+1", Traversal(field("key", "x"), 2, 1)),
        ('key:"raw_*"+', Traversal(Term("key", (Glob("raw_*"),)), down=ALL_STEPS)),
        ('+key:"daily/report"', Traversal(field("key", "daily/report"), up=ALL_STEPS)),
        ("(a or b)+", Traversal(Or((key("a"), key("b"))), down=ALL_STEPS)),
        ("+(tag:x)+2", Traversal(tag("x"), ALL_STEPS, 2)),
        ("(a+)+", Traversal(Traversal(key("a"), down=1), down=ALL_STEPS)),
        ("roots()", Roots(All())),
        ("sinks(tag:x or a)", Sinks(Or((tag("x"), key("a"))))),
        ("ROOTS(*)+1", Traversal(Roots(All()), down=1)),
        ("a+ +b", And((Traversal(key("a"), down=1), Traversal(key("b"), up=1)))),
        ("a,b+", Traversal(key("a", "b"), down=1)),
        ("0+key:a", field("key", "a")),
        ('"2"+5', Traversal(key("2"), down=5)),
        ("2+", Traversal(key("2"), down=1)),
    ],
)
def test_a_plus_belongs_to_the_term_it_touches(text, tree):
    assert parse(text) == tree
    assert parse(unparse(tree)) == tree


def test_a_number_as_a_key_prints_so_that_it_is_not_read_as_a_count():
    tree = Traversal(key("2"), down=5)
    assert unparse(tree) == '"2"+5'


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("a+b", 1, "touches two terms"),
        ("a+(b)", 1, "touches two terms"),
        ("a + b", 2, "touches no term"),
        ("a +", 2, "touches no term"),
        ("+", 0, "touches no term"),
        ("2++a", 2, "a number or several"),
        ("a++3", 3, "a number or several"),
        ("a+1b", 3, "'b' cannot follow a +"),
        ("*key:a", 0, "needs a bare key"),
        ("a*b", 1, "key to the letter"),
        ("- a", 0, "touches no term"),
        ("", 0, "selection is empty"),
        ("   ", 0, "selection is empty"),
        ("a and", 5, "ends too early"),
        ("and a", 0, "'and' cannot stand here"),
        ("a or or b", 5, "'or' cannot stand here"),
        ("(a", 2, "ends too early"),
        ("a)", 1, "closes none"),
        ("()", 1, "')' cannot stand here"),
        ("(a)(b)", 3, "without a space"),
        ("tag:", 4, "ends too early"),
        ("tag:k=", 6, "ends too early"),
        ("tag: k", 4, "space inside a term"),
        ("tag:k= v", 6, "space inside a term"),
        ("tag:k=a, b", 8, "space inside a term"),
        ("tag:a,b=c", 7, "'=' cannot stand here"),
        ("tag:<null>=x", 10, "there are no tags"),
        ("a,", 2, "ends too early"),
        ("tag:k=(a)", 6, "cannot stand here"),
        ('tag:k="a', 8, "not closed"),
        ("'a'", 0, "double"),
        ("team=ml", 4, "cannot follow a bare word"),
        ("group=core", 5, "followed by a colon"),
        ("tga:k=v", 0, "Did you mean 'tag'"),
        ("root(a)", 0, "Did you mean 'roots'"),
        ("status:faild", 7, "Did you mean 'failed'"),
        ("status:x*", 7, "no status 'x*'"),
        ("group:>core", 6, "is no time, duration or number"),
        ("materialized:>soon", 14, "is not a time"),
        ("materialized:-24h", 13, "Nothing is exactly"),
        ("materialized:2026-*", 13, "takes no pattern"),
        ("materialized:>-1h,-2h", 18, "takes one value"),
        ("materialized:><null>", 14, "Nothing is > <null>"),
        ("text:<null>", 5, "needs a word"),
        ("group:=a", 6, "cannot begin with '='"),
    ],
)
def test_an_error_points_at_the_character_and_says_what_it_is(text, position, words):
    with pytest.raises(QueryError) as caught:
        parse(text)
    message = str(caught.value)
    assert words in message
    assert caught.value.facts["position"] == position
    assert caught.value.facts["text"] == text
    shown, caret = message.splitlines()[1:3]
    assert caret.index("^") - 2 == position
    assert shown[2:] == text


@pytest.mark.parametrize(
    ("thing", "text", "near"),
    [
        ("run", "status:sucess", "'succeeded'"),
        ("run", "status:on", ""),
        ("run", "reason:step_failur", "'STEP_FAILURE'"),
        ("backfill", "status:complete", "'succeeded'"),
        ("backfill", "status:pausd", "'paused'"),
        ("tick", "status:faild", "'failed'"),
        ("tick", "type:shedule", "'schedule'"),
        ("automation", "status:of", "'stopped'"),
        ("automation", "tick:skiped", "'skipped'"),
        ("asset", "status:materialised", "'materialized'"),
        ("asset", "partitions:dayly", "'daily'"),
    ],
)
def test_a_word_that_a_field_never_takes_is_refused_with_the_nearest_that_it_does(thing, text, near):
    with pytest.raises(QueryError) as caught:
        parse(text, thing)
    field = text.partition(":")[0]
    assert caught.value.facts["expected"] == [f"one of {', '.join(TABLES[thing].fields[field].words)}"]
    assert ("Did you mean" in str(caught.value)) is bool(near)
    assert near in str(caught.value).splitlines()[0]


@pytest.mark.parametrize(
    ("thing", "text", "meant"),
    [
        ("run", "status:SUCCESS,STARTED", "status:succeeded,running"),
        ("run", "reason:run_*", "reason:RUN_*"),
        ("run", "reason:step_failure", "reason:STEP_FAILURE"),
        ("backfill", "status:REQUESTED,COMPLETED_SUCCESS", "status:queued,succeeded"),
        ("tick", "status:FAILURE", "status:failed"),
        ("automation", "status:on tick:SUCCESS", "status:running and tick:succeeded"),
    ],
)
def test_other_spellings_of_a_state_stand_for_its_one_word(thing, text, meant):
    assert unparse(parse(text, thing)) == meant


def test_the_kinds_of_partitions_that_queries_take_are_those_there_are():
    def kinds(of):
        return {sub.__struct_config__.tag for sub in of.__subclasses__()}.union(
            *(kinds(sub) for sub in of.__subclasses__())
        )

    assert set(TABLES["asset"].fields["partitions"].words) == kinds(PartitionsDefinition)


def test_an_error_says_what_was_expected():
    with pytest.raises(QueryError) as caught:
        parse("tag:team=ml and (group:core")
    assert caught.value.facts["expected"] == ["a closing parenthesis"]
    with pytest.raises(QueryError) as caught:
        parse("tag:k=")
    assert caught.value.facts["expected"] == ["a value"]
    assert 'tag:k="" is the empty value' in str(caught.value)
    with pytest.raises(QueryError, match="one of the fields code_location, group"):
        parse("colour:red")


def test_the_earlier_of_two_faults_is_told():
    with pytest.raises(QueryError) as caught:
        parse("and a + b")
    assert caught.value.facts["position"] == 0


def test_an_error_in_a_long_query_shows_the_part_around_it():
    with pytest.raises(QueryError) as caught:
        parse("group:core or " * 40 + "= or " + "a or " * 100 + "b")
    shown, caret = str(caught.value).splitlines()[1:3]
    assert len(shown) < 140
    assert shown[caret.index("^")] == "="


def test_an_error_on_a_later_line_shows_that_line():
    with pytest.raises(QueryError) as caught:
        parse("group:core\nor tga:x")
    assert str(caught.value).splitlines()[1:3] == ["  or tga:x", "     ^"]


def test_a_query_that_nests_too_deep_is_refused_and_not_a_crash():
    for text in ("(" * 3000 + "a" + ")" * 3000, "not " * 3000 + "a", "-" * 3000 + "a"):
        with pytest.raises(QueryError, match="nests deeper"):
            parse(text)
    assert parse("(" * 90 + "a" + ")" * 90) == key("a")


def test_a_query_that_is_too_long_is_refused():
    with pytest.raises(QueryError, match="more than 100000"):
        parse("a" * 100_001)


def test_a_list_of_strings_is_or():
    assert parse(["a+", "tag:x"]) == Or((Traversal(key("a"), down=1), tag("x")))
    assert parse(["a"]) == key("a")
    assert parse([]) == NOTHING
    assert unparse(NOTHING) == "not *"


def test_an_empty_filter_bar_shows_everything_but_an_empty_selection_is_an_error():
    assert parse("", "run", "text") == All()
    assert parse("  ", "run", "text") == All()


def test_a_bare_word_is_a_search_in_a_filter_bar():
    assert parse("marketing", bare="text") == Text((Exact("marketing"),))
    assert parse("foo* c++", "run", "text") == And((Text((Glob("foo*"),)), Text((Exact("c++"),))))


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("queued", "queued"),
        ("RUNNING", "running"),
        ("STARTED", "running"),
        ("SUCCESS", "succeeded"),
        ("FAILURE", "failed"),
        ("failed", "failed"),
        ("Cancelled", "canceled"),
        ("CANCELING", "canceling"),
        ("STARTING", "starting"),
        ("NOT_STARTED", "not_started"),
    ],
)
def test_status_words_and_their_synonyms_are_one(written, word):
    assert parse(f"status:{written}", "run") == field("status", word)


def test_things_without_a_graph_have_no_traversals():
    with pytest.raises(QueryError, match="needs a graph"):
        parse("roots()", "run", "text")
    assert parse("job:a+", "run") == field("job", "a+")
    assert not needs_graph(parse("tag:a or (b and -c)"))
    assert needs_graph(parse("tag:a or (b and -c+)"))


def test_the_example_of_the_runs_page_reads():
    tree = parse("status:failed job:etl_* tag:team=ml created:>-24h duration:>10m partition:2026-11-*", "run", "text")
    assert unparse(tree, "text") == (
        "status:failed and job:etl_* and tag:team=ml and created:>-24h and duration:>10m and partition:2026-11-*"
    )


def test_words_of_the_other_sort_print_with_their_field():
    assert unparse(Text((Exact("a"),))) == "text:a"
    assert unparse(Traversal(Text((Exact("a"),)), down=1)) == "text:a+1"
    assert unparse(key("a"), bare="text") == "key:a"


def test_an_unknown_kind_of_thing_is_refused():
    with pytest.raises(DagsterInvariantViolationError, match="Did you mean 'asset'"):
        parse("a", "aset")


def test_trees_cross_the_wire():
    tree = parse("(+a or -tag:k!=x,<null>) roots(materialized:>-2h) 3+key:b* *")
    assert decode(encode(tree), Node) == tree
    assert parse("a") is parse("a")


def test_a_tree_that_means_nothing_cannot_be_made():
    with pytest.raises(ValueError, match="two or more"):
        And((All(),))
    with pytest.raises(ValueError, match="at least one direction"):
        Traversal(All())
    with pytest.raises((AttributeError, TypeError)):
        key("a").names = ()
    assert all_of([]) == All()
    assert all_of([key("a"), And((key("b"), key("c")))]) == And((key("a"), key("b"), key("c")))
    assert any_of([key("a")]) == key("a")
    assert isinstance(msgspec.to_builtins(any_of([key("a"), key("b")])), dict)


def test_queries_of_one_term_load_no_parser():
    code = (
        "import sys; from earmark.tags.query import parse\n"
        "from earmark.tags.query.evaluate import evaluate_set\n"
        "from earmark.tags.query.complete import complete\n"
        "for text in ('*', 'a', 'tag:k=v', 'tag:k', 'group:core'): parse(text)\n"
        "assert 'lark' not in sys.modules\n"
        "parse('a or b'); assert 'lark' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("word", ["a", "daily/report", "raw_a", "2", "ANDES", "and", "NOT"])
@pytest.mark.parametrize("bare", ["key", "text"])
def test_the_short_way_for_a_plain_word_reads_what_the_long_way_reads(word, bare):
    def outcome(read):
        try:
            return read()
        except QueryError as error:
            return str(error)

    assert outcome(lambda: parse(word, bare=bare)) == outcome(lambda: build(word, ASSETS, bare == "key"))
