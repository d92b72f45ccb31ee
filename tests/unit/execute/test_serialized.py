"""Values of the API as text, and back; pages of lists; interrupts."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import threading
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

import earmark as em


@dataclass(frozen=True)
class Place:
    name: str
    at: em.AssetKey


class Pair(NamedTuple):
    left: int
    right: list[int]


def sample_run() -> em.DagsterRun:
    @em.asset(tags={"team": "core"})
    def orders() -> None:
        return None

    return em.materialize([orders], tags={"team": "core"}).dagster_run


VALUES = [
    None,
    {"a": [1, 2.5, True, None], "b": {"c": "d"}},
    {1: "one", em.AssetKey("a"): "two"},
    {"__class__": "not a class"},
    {1, 2},
    frozenset(["a"]),
    em.AssetKey(["a", "b"]),
    em.AssetCheckKey(em.AssetKey("a"), "check"),
    em.RunRequest("key", {"ops": {}}, {"team": "core"}, asset_selection=[em.AssetKey("a")], partition_key="p"),
    em.SkipReason("nothing"),
    em.DagsterRunStatus.SUCCESS,
    em.PartitionKeyRange("a", "b"),
    em.DataVersion("1"),
    em.RetryPolicy(max_retries=2, delay=1.5, backoff=em.Backoff.LINEAR),
    em.BackfillPolicy.multi_run(3),
    em.AssetMaterialization(
        "a",
        "text",
        {
            "rows": 3,
            "page": em.MetadataValue.url("http://x"),
            "table": em.MetadataValue.table([em.TableRecord({"a": 1})], em.TableSchema([em.TableColumn("a", "int")])),
            "json": {"a": [1]},
            "lineage": em.TableColumnLineage({"a": [em.TableColumnDep("b", "c")]}),
        },
        partition="p",
        tags={"a": "b"},
    ),
    em.AssetObservation("a"),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    back = em.deserialize_value(em.serialize_value(value))
    assert back == value
    assert type(back) is type(value)


def test_a_run_comes_back_as_it_was() -> None:
    run = sample_run()
    assert em.deserialize_value(em.serialize_value(run), em.DagsterRun) == run


def test_classes_of_ones_own_are_named_where_they_are_written_and_where_they_are_read() -> None:
    own = {"Place": Place, "Pair": Pair}
    value = [Place("north", em.AssetKey("a")), Pair(1, [2])]
    text = em.serialize_value(value, own, indent=1)
    assert "\n" in text
    assert em.deserialize_value(text, whitelist_map=own) == value
    with pytest.raises(em.DagsterInvariantViolationError, match=r"names the class 'Place'.*whitelist_map"):
        em.deserialize_value(text)
    with pytest.raises(em.DagsterInvariantViolationError, match=r"the value\[0\].*whitelist_map=\{'Place': Place\}"):
        em.serialize_value(value)


def test_text_that_is_none_of_ours_and_a_value_of_another_class_are_refused() -> None:
    with pytest.raises(em.DagsterInvariantViolationError, match="no text that serialize_value wrote"):
        em.deserialize_value("garbage")
    with pytest.raises(em.DagsterInvariantViolationError, match="holds AssetKey, not RunRequest"):
        em.deserialize_value(em.serialize_value(em.AssetKey("a")), em.RunRequest)
    with pytest.raises(em.DagsterInvariantViolationError, match="does not fit the class as it is now"):
        em.deserialize_value(json.dumps({"__class__": "AssetKey", "paths": ["a"]}))


@pytest.mark.parametrize("ascending", [True, False])
def test_pages_together_are_the_whole_list_in_order(ascending: bool) -> None:
    days = em.DailyPartitionsDefinition("2024-01-01")
    with em.partition_loading_context(dt.datetime(2024, 1, 12, tzinfo=dt.UTC)) as loading:
        found: list[str] = []
        cursor, more = None, True
        while more:
            page = days.get_paginated_partition_keys(loading, 4, ascending, cursor)
            found += page.results
            cursor, more = page.cursor, page.has_more
        keys = days.get_partition_keys(loading.effective_dt)
    assert found == (keys if ascending else keys[::-1])


def test_pages_of_dynamic_partitions_go_on_after_more_were_added_and_refuse_a_place_that_is_gone() -> None:
    with em.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("regions", ["a", "b", "c"])
        first = instance.get_paginated_dynamic_partitions("regions", 2, True)
        instance.add_dynamic_partitions("regions", ["d"])
        assert instance.get_paginated_dynamic_partitions("regions", 2, True, first.cursor).results == ["c", "d"]
        instance.delete_dynamic_partition("regions", "b")
        with pytest.raises(em.DagsterInvalidInvocationError, match="ended at 'b', which is gone"):
            instance.get_paginated_dynamic_partitions("regions", 2, True, first.cursor)
        with pytest.raises(em.DagsterInvalidInvocationError, match="is no cursor of a page"):
            instance.get_paginated_dynamic_partitions("regions", 2, True, "b")
        with pytest.raises(em.DagsterInvalidInvocationError, match="at least one element, not 0"):
            instance.get_paginated_dynamic_partitions("regions", 0, True)


def test_an_interrupt_raises_inside_only_and_threads_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(em.DagsterExecutionInterruptedError), em.raise_execution_interrupts():
        os.kill(os.getpid(), signal.SIGINT)
        signal.pause()
    assert signal.getsignal(signal.SIGINT) is before

    def elsewhere() -> None:
        with em.raise_execution_interrupts():
            done.append(True)

    done: list[bool] = []
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert done == [True]
