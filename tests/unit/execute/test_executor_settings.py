"""Executors that were configured: by a dict, by a function, under another name."""

from __future__ import annotations

import pytest

import earmark as em
from earmark.execute.executors import Forked, executor_for, in_process


def test_an_executor_is_configured_by_a_function_of_another_configuration() -> None:
    sized = em.multiprocess_executor.configured(
        lambda given: {"max_concurrent": {"small": 2, "large": 8}[given["size"]]},
        name="sized",
        config_schema={"size": em.Field(str, default_value="small")},
    )
    assert sized.settings({})["max_concurrent"] == 2
    assert sized.settings({"config": {"size": "large"}})["max_concurrent"] == 8
    assert isinstance(executor_for(sized, {}), Forked)
    with pytest.raises(em.DagsterInvalidConfigError, match="siez"):
        sized.settings({"config": {"siez": "large"}})


def test_what_a_function_returns_has_to_fit_the_executor() -> None:
    wrong = em.multiprocess_executor.configured(lambda _given: {"max_concurrent": "many"}, name="wrong")
    with pytest.raises(em.DagsterInvalidConfigError, match="max_concurrent"):
        wrong.settings({})


def test_a_schema_without_a_function_is_refused() -> None:
    with pytest.raises(em.DagsterInvalidDefinitionError, match="beside a function"):
        em.multiprocess_executor.configured({"max_concurrent": 2}, config_schema={"size": str})


def test_an_executor_under_another_name_executes_as_before() -> None:
    assert executor_for(em.in_process_executor.configured({}, name="mine"), {}) is in_process


def test_the_default_executor_heeds_what_it_was_configured_with() -> None:
    configured = em.multi_or_in_process_executor.configured({"in_process": {}})
    assert executor_for(configured, {}) is in_process
    two = executor_for(em.multi_or_in_process_executor.configured({"multiprocess": {"max_concurrent": 2}}), {})
    assert isinstance(two, Forked) and two._max_concurrent == 2
