"""What a run is given by where it is asked for."""

from __future__ import annotations

import pytest

import earmark as em


@em.op(tags={"dagster/concurrency_key": "warehouse"})
def load(): ...


@em.op(pool="api", tags={"dagster/concurrency_key": "warehouse"})
def fetch(): ...


@em.job
def nightly():
    load()
    fetch()


@pytest.mark.parametrize(
    ("told", "image"),
    [
        ({"EARMARK_IMAGE": "etl:7", "DAGSTER_CURRENT_IMAGE": "etl:6"}, "etl:7"),
        ({"DAGSTER_CURRENT_IMAGE": "etl:6"}, "etl:6"),
        ({}, None),
    ],
)
def test_the_image_is_the_one_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, str], image: str | None
) -> None:
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    with em.DagsterInstance.ephemeral() as instance:
        run = em.submit_run(nightly, instance, code_location="here")
        assert run.tags.get("dagster/image") == image


def test_the_pool_of_a_step_is_said_by_its_op_or_by_the_tag_and_the_op_wins() -> None:
    assert {step.key: step.pool for step in nightly.plan().steps} == {"load": "warehouse", "fetch": "api"}


def test_what_does_not_fit_is_refused_before_anything_waits() -> None:
    with em.DagsterInstance.ephemeral() as instance:
        with pytest.raises(em.DagsterInvalidConfigError):
            em.submit_run(nightly, instance, code_location="here", run_config={"ops": {"nobody": {}}})
        with pytest.raises(em.DagsterInvalidSubsetError):
            em.submit_run(nightly, instance, code_location="here", op_selection=["nobody"])
        assert instance.store.queue.length() == 0
