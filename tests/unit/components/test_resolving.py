"""What may be written for the fields of a class, and what is made of it."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel

import earmark as em

from .conftest import Project


class Colour(Enum):
    RED = "red"


class Plain(BaseModel):
    size: int
    names: list[str] = []


class Engine:
    def __init__(self, power: int) -> None:
        self.power = power


@dataclass
class Inner(em.Resolvable):
    a: int
    b: str = "b"


@dataclass
class Other(em.Resolvable):
    c: int


class Written(em.Resolvable):
    def __init__(self, name: str, parts: dict[str, Inner] | None = None) -> None:
        self.name = name
        self.parts = parts


@dataclass
class Everything(em.Resolvable):
    inner: Inner | None = None
    either: Inner | Other | None = None
    listed: tuple[Inner, ...] = ()
    plain: Plain | None = None
    colour: Colour = Colour.RED
    word: Literal["x", "y"] = "x"
    engine: em.Injected[Engine] | None = None
    told: Annotated[str, em.Resolver(lambda context, text: text[::-1], model_field_name="backwards")] = ""
    raw: Annotated[str, em.Resolver.passthrough()] = ""
    whole: Annotated[Any, em.Resolver.from_model(lambda context, model: model.word.upper(), model_field_type=str)] = ""
    count: Annotated[int, em.Resolver.default(description="How many.")] = 0


def made(yaml: str, **scope: object) -> Everything:
    return Everything.resolve_from_yaml(yaml, scope=scope)


@pytest.mark.parametrize(
    ("yaml", "field", "value"),
    [
        ("inner: {a: 1}", "inner", Inner(1)),
        ("inner: {a: '{{ one }}', b: 'x{{ one }}'}", "inner", Inner(1, "x1")),
        ("inner: '{{ ready }}'", "inner", Inner(7)),
        ("either: {c: 2}", "either", Other(2)),
        ("either: {a: 2}", "either", Inner(2)),
        ("listed: [{a: 1}, '{{ ready }}']", "listed", (Inner(1), Inner(7))),
        ("plain: {size: '{{ one }}', names: ['a{{ one }}']}", "plain", Plain(size=1, names=["a1"])),
        ("colour: red", "colour", Colour.RED),
        ("word: y", "whole", "Y"),
        ("backwards: abc", "told", "cba"),
        ("raw: '{{ nothing }}'", "raw", "{{ nothing }}"),
        ("count: '{{ one + one }}'", "count", 2),
    ],
)
def test_a_field_is_made_of_what_is_written_for_it(yaml: str, field: str, value: object) -> None:
    assert getattr(made(yaml, one=1, ready=Inner(7)), field) == value


def test_an_object_comes_only_out_of_the_scope() -> None:
    engine = Engine(3)
    assert made("engine: '{{ it }}'", it=engine).engine is engine
    with pytest.raises(em.DagsterInvalidDefinitionError, match="'it' is text, and the field takes an object"):
        made("engine: it")


def test_a_class_is_read_by_the_annotations_of_its_init() -> None:
    written = Written.resolve_from_dict({"name": "n", "parts": {"left": {"a": 1}}})
    assert (written.name, written.parts) == ("n", {"left": Inner(1)})


@pytest.mark.parametrize(
    ("yaml", "says"),
    [
        ("either: {d: 1}", "'d'"),
        ("listed: [{a: 1}, {b: x}]", r"listed\.1 of Everything needs 'a'"),
        ("plain: {size: big}", "size of plain of Everything: Input should be a valid integer"),
        ("word: z", "Input should be 'x' or 'y'"),
        ("inner: [", "is not YAML"),
    ],
)
def test_what_does_not_fit_is_told_by_its_field(yaml: str, says: str) -> None:
    with pytest.raises(em.DagsterInvalidDefinitionError, match=says):
        made(yaml)


def test_a_field_that_no_yaml_can_hold_says_what_would_help() -> None:
    @dataclass
    class Car(em.Resolvable):
        engine: Engine

    class Silent(em.Resolvable):
        def __init__(self, name) -> None: ...

    with pytest.raises(em.DagsterInvalidDefinitionError, match=r"Car\.engine is a Engine.*Injected\[Engine\]"):
        Car.model()
    with pytest.raises(em.DagsterInvalidDefinitionError, match="'name' of Silent has no annotation"):
        Silent.model()


def test_the_schema_of_a_class_says_what_people_see() -> None:
    class Query(em.Model, em.Resolvable):
        text: Annotated[str, em.Resolver.default(form_config=em.ComponentFormConfig(label="SQL", multiline=True))]
        limit: int = 3

    properties = Query.model().model_json_schema()["properties"]
    assert (properties["text"]["title"], properties["text"]["ui:widget"]) == ("SQL", "textarea")
    assert {one.get("type") for one in properties["limit"]["anyOf"]} == {"integer", "string"}


def test_a_component_may_say_itself_what_is_written_and_how_it_is_made() -> None:
    class Attributes(BaseModel):
        names: str

    class Tables(em.Component):
        def __init__(self, names: list[str]) -> None:
            self.names = names

        @classmethod
        def get_schema(cls) -> type[BaseModel]:
            return Attributes

        @classmethod
        def get_spec(cls) -> em.ComponentTypeSpec:
            return em.ComponentTypeSpec(description="Tables by name.")

        @classmethod
        def load(cls, attributes: Any, context: em.ComponentLoadContext) -> "Tables":
            return cls(attributes.names.split())

        def build_defs(self, context: em.ComponentLoadContext) -> em.Definitions:
            return em.Definitions()

    assert Tables.from_attributes_dict(attributes={"names": "a b"}).names == ["a", "b"]
    assert Tables.get_description() == "Tables by name."


def test_a_component_without_fields_takes_no_attributes() -> None:
    class Bare(em.Component):
        def build_defs(self, context: em.ComponentLoadContext) -> em.Definitions:
            return em.Definitions()

    assert Bare.from_attributes_dict(attributes={})
    with pytest.raises(em.DagsterInvalidDefinitionError, match="Bare takes no attributes"):
        Bare.from_attributes_dict(attributes={"a": 1})


def test_a_component_is_made_of_a_file_by_itself(project: Project) -> None:
    file: Path = project.defs("orders/defs.yaml", "attributes: {name: orders}")
    assert em.Component.from_yaml_path(file).name == "orders"
    with pytest.raises(em.DagsterInvalidDefinitionError, match="describes a Table, not a FunctionComponent"):
        em.FunctionComponent.from_yaml_path(file)
    project.defs("orders/defs.yaml", "attributes: {name: a}\n---\ntype: PACKAGE.table.Table\nattributes: {name: b}\n")
    with pytest.raises(em.DagsterInvalidDefinitionError, match="describes 2 components"):
        em.Component.from_yaml_path(file)


def test_template_functions_and_instances_take_the_context_alone() -> None:
    with pytest.raises(em.DagsterInvalidDefinitionError, match="return a function that takes them"):

        @em.template_var
        def prefix(context, name): ...

    with pytest.raises(em.DagsterInvalidDefinitionError, match="under @component_instance takes nothing"):

        @em.component_instance
        def load(context, name): ...
