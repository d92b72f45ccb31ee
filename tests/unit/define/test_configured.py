"""Ops and graphs that are configured in advance."""

from __future__ import annotations

from typing import Any

import pytest

import earmark as em
from earmark.values.errors import DagsterInvalidConfigError, DagsterInvalidDefinitionError


class Greeting(em.Config):
    word: str
    times: int = 1


@em.op(config_schema={"word": str, "times": int}, tags={"team": "ml"})
def repeat(context: em.OpExecutionContext) -> str:
    return str(context.op_config["word"]) * int(context.op_config["times"])


@em.op
def greet(config: Greeting) -> str:
    return config.word * config.times


def result_of(node: Any, run_config: Any = None) -> Any:
    @em.job
    def wrapping() -> None:
        node()

    return wrapping.execute_in_process(run_config=run_config).output_for_node(node.name)


@pytest.mark.parametrize("op", [repeat, greet])
def test_an_op_that_is_configured_with_a_dict_needs_no_configuration_any_more(op: em.OpDefinition) -> None:
    twice = em.configured(op, name="twice")({"word": "ho", "times": 2})
    assert (twice.name, twice.tags, op.name != "twice") == ("twice", op.tags, True)
    assert result_of(twice) == "hoho"


@pytest.mark.parametrize("op", [repeat, greet])
def test_an_op_that_is_configured_by_a_function_takes_what_the_function_takes(op: em.OpDefinition) -> None:
    @em.configured(op, config_schema={"count": int})
    def counted(config: Any) -> dict[str, Any]:
        return {"word": "ha", "times": config["count"]}

    assert result_of(counted, {"ops": {"counted": {"config": {"count": 3}}}}) == "hahaha"
    with pytest.raises(DagsterInvalidConfigError, match="count"):
        result_of(counted, {"ops": {"counted": {"config": {"word": "x"}}}})


def test_a_graph_passes_what_it_is_configured_with_through_its_own_mapping() -> None:
    @em.graph(
        config=em.ConfigMapping(lambda word: {"greet": {"config": {"word": word, "times": 2}}}, config_schema=str)
    )
    def greeting():  # type: ignore[no-untyped-def]
        return greet()

    assert greeting.configured("hi", name="fixed").to_job().execute_in_process().output_for_node("greet") == "hihi"
    loud = greeting.configured(lambda config: config["word"].upper(), name="loud", config_schema={"word": str})
    assert result_of(loud, {"ops": {"loud": {"config": {"word": "hi"}}}}) == "HIHI"


def test_a_job_of_a_graph_with_a_mapping_takes_the_configuration_of_the_graph() -> None:
    @em.graph(config=em.ConfigMapping(lambda word: {"greet": {"config": {"word": word}}}, config_schema=str))
    def greeting():  # type: ignore[no-untyped-def]
        return greet()

    made = greeting.to_job()
    assert made.execute_in_process({"ops": {"config": "hi"}}).output_for_node("greet") == "hi"
    with pytest.raises(DagsterInvalidConfigError, match=r'Missing required config entry "config" at root:ops'):
        made.execute_in_process()
    with pytest.raises(DagsterInvalidConfigError, match='unexpected config entry "greet"'):
        made.execute_in_process({"ops": {"greet": {"config": {"word": "hi"}}}})


def test_a_job_says_which_configuration_its_mapping_takes() -> None:
    mapping = em.ConfigMapping(lambda value: {"ops": {"greet": {"config": value}}}, config_schema={"word": str})

    @em.job(config=mapping)
    def greeting() -> None:
        greet()

    assert greeting.spec.config_schema == mapping.spec
    assert greeting.execute_in_process({"word": "hi"}).output_for_node("greet") == "hi"


def test_a_graph_without_a_mapping_has_nothing_to_configure() -> None:
    @em.graph
    def plain():  # type: ignore[no-untyped-def]
        return greet()

    with pytest.raises(DagsterInvalidDefinitionError, match="no configuration of its own"):
        plain.configured({})
