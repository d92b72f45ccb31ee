"""What eases the way of older code: adapters of resources and IO managers, and libraries that register themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import earmark as em


class Client(em.ConfigurableResource, em.IAttachDifferentObjectToOpContext):
    url: str

    def get_object_to_set_on_execution_context(self) -> Any:
        return [self.url]


class Report(em.ConfigurableResource):
    client: Client


def test_a_resource_shows_contexts_one_object_made_once_and_is_itself_everywhere_else() -> None:
    seen: list[Any] = []

    @em.op(required_resource_keys={"client"})
    def by_context(context: em.OpExecutionContext) -> None:
        seen.append(context.resources.client)
        assert context.resources.client is seen[-1]

    @em.op
    def by_parameter(client: Client, report: Report) -> None:
        seen.extend([client, report.client])

    partial = Client.configure_at_launch()

    @em.job(resource_defs={"client": partial, "report": Report(client=partial)})
    def both() -> None:
        by_context()
        by_parameter()

    config = {"resources": {"client": {"config": {"url": "db"}}}}
    assert both.execute_in_process(run_config=config).success
    assert ["db"] in seen
    assert [type(one) for one in seen if one != ["db"]] == [Client, Client]


def test_a_sensor_that_asks_by_a_parameter_gets_the_resource_itself() -> None:
    @em.sensor(job_name="any")
    def watch(client: Client) -> em.SkipReason:
        return em.SkipReason(client.url)

    with em.build_sensor_context(resources={"client": Client(url="db")}) as context:
        assert watch(context).skip_message == "db"


def test_an_io_manager_function_behind_a_class_is_torn_down_after_the_run() -> None:
    told: list[str] = []

    @em.io_manager(config_schema={"name": str})
    def written_before(context: em.InitResourceContext) -> Iterator[em.IOManager]:
        told.append(f"open {context.resource_config['name']}")
        yield em.InMemoryIOManager()
        told.append("closed")

    class Memory(em.ConfigurableLegacyIOManagerAdapter):
        name: str

        @property
        def wrapped_io_manager(self) -> em.IOManagerDefinition:
            return written_before

    @em.asset
    def orders() -> int:
        return 1

    assert em.materialize([orders], resources={"io_manager": Memory(name="a")}).success
    assert told == ["open a", "closed"]


def test_an_adapter_whose_fields_do_not_fit_the_function_says_which() -> None:
    @em.io_manager(config_schema={"name": str})
    def written_before(_context: em.InitResourceContext) -> em.IOManager:
        return em.InMemoryIOManager()

    class Memory(em.ConfigurableLegacyIOManagerAdapter):
        nmae: str

        @property
        def wrapped_io_manager(self) -> em.IOManagerDefinition:
            return written_before

    @em.asset
    def orders() -> int:
        return 1

    with pytest.raises(em.DagsterError, match="nmae"):
        em.materialize([orders], resources={"io_manager": Memory(nmae="a")})
