"""Resources: set up in the order they need each other, torn down in reverse, configured by class, Python and run."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.define.config.env import EnvVar
from earmark.define.config.run_config import RunConfig
from earmark.define.resources.configurable_io import ConfigurableIOManager, ConfigurableIOManagerFactory
from earmark.define.resources.configurable_resource import (
    ConfigurableResource,
    ConfigurableResourceFactory,
    ResourceDependency,
)
from earmark.define.resources.io import IOManager
from earmark.define.resources.resource_context import InitResourceContext, Resources
from earmark.define.resources.resource_definition import (
    ResourceDefinition,
    as_resource_definition,
    make_values_resource,
    resource,
)
from earmark.define.resources.resources import (
    ResourceRun,
    build_init_resource_context,
    build_resources,
    initialized_resources,
    setup_order,
)
from earmark.specs.resource import ResourceSpec
from earmark.values import wire
from earmark.values.errors import (
    DagsterInvalidConfigError,
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    DagsterInvariantViolationError,
    DagsterResourceFunctionError,
    DagsterUnknownResourceError,
)


def used(given_resource: Any, config: Any = None, read: Callable[[Any], Any] = lambda made: made, **more: Any) -> Any:
    """Set up one resource as an op would need it, and return what ``read`` sees of it."""
    run_config = {} if config is None else {"k": {"config": config}}
    with initialized_resources({"k": given_resource, **more}, {"k": "op 'z'"}, run_config) as made:
        return read(made.k)


class Log(ConfigurableResource):
    name: str
    said: ResourceDependency[list[str]]

    def setup_for_execution(self, context: InitResourceContext) -> None:
        self.said.append(f"up {self.name}")
        self._is_open = True

    def teardown_after_execution(self, context: InitResourceContext) -> None:
        self.said.append(f"down {self.name} {self._is_open}")


class Pool(ConfigurableResource):
    databases: list[ConfigurableResource]


class Database(ConfigurableResource):
    url: str
    port: int = 1


class Service(ConfigurableResource):
    database: Database
    fallback: Database | None = None
    client: ResourceDependency[Any]


# Order ------------------------------------------------------------------------------------------------------------


def test_resources_are_set_up_after_those_they_need_and_torn_down_in_reverse() -> None:
    said: list[str] = []

    def one(name: str, *needs: str) -> ResourceDefinition:
        def make(context: InitResourceContext) -> Iterator[str]:
            said.append(f"up {name} with {sorted(context.resources._asdict())}")
            yield name
            said.append(f"down {name}")

        return ResourceDefinition(make, required_resource_keys=set(needs))

    given_resources = {"a": one("a", "b", "c"), "b": one("b", "c"), "c": one("c"), "unneeded": one("unneeded")}
    with initialized_resources(given_resources, {"a": "op 'x'"}) as made:
        assert made.a == "a"
        assert "unneeded" not in made
    assert said == ["up c with []", "up b with ['c']", "up a with ['b', 'c']", "down a", "down b", "down c"]


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda edge: edge[0] > edge[1])))
def test_any_needs_without_a_circle_have_an_order_in_which_each_comes_after_its_needs(
    edges: list[tuple[int, int]],
) -> None:
    needs: dict[str, set[str]] = {str(key): set() for key in range(8)}
    for above, below in edges:
        needs[str(above)].add(str(below))
    given_resources = {key: ResourceDefinition(lambda: 1, required_resource_keys=below) for key, below in needs.items()}
    order = setup_order(given_resources, dict.fromkeys(given_resources, "a test"))
    assert sorted(order) == sorted(needs)
    assert all(order.index(below) < order.index(key) for key in needs for below in needs[key])


def test_a_circle_is_refused_and_shown() -> None:
    definitions = {
        "a": ResourceDefinition(lambda: 1, required_resource_keys={"b"}),
        "b": ResourceDefinition(lambda: 1, required_resource_keys={"a"}),
    }
    with pytest.raises(DagsterInvariantViolationError, match="depends on itself: a -> b -> a"):
        setup_order(definitions, {"a": "op 'x'"})


def test_a_missing_resource_names_who_needs_it_and_what_was_meant() -> None:
    needy = ResourceDefinition(lambda: 1, required_resource_keys={"databse"})
    with pytest.raises(DagsterInvalidDefinitionError) as caught:
        setup_order({"k": needy, "database": 1}, {"k": "op 'z'"})
    assert "resource with key 'databse' required by resource with key 'k' was not provided" in str(caught.value)
    assert "Did you mean 'database'?" in str(caught.value)
    with pytest.raises(DagsterInvalidDefinitionError, match="required by op 'z'"):
        setup_order({}, {"k": "op 'z'"})


# Life -------------------------------------------------------------------------------------------------------------


def test_a_setup_that_raises_tears_down_those_before_it_and_keeps_its_cause() -> None:
    said: list[str] = []

    class Broken(Log):
        def setup_for_execution(self, context: InitResourceContext) -> None:
            raise ValueError("cannot connect")

    given_resources = {"a": Log(name="a", said=said), "b": Broken(name="b", said=said), "c": Log(name="c", said=said)}
    with (
        pytest.raises(DagsterResourceFunctionError, match="b: ValueError: cannot connect") as caught,
        initialized_resources(given_resources, dict.fromkeys("abc", "op 'z'")),
    ):
        raise AssertionError("the run must not begin")
    assert isinstance(caught.value.user_exception, ValueError)
    assert said == ["up a", "down a True"]


def test_a_run_that_fails_still_tears_down_and_keeps_its_own_error() -> None:
    said: list[str] = []
    with pytest.raises(KeyError), initialized_resources({"a": Log(name="a", said=said)}, {"a": "op 'z'"}):
        raise KeyError("the op's own")
    assert said == ["up a", "down a True"]


def test_a_teardown_that_raises_is_reported_and_the_others_still_happen() -> None:
    said: list[str] = []

    class Leaky(Log):
        def teardown_after_execution(self, context: InitResourceContext) -> None:
            raise ValueError("cannot close")

    faults: list[tuple[str, str]] = []
    given_resources = {"a": Log(name="a", said=said), "b": Leaky(name="b", said=said)}
    with initialized_resources(
        given_resources,
        dict.fromkeys("ab", "op 'z'"),
        on_teardown_fault=lambda key, error: faults.append((key, str(error))),
    ):
        pass
    assert faults == [("b", "cannot close")]
    assert said == ["up a", "up b", "down a True"]


def test_a_teardown_that_raises_is_logged_where_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    @resource
    def leaky() -> Iterator[int]:
        yield 1
        raise ValueError("cannot close")

    with caplog.at_level(logging.ERROR):
        assert used(leaky) == 1
    assert "tearing down the resource 'k': ValueError: cannot close" in caplog.text


def test_generators_and_context_managers_clean_up_after_the_run() -> None:
    said: list[str] = []

    @resource
    def generator(_context: Any) -> Iterator[str]:
        try:
            yield "generator"
        finally:
            said.append("generator closed")

    @resource
    @contextlib.contextmanager
    def manager() -> Iterator[str]:
        yield "manager"
        said.append("manager closed")

    with build_resources({"g": generator, "m": manager}) as made:
        assert (made.g, made.m, said) == ("generator", "manager", [])
    assert said == ["manager closed", "generator closed"]


def test_a_generator_that_yields_nothing_is_refused() -> None:
    @resource
    def silent() -> Iterator[int]:
        yield from ()

    with pytest.raises(DagsterInvariantViolationError, match="Resource generator k must yield one item"):
        used(silent)


def test_a_resource_that_is_a_context_manager_or_an_iterator_itself_stays_as_it_is() -> None:
    lock, numbers = contextlib.nullcontext(5), iter([1])
    assert used(lock) is lock
    assert used(numbers) is numbers
    assert used(resource(lambda: lock)) is lock


# Functions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "config", "made"),
    [
        (ResourceDefinition.string_resource(), "hello", "hello"),
        (ResourceDefinition.none_resource(), None, None),
        (ResourceDefinition.hardcoded_resource(6), None, 6),
        (make_values_resource(a=int, b=str), {"a": 1, "b": "x"}, {"a": 1, "b": "x"}),
        (make_values_resource(), {"q": 1}, {"q": 1}),
        (resource(lambda: 5), None, 5),
        (resource(lambda _context: 6), None, 6),
        (resource(config_schema={"q": int})(lambda context: context.resource_config), {"q": 2}, {"q": 2}),
        (None, None, None),
        (Database, None, Database),
    ],
)
def test_anything_may_be_a_resource(definition: Any, config: Any, made: Any) -> None:
    assert used(definition, config) == made


def test_a_mock_resource_takes_any_call() -> None:
    assert used(ResourceDefinition.mock_resource(), read=lambda mock: mock.query.call_count) == 0


def test_configuration_that_does_not_fit_names_the_resource() -> None:
    strict = resource(config_schema={"q": int})(lambda context: context.resource_config)
    with pytest.raises(DagsterInvalidConfigError, match="path root:resources:k:config:q"):
        used(strict, {"q": "s"})
    with pytest.raises(DagsterInvalidConfigError, match=r"\{'config': \{'q': 0\}\}"):
        used(strict)


def test_a_resource_function_can_be_called_in_a_test() -> None:
    @resource(config_schema={"a": int})
    def one(context: InitResourceContext) -> int:
        return int(context.resource_config["a"] + context.resources.z)

    assert one(build_init_resource_context(config={"a": 3}, resources={"z": 2})) == 5
    with pytest.raises(DagsterInvalidInvocationError, match="no context was provided"):
        one()
    with pytest.raises(DagsterInvalidInvocationError, match="build_init_resource_context"):
        one(None)
    with pytest.raises(DagsterInvalidConfigError):
        one(build_init_resource_context())


def test_a_resource_function_takes_a_context_or_nothing() -> None:
    with pytest.raises(DagsterInvalidDefinitionError, match="needs a, b"):
        resource(lambda a, b: 1)
    with pytest.raises(DagsterInvalidDefinitionError, match="required_resource_keys"):
        ResourceDefinition(lambda: 1, required_resource_keys="db")  # type: ignore[arg-type]
    with pytest.raises(DagsterInvalidDefinitionError):
        ResourceDefinition(5)  # type: ignore[arg-type]


def test_an_unknown_resource_names_those_there_are() -> None:
    resources = Resources({"database": 1}, "op 'clean'")
    with pytest.raises(DagsterUnknownResourceError, match=r"op 'clean'.*Did you mean 'database'") as caught:
        _ = resources.databse
    assert __file__ in str(caught.value)
    assert resources._only(["database"])._asdict() == {"database": 1}
    with pytest.raises(DagsterUnknownResourceError):
        _ = resources._only([]).database


# Classes ----------------------------------------------------------------------------------------------------------


def test_run_config_overrides_what_python_gave() -> None:
    database = Database(url="u")
    assert used(database) == Database(url="u")
    assert used(database, {"port": 5}) == Database(url="u", port=5)
    assert database == Database(url="u")
    with pytest.raises(DagsterInvalidConfigError, match="unexpected config entry"):
        used(database, {"prot": 5})


def test_a_resource_configured_at_launch_needs_the_rest_from_run_config() -> None:
    partial = Database.configure_at_launch(port=3)
    assert used(partial, {"url": "u"}) == Database(url="u", port=3)
    with pytest.raises(DagsterInvalidConfigError, match=r"\{'config': \{'url': '...'\}\}"):
        used(partial)


def test_environment_variables_are_read_when_the_resource_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(url=EnvVar("DB_URL"), port=EnvVar.int("DB_PORT"))
    monkeypatch.delenv("DB_URL", raising=False)
    monkeypatch.setenv("DB_PORT", "x")
    with pytest.raises(DagsterInvalidConfigError, match=r"DB_URL.*not set"):
        used(database)
    monkeypatch.setenv("DB_URL", "http")
    with pytest.raises(DagsterInvalidConfigError, match=r"DB_PORT.*cannot be coerced into an int"):
        used(database)
    monkeypatch.setenv("DB_PORT", "8")
    assert used(database) == Database(url="http", port=8)
    assert used(Service(database=database, client=1), read=lambda made: made.database) == Database(url="http", port=8)
    assert database.process_config_and_initialize() == Database(url="http", port=8)


def test_a_value_that_is_no_json_reaches_the_run_as_it_is() -> None:
    class Holder(ConfigurableResource):
        client: Any = None
        limits: dict[str, int] = pydantic.Field(default_factory=dict)

    client = object()
    assert used(Holder(client=client, limits={"a": 1}), read=lambda made: (made.client is client, made.limits)) == (
        True,
        {"a": 1},
    )


def test_resources_within_a_resource_are_set_up_before_it_and_torn_down_after() -> None:
    said: list[str] = []

    class Outer(ConfigurableResource):
        inner: Log

        @contextlib.contextmanager
        def yield_for_execution(self, context: InitResourceContext) -> Iterator[Outer]:
            said.append("enter")
            yield self
            said.append("exit")

    Outer.model_rebuild()
    assert used(Outer(inner=Log(name="in", said=said)), read=lambda made: made.inner.name) == "in"
    assert said == ["up in", "enter", "exit", "down in True"]


def test_a_resource_within_a_resource_may_be_anything() -> None:
    class Greeting(ConfigurableResourceFactory[str]):
        name: str

        def create_resource(self, context: InitResourceContext) -> str:
            return f"Hello {self.name}"

    for client, seen in [(3, 3), (resource(lambda: "made"), "made"), (Greeting(name="Ann"), "Hello Ann")]:
        service = Service(database=Database(url="u"), client=client)
        assert used(service, read=lambda made: made.client) == seen
    assert used(Greeting(name="Bo")) == "Hello Bo"


def test_each_resource_of_a_list_is_set_up() -> None:
    said: list[str] = []
    pool = Pool(databases=[Log(name="a", said=said), Log(name="b", said=said)])
    assert [log.name for log in used(pool, read=lambda made: made.databases)] == ["a", "b"]
    assert said == ["up a", "up b", "down b True", "down a True"]


def test_a_nested_resource_configured_at_launch_is_the_one_given_on_its_own() -> None:
    partial = Database.configure_at_launch()
    service = Service(database=partial, client=None)
    with pytest.raises(DagsterInvalidDefinitionError, match=r"nested at Service\.database.*top level resource"):
        used(service)
    run_config = {"db": {"config": {"url": "launched"}}}
    with initialized_resources({"s": service, "db": partial}, {"s": "op 'z'"}, run_config) as made:
        assert made.s.database is made.db
        assert made.db.url == "launched"


def test_a_resource_refuses_a_field_of_another_type_and_any_change() -> None:
    with pytest.raises(pydantic.ValidationError):
        Database(url=5)  # type: ignore[arg-type]
    with pytest.raises(pydantic.ValidationError):
        Service(database=5, client=1)  # type: ignore[arg-type]
    database = Database(url="u")
    with pytest.raises(DagsterInvalidInvocationError, match="resource class and does not support item assignment"):
        database.url = "v"
    database._cache = 5  # type: ignore[attr-defined]
    assert database._cache == 5  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        _ = database._nothing  # type: ignore[attr-defined]


def test_a_resource_knows_the_run_it_is_set_up_for() -> None:
    class Nosy(ConfigurableResource):
        def run_id(self) -> str | None:
            return self.get_resource_context().run_id

    class Run:
        run_id = "r1"

    with initialized_resources({"n": Nosy()}, {"n": "op 'z'"}, about=ResourceRun(run=Run())) as made:
        assert made.n.run_id() == "r1"
    with pytest.raises(DagsterInvariantViolationError, match="before resource was initialized"):
        Nosy().run_id()


def test_a_function_may_make_a_resource_class_from_its_own_configuration() -> None:
    @resource(config_schema=Database.to_config_schema())
    def wrapped(context: InitResourceContext) -> Any:
        return Database.from_resource_context(context)

    assert used(wrapped, {"url": "u"}) == Database(url="u")


def test_a_resource_in_a_run_config_object_is_its_configuration_without_what_it_holds() -> None:
    written = RunConfig(resources={"s": Service(database=Database(url="u"), client=1), "d": Database(url=EnvVar("U"))})
    assert written.to_config_dict()["resources"] == {
        "s": {"config": {}},
        "d": {"config": {"url": {"env": "U"}, "port": 1}},
    }


def test_the_spec_of_a_resource_is_data() -> None:
    spec = as_resource_definition(Service(database=Database(url="u"), client=resource(lambda: 1))).spec("s")
    assert wire.decode(wire.encode(spec), ResourceSpec) == spec
    assert (spec.type_name, spec.nested["database"]) == ("Service", "Database")
    assert as_resource_definition({"a": 1}).spec("d") == ResourceSpec("d", "dict")


def test_a_configurable_io_manager_is_an_io_manager_with_fields() -> None:
    class Files(ConfigurableIOManager):
        folder: str

        def handle_output(self, context: Any, obj: Any) -> None: ...

        def load_input(self, context: Any) -> Any:
            return self.folder

    class MakesFiles(ConfigurableIOManagerFactory):  # type: ignore[type-arg]
        folder: str

        def create_io_manager(self, context: InitResourceContext) -> IOManager:
            return Files(folder=f"{self.folder}!")

    assert used(Files(folder="f"), {"folder": "g"}, read=lambda made: made.load_input(None)) == "g"
    assert used(MakesFiles(folder="f"), read=lambda made: made.load_input(None)) == "f!"
    assert isinstance(Files(folder="f"), IOManager)
    assert as_resource_definition(Files(folder="f")).spec("io").is_io_manager
    assert as_resource_definition(MakesFiles(folder="f")).spec("io").is_io_manager


def test_a_subclass_that_leaves_out_a_method_of_an_io_manager_cannot_be_made() -> None:
    class Half(ConfigurableIOManager):
        def load_input(self, context: Any) -> Any: ...

    with pytest.raises(TypeError, match="handle_output"):
        Half()  # type: ignore[abstract]
