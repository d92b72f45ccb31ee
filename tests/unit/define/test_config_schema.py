"""Classic schemas: scalars, fields, shapes, selectors, enums, mappings and what is configured in advance."""

from __future__ import annotations

import enum
from typing import Any

import pytest

from earmark.define.config.config import Config
from earmark.define.config.config_mapping import ConfigMapping, config_mapping, configured
from earmark.define.config.config_type import load
from earmark.define.config.run_config import RunConfig
from earmark.define.config.schema import (
    Array,
    BoolSource,
    Enum,
    EnumValue,
    Field,
    IntSource,
    Map,
    Noneable,
    Permissive,
    ScalarUnion,
    Selector,
    Shape,
    StringSource,
    as_config_type,
    config_spec,
)
from earmark.define.resources.resource_definition import ResourceDefinition
from earmark.specs.config import ConfigSpec, describe
from earmark.values import wire
from earmark.values.errors import (
    DagsterConfigMappingFunctionError,
    DagsterInvalidConfigDefinitionError,
    DagsterInvalidConfigError,
    DagsterInvalidDefinitionError,
)


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"


SCHEMA = {
    "a": Field(int, default_value=3),
    "b": Field(str, is_required=False),
    "c": Field(Array(int), default_value=[1]),
    "d": Field(Noneable(Shape({"x": bool})), default_value=None),
    "e": Field(Enum("E", [EnumValue("P", python_value=10)]), default_value=10),
    "f": Field(Selector({"p": int, "q": str}), is_required=False),
    "g": Permissive({"k": Field(int, is_required=False)}),
    "h": Field(StringSource, is_required=False),
    "i": Field(Map(str, int), default_value={}),
    "j": Field(ScalarUnion(int, {"x": int}), default_value=1),
    "k": Field(Enum.from_python_enum(Colour), default_value=Colour.BLUE),
}
DEFAULTS = {"a": 3, "c": [1], "d": None, "e": 10, "g": {}, "i": {}, "j": 1, "k": Colour.BLUE}


def loaded(schema: Any, value: Any, environment: dict[str, str] | None = None) -> Any:
    return load(as_config_type(schema), value, "op 'o'", (), environment or {})


@pytest.mark.parametrize(
    ("value", "changed"),
    [
        ({}, {}),
        ({"g": {"z": 1}}, {"g": {"z": 1}}),
        ({"f": {"p": 1}}, {"f": {"p": 1}}),
        ({"e": "P"}, {"e": 10}),
        ({"d": {"x": True}}, {"d": {"x": True}}),
        ({"i": {"n": 2}}, {"i": {"n": 2}}),
        ({"j": {"x": 2}}, {"j": {"x": 2}}),
        ({"k": "RED"}, {"k": Colour.RED}),
        ({"h": {"env": "H"}}, {"h": "from env"}),
    ],
)
def test_user_code_sees_python_values_with_defaults(value: dict[str, Any], changed: dict[str, Any]) -> None:
    assert loaded(SCHEMA, value, {"H": "from env"}) == {**DEFAULTS, **changed}


@pytest.mark.parametrize("value", [{"f": {"p": 1, "q": "s"}}, {"e": "Z"}, {"h": {"env": "H"}}, {"d": {}}, {"zz": 1}])
def test_what_does_not_fit_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(DagsterInvalidConfigError):
        loaded(SCHEMA, value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (int, 4),
        (str, "s"),
        (float, 1.5),
        (bool, True),
        (dict, {"any": [1]}),
        (list, [1, "x"]),
        ([int], [1]),
        ({str: int}, {"a": 1}),
        (Any, {"x": 1}),
        (None, 5),
        ({}, {}),
        (IntSource, 4),
        (BoolSource, False),
        (Field(int), 3),
        ({"nested": {"x": int}}, {"nested": {"x": 1}}),
    ],
)
def test_short_forms_are_schemas(schema: Any, value: Any) -> None:
    assert loaded(schema, value) == value


def test_a_config_class_is_a_schema_too() -> None:
    class Settings(Config):
        days: int = 7

    assert loaded(Settings, {}) == Settings(days=7)
    assert loaded({"inner": Settings}, {}) == {"inner": Settings(days=7)}


@pytest.mark.parametrize("schema", [5, "int", object(), [int, str], {"a": 5}, {1: 2}, {"a": int, 3: int}, set()])
def test_what_is_no_schema_is_refused_where_it_is_written(schema: Any) -> None:
    with pytest.raises(DagsterInvalidConfigDefinitionError) as caught:
        config_spec(schema)
    assert __file__ in str(caught.value)


def test_a_field_with_a_default_is_not_required() -> None:
    with pytest.raises(DagsterInvalidConfigDefinitionError):
        Field(int, default_value=3, is_required=True)


def test_the_default_of_a_field_must_fit_it() -> None:
    with pytest.raises(DagsterInvalidConfigDefinitionError, match=r"'x'.*Int"):
        Field(int, default_value="x")


def test_a_field_says_what_it_was_given() -> None:
    field = Field(int, default_value=3, description="how many", is_secret=True)
    assert (field.default_value, field.is_required, field.description, field.is_secret) == (3, False, "how many", True)
    assert not Field(int).default_provided
    with pytest.raises(DagsterInvalidConfigDefinitionError):
        _ = Field(int).default_value


def test_an_alias_of_a_shape_stands_for_its_field() -> None:
    assert loaded(Shape({"days": int}, field_aliases={"days": "d"}), {"d": 3}) == {"days": 3}


def test_a_schema_is_data() -> None:
    spec = config_spec(SCHEMA)
    assert wire.decode(wire.encode(spec), ConfigSpec) == spec
    assert describe(spec.fields["f"]) == "{ p: Int q: String }"


class JobSettings(Config):
    n: int


def test_a_mapping_makes_the_ops_configuration_from_a_simpler_one() -> None:
    @config_mapping
    def simple(value: JobSettings) -> RunConfig:
        return RunConfig({"q": JobSettings(n=value.n + 1)})

    assert simple.resolve({"n": 1}) == {"ops": {"q": {"config": {"n": 2}}}}
    with pytest.raises(DagsterInvalidConfigError, match="config mapping simple"):
        simple.resolve({"n": "x"})


def test_a_mapping_may_see_the_configuration_as_it_was_given() -> None:
    seen: list[Any] = []

    def keep(value: Any) -> dict[str, Any]:
        seen.append(value)
        return {}

    schema = {"n": Field(int, default_value=1)}
    ConfigMapping(keep, schema).resolve({})
    ConfigMapping(keep, schema, receive_processed_config_values=False).resolve({})
    assert seen == [{"n": 1}, {}]


def test_a_mapping_that_raises_says_so_with_its_cause() -> None:
    @config_mapping(config_schema={"n": int})
    def broken(value: Any) -> dict[str, Any]:
        raise KeyError("gone")

    with pytest.raises(DagsterConfigMappingFunctionError, match="broken") as caught:
        broken.resolve({"n": 1})
    assert isinstance(caught.value.user_exception, KeyError)


def test_a_definition_can_be_configured_by_a_function_or_by_a_value() -> None:
    inner = ResourceDefinition(lambda context: context.resource_config, config_schema={"q": int})
    by_value = inner.configured({"q": 3})
    assert by_value.load_config({}, "r") == {"q": 3}

    @configured(inner, config_schema={"z": str})
    def by_function(config: Any) -> dict[str, int]:
        return {"q": len(config["z"])}

    assert by_function.load_config({"config": {"z": "four"}}, "r") == {"q": 4}
    with pytest.raises(DagsterInvalidConfigError):
        inner.configured({"q": "s"}).load_config({}, "r")
    with pytest.raises(DagsterInvalidDefinitionError):
        configured(5)
