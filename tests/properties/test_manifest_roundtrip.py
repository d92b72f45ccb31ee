"""A manifest crosses the wire and comes back equal, whatever public constructors made its specs."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import earmark as em
from earmark.define.assets.asset import asset
from earmark.define.assets.asset_check import asset_check
from earmark.define.assets.asset_job import define_asset_job
from earmark.define.assets.asset_slots import AssetIn, AssetOut
from earmark.define.assets.graph_asset import graph_asset
from earmark.define.assets.multi_asset import multi_asset
from earmark.define.assets.observable_source_asset import observable_source_asset
from earmark.define.assets.source_asset import SourceAsset
from earmark.define.definitions import Definitions
from earmark.define.ops.graph import graph
from earmark.define.ops.job_decorator import job
from earmark.define.ops.op import op
from earmark.define.ops.outputs import AssetCheckResult, DataVersion
from earmark.partitions.grains import DailyPartitionsDefinition
from earmark.partitions.multi_mapping import UserPartitionMapping
from earmark.partitions.static import StaticPartitionsDefinition
from earmark.specs.asset import AssetDep, AssetSpec
from earmark.specs.check import AssetCheckSpec
from earmark.specs.job import JobSpec
from earmark.specs.manifest import Manifest
from earmark.specs.policy import BackfillPolicy, Backoff, Jitter, RetryPolicy
from earmark.specs.schedule import ScheduleSpec
from earmark.specs.sensor import SensorSpec
from earmark.tags.flow import FlowRule, TagFlow
from earmark.values import wire

names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
labels = st.dictionaries(names, st.from_regex(r"[A-Za-z0-9_.\-]{0,10}", fullmatch=True), max_size=3)
texts = st.none() | st.text(max_size=12)
metadata = st.dictionaries(
    st.text(min_size=1, max_size=5),
    st.one_of(st.text(max_size=5), st.integers(-(2**53), 2**53), st.booleans(), st.none(), st.floats(allow_nan=False)),
    max_size=3,
)
partitions = st.sampled_from((None, StaticPartitionsDefinition(["u", "v"]), DailyPartitionsDefinition("2024-01-01")))
policies = st.none() | st.builds(
    RetryPolicy,
    max_retries=st.integers(0, 5),
    delay=st.floats(0, 10),
    backoff=st.none() | st.sampled_from(Backoff),
    jitter=st.none() | st.sampled_from(Jitter),
)
specs = st.builds(
    AssetSpec,
    key=st.lists(names, min_size=1, max_size=3),
    deps=st.lists(names.map(AssetDep), max_size=2, unique_by=lambda dep: dep.asset),
    description=texts,
    metadata=metadata,
    skippable=st.booleans(),
    group_name=st.none() | names,
    code_version=texts,
    owners=st.lists(names.map("team:{}".format), max_size=2),
    tags=labels,
    kinds=st.frozensets(names, max_size=2),
    partitions_def=partitions,
)
checks = st.builds(
    AssetCheckSpec, name=names.map("check_{}".format), asset=names, description=texts, blocking=st.booleans(),
    additional_deps=st.just(["zz/other"]), metadata=metadata, partitions_def=partitions,
)  # fmt: skip
ops = st.builds(
    lambda name, tags, policy, version, pool: op(
        name=f"op_{name}", tags=tags, retry_policy=policy, code_version=version, pool=pool, description=None
    )(lambda: 1),
    names, labels, policies, texts, st.none() | names,
)  # fmt: skip
schedules = st.builds(ScheduleSpec, name=names, cron_schedules=st.just(("0 0 * * *",)), job_name=texts, tags=labels)
sensors = st.builds(SensorSpec, name=names, job_names=st.lists(names, max_size=2).map(tuple), metadata=metadata)


def crossed(manifest: Manifest) -> Manifest:
    return Manifest.decode(manifest.encode())


@given(specs, checks, ops, schedules, sensors, labels, metadata)
def test_any_specs_come_back_equal(asset_spec, check, made_op, schedule, sensor, tags, facts):
    @graph(name="wired", tags=tags)
    def wired():
        made_op()

    computed = asset(key=asset_spec.key, deps=asset_spec.deps, metadata=asset_spec.metadata, tags=asset_spec.tags)
    other = multi_asset(specs=[asset_spec], name="many", backfill_policy=BackfillPolicy.multi_run(3))
    definitions = [computed(lambda: 1) if asset_spec.key not in {d.asset for d in asset_spec.deps} else None]
    manifest = Manifest.of(
        computations=[
            *(one.computation for one in definitions if one is not None),
            asset_check(asset=check.asset, name=check.name, metadata=check.metadata)(lambda: None).computation,
        ],
        jobs=[wired.to_job(tags=tags, metadata=facts).spec, JobSpec("assets", assets=(asset_spec.key,), tags=tags)],
        schedules=[schedule],
        sensors=[sensor],
        tag_flow={"team": FlowRule(TagFlow.MAX)},
        metadata=facts,
    )
    assert crossed(manifest) == manifest
    assert crossed(Manifest.of(computations=[_without_self(other, asset_spec)])).encode()


def _without_self(decorator, spec):
    if spec.partitions_def is None and any(dep.asset == spec.key for dep in spec.deps):
        return asset(name="plain")(lambda: 1).computation
    return decorator(lambda: 1).computation


@op
def one():
    return 1


@op
def add(a, b):
    return a + b


@graph
def inner(x):
    return add(x, [one(), one()])


@asset(ins={"up": AssetIn(metadata={"m": object()})}, metadata={"reader": object(), "n": 1}, check_specs=[
    AssetCheckSpec("c", asset="mart", metadata={"x": object()})])  # fmt: skip
def mart(up):
    return up


@graph_asset
def wired_up():
    return inner(one())


@multi_asset(outs={"x": AssetOut(io_manager_key="io_manager"), "y": AssetOut(is_required=False)}, can_subset=True)
def many(): ...


@observable_source_asset
def seen():
    return DataVersion("1")


@asset_check(asset=mart, blocking=True)
def fine(up):
    return AssetCheckResult(passed=True)


@job(tags={"a": "b"}, run_tags={})
def over_ops():
    inner(one())


def everything() -> Manifest:
    return Definitions(
        [mart, wired_up, many, seen, SourceAsset("up", metadata={"n": 1}), AssetSpec("declared"), fine],
        jobs=[over_ops, define_asset_job("some", "tag:k or mart*", metadata={"o": object()})],
        resources={"db": object()},
        metadata={"team": "growth"},
        tag_flow={"team": {"merge": "union"}},
    ).manifest()


def test_everything_that_definitions_hold_comes_back_equal():
    manifest = everything()
    assert crossed(manifest) == manifest
    assert {job_spec.name for job_spec in manifest.jobs} == {"__ASSET_JOB", "over_ops", "some"}
    assert [resource.key for resource in manifest.resources] == ["db"]


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("computations", 0, "name"), 5),
        (("computations", 0, "assets", 0, "tags"), ["a"]),
        (("computations", 0, "execution_type"), "DREAM"),
        (("jobs", 0, "tags"), {"a": 1}),
        (("tag_flow",), {"team": "best"}),
        (("resources", 0, "key"), None),
    ],
)
def test_data_of_another_shape_is_refused_with_its_path(path, wrong):
    data = msgspec.json.decode(everything().encode())
    place = data
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = wrong
    with pytest.raises(msgspec.ValidationError, match=r"\$\." + path[0]):
        Manifest.decode(msgspec.json.encode(data))


class Yesterday(em.PartitionMapping, frozen=True):
    """A mapping of somebody's own."""

    @property
    def description(self) -> str:
        return "The day before."


class Shifted(em.TimeWindowPartitionMapping, frozen=True):
    """A mapping of somebody's own, made from one that is data."""


@pytest.mark.parametrize("mapping", [Yesterday(), Shifted(start_offset=-1)])
def test_a_mapping_that_only_user_code_can_answer_is_named_where_that_is_not_loaded(mapping) -> None:
    days = em.DailyPartitionsDefinition("2026-01-01")
    specs = [em.AssetSpec("up", partitions_def=days)]
    specs.append(em.AssetSpec("down", partitions_def=days, deps=[em.AssetDep("up", partition_mapping=mapping)]))
    defs = em.Definitions([*specs])
    read = wire.decode(wire.encode(defs.manifest()), Manifest)
    (dep,) = next(spec for one in read.computations for spec in one.assets if spec.key.path == ("down",)).deps
    assert dep.partition_mapping == UserPartitionMapping(type(mapping).__name__, mapping.description)
    assert defs.resolve_asset_graph().get(em.AssetKey("down")).partition_mappings[em.AssetKey("up")] is mapping
