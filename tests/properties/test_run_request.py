"""The order in which tags override each other holds for any layers, and origins never lie."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from earmark.runs.request import Again, AskedBy, RunAsk, RunTarget, request_run
from earmark.runs.run import DagsterRun
from earmark.tags.flow import FlowRule, TagFlow
from earmark.tags.system import BACKFILL_FAMILY, NOT_INHERITED
from earmark.values.clock import Micros
from earmark.values.states import DagsterRunStatus

KEYS = ["team", "env", "tier", "owner/name"]
some_tags = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["a", "b", "c"]))
NOW = Micros(1_000_000)


@st.composite
def requests(draw):
    target = RunTarget(
        job_name="etl",
        graph_tags=draw(some_tags),
        job_tags=draw(some_tags),
        asset_tags=(draw(some_tags),),
        flow={key: FlowRule(TagFlow.SAME) for key in draw(st.sets(st.sampled_from(KEYS)))},
        partition_tags=draw(some_tags),
    )
    asked_by = draw(
        st.none() | st.builds(AskedBy, kind=st.sampled_from(["schedule", "sensor"]), name=st.just("n"), tags=some_tags)
    )
    return target, RunAsk(tags=draw(some_tags), request_tags=draw(some_tags), asked_by=asked_by)


def flowing(target):
    tags = target.asset_tags[0]
    return {key: tags[key] for key in target.flow if key in tags and key not in target.job_tags}


def expected(layers):
    found = {}
    for kind, tags in layers:
        found.update({key: (value, kind) for key, value in tags.items()})
    return found


@given(requests())
def test_the_last_layer_that_has_a_key_gives_its_value_and_its_origin(request):
    target, ask = request
    by = ask.asked_by
    layers = [
        ("graph", target.graph_tags),
        ("job", target.job_tags),
        ("asset", flowing(target)),
        ("partition", target.partition_tags),
        (by.kind if by else "", by.tags if by else {}),
        ("run_request", ask.request_tags),
        ("launch", ask.tags),
    ]
    asked = request_run(target, ask, run_id="r", now=NOW)
    own = {key: (value, asked.origins[key].kind) for key, value in asked.tags.items() if key in KEYS}
    assert own == expected(layers)


@given(requests())
def test_every_tag_has_an_origin_and_what_the_system_sets_is_marked_so(request):
    asked = request_run(*request, run_id="r", now=NOW)
    assert asked.tags.keys() == asked.origins.keys()
    for key, origin in asked.origins.items():
        assert (origin.kind == "system") == key.startswith("dagster/")


@given(
    requests(),
    some_tags,
    st.sets(st.sampled_from(sorted(NOT_INHERITED | BACKFILL_FAMILY | {"dagster/run_key"}))),
    st.booleans(),
)
def test_a_re_execution_starts_from_its_parent_instead_of_the_definition(request, parents, provenance, open_backfill):
    target, ask = request
    parent = DagsterRun(
        run_id="p", job_name="etl", tags={**parents, **dict.fromkeys(provenance, "7")}, status=DagsterRunStatus.FAILURE
    )
    ask = RunAsk(tags=ask.tags, again=Again(parent=parent, backfill_open=open_backfill))
    asked = request_run(target, ask, run_id="r", now=NOW)
    assert {key: asked.tags[key] for key in KEYS if key in asked.tags} == {**parents, **ask.tags}
    inherited = {key for key in provenance if asked.tags.get(key) == "7"}
    gone = NOT_INHERITED if open_backfill else NOT_INHERITED | BACKFILL_FAMILY
    assert inherited == provenance - gone
    assert asked.tags["dagster/parent_run_id"] == "p"


@given(requests())
def test_the_same_request_makes_the_same_run(request):
    assert request_run(*request, run_id="r", now=NOW) == request_run(*request, run_id="r", now=NOW)
