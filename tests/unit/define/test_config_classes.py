"""Config classes: from run config to an instance and back, with errors that name the path."""

from __future__ import annotations

import datetime as dt
import enum
import pathlib
from typing import Annotated, Any, Literal, Union

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from earmark.define.config.config import Config, PermissiveConfig, config_spec_of, config_type_of
from earmark.define.config.config_type import load
from earmark.define.config.env import EnvVar
from earmark.define.config.run_config import RunConfig, run_config_dict
from earmark.specs.config import ConfigSpec, describe
from earmark.values import wire
from earmark.values.errors import DagsterInvalidConfigError, DagsterInvalidInvocationError


class Level(enum.Enum):
    LOW = "l"
    HIGH = "h"


class Window(Config):
    days: int
    label: str = "d"


class Cat(Config):
    kind: Literal["cat"] = "cat"
    meow: int = 1


class Dog(Config):
    kind: Literal["dog"] = "dog"
    bark: str = "w"


class Full(Config):
    """Everything a config class may hold."""

    i: int
    f: float = 1.5
    b: bool = False
    s: str = "s"
    needed_or_none: int | None
    o: int | None = None
    five_or_none: int | None = 5
    sloppy: int = None  # type: ignore[assignment]
    numbers: list[int] = [1]
    d: dict[str, int] = {}
    window: Window = Window(days=1)
    maybe_window: Window | None = None
    windows: list[Window] = []
    level: Level = Level.LOW
    literal: Literal["p", "q"] = "p"
    pet: Union[Cat, Dog] = Field(default=Cat(), discriminator="kind")
    maybe_pet: Annotated[Union[Cat, Dog], Field(discriminator="kind")] | None = None
    bounded: int = Field(default=3, ge=0, le=5, description="within")
    when: dt.datetime = dt.datetime(2024, 1, 1)
    where: pathlib.Path = pathlib.Path("/x")
    pair: tuple[int, str] = (1, "a")
    seen: set[int] = set()
    either: Union[int, str] = 1
    anything: Any = None
    made_anew: list[int] = Field(default_factory=lambda: [7])


def loaded(config_class: type[Config], value: Any, environment: dict[str, str] | None = None) -> Any:
    return load(config_type_of(config_class), value, "op 'f'", ("ops", "f", "config"), environment or {})


@pytest.mark.parametrize(
    ("given_config", "changed"),
    [
        ({}, {}),
        ({"f": 2}, {"f": 2.0}),
        ({"o": 4, "five_or_none": None}, {"o": 4, "five_or_none": None}),
        ({"numbers": [1, 2], "d": {"k": 2}}, {"numbers": [1, 2], "d": {"k": 2}}),
        ({"window": {"days": 5}}, {"window": Window(days=5)}),
        ({"maybe_window": {"days": 5, "label": "z"}}, {"maybe_window": Window(days=5, label="z")}),
        ({"windows": [{"days": 1}, {"days": 2}]}, {"windows": [Window(days=1), Window(days=2)]}),
        ({"level": "HIGH", "literal": "q"}, {"level": Level.HIGH, "literal": "q"}),
        ({"pet": {"dog": {"bark": "loud"}}}, {"pet": Dog(bark="loud")}),
        ({"maybe_pet": {"cat": {}}}, {"maybe_pet": Cat()}),
        (
            {"when": "2025-02-03T00:00:00", "where": "/y"},
            {"when": dt.datetime(2025, 2, 3), "where": pathlib.Path("/y")},
        ),
        ({"pair": [2, "b"], "seen": [1, 1]}, {"pair": (2, "b"), "seen": {1}}),
        ({"either": "text", "anything": [1, {"a": 2}]}, {"either": "text", "anything": [1, {"a": 2}]}),
    ],
)
def test_run_config_becomes_an_instance(given_config: dict[str, Any], changed: dict[str, Any]) -> None:
    assert loaded(Full, {"i": 1, **given_config}) == Full(i=1, **changed)


def test_a_part_of_a_nested_default_may_be_given_alone() -> None:
    assert loaded(Full, {"i": 1, "window": {"label": "only"}}).window == Window(days=1, label="only")


@pytest.mark.parametrize(
    ("given_config", "path"),
    [
        ({"i": 1.0}, "i"),
        ({"i": True}, "i"),
        ({"i": "1"}, "i"),
        ({"i": None}, "i"),
        ({"b": "true"}, "b"),
        ({"numbers": ["x"]}, "numbers[0]"),
        ({"d": {"k": "z"}}, "d:'k':value"),
        ({"window": {"days": 1, "zz": 2}}, "window"),
        ({"windows": [{"days": "s"}]}, "windows[0]:days"),
        ({"level": "h"}, "level"),
        ({"level": "LOOW"}, "level"),
        ({"literal": "z"}, "literal"),
        ({"pet": {"kind": "dog", "bark": "l"}}, "pet"),
        ({"pet": {"fish": {}}}, "pet"),
        ({"bounded": 9}, "bounded"),
        ({"when": "no date"}, "when"),
    ],
)
def test_a_fault_names_its_path(given_config: dict[str, Any], path: str) -> None:
    with pytest.raises(DagsterInvalidConfigError) as caught:
        loaded(Full, {"i": 1, **given_config})
    assert str(caught.value).startswith("Error in config for op 'f'\n    Error 1: ")
    assert f"path root:ops:f:config:{path}" in str(caught.value).replace(":.", ".")
    assert len(caught.value.errors) == 1
    assert caught.value.config_value == {"i": 1, **given_config}


def test_all_faults_are_reported_at_once() -> None:
    with pytest.raises(DagsterInvalidConfigError) as caught:
        loaded(Full, {"i": "s", "s": 5, "leve": "LOW"})
    assert [fault.reason for fault in caught.value.errors] == ["unexpected", "type", "type"]
    assert "Did you mean 'level'?" in str(caught.value)


def test_what_only_the_class_can_check_is_a_fault_with_a_path_too() -> None:
    class Even(Config):
        n: int

        @pydantic.field_validator("n")
        @classmethod
        def _even(cls, n: int) -> int:
            if n % 2:
                raise ValueError("n must be even")
            return n

    class Outer(Config):
        inner: Even = Even(n=2)
        more: list[Even] = []

    assert loaded(Outer, {"inner": {"n": 4}}).inner.n == 4
    with pytest.raises(DagsterInvalidConfigError, match="n must be even") as caught:
        loaded(Outer, {"inner": {"n": 3}})
    assert isinstance(caught.value.__cause__, pydantic.ValidationError)
    with pytest.raises(DagsterInvalidConfigError, match=r"path root:ops:f:config:more\[1\]:n"):
        loaded(Outer, {"more": [{"n": 2}, {"n": 3}]})
    assert caught.value.errors[0].path == ("ops", "f", "config", "inner", "n")


def test_an_instance_cannot_be_changed_and_the_error_says_what_to_do() -> None:
    window = Window(days=1)
    with pytest.raises(DagsterInvalidInvocationError, match=r"does not support item assignment.*model_copy"):
        window.days = 2
    assert window == Window(days=1)
    assert hash(window) == hash(Window(days=1))


def test_a_name_that_is_no_field_is_not_used_and_a_warning_says_what_was_meant() -> None:
    with pytest.warns(UserWarning, match=r"'dayz'.*Did you mean 'days'"):
        Window(days=1, dayz=2)  # type: ignore[call-arg]


def test_python_refuses_a_wrong_type_as_pydantic_does() -> None:
    with pytest.raises(pydantic.ValidationError):
        Window(days="many")  # type: ignore[arg-type]


def test_python_takes_the_form_of_run_config_for_an_enum_and_a_union() -> None:
    by_name, by_value = (Full(i=1, needed_or_none=None, level=word) for word in ("HIGH", "h"))  # type: ignore[arg-type]
    assert by_name.level is by_value.level is Level.HIGH
    assert Full(i=1, pet={"dog": {"bark": "b"}}, needed_or_none=None).pet == Dog(bark="b")  # type: ignore[arg-type]


def test_a_permissive_class_keeps_what_it_does_not_name() -> None:
    class Loose(PermissiveConfig):
        n: int = 1

    made = loaded(Loose, {"n": 2, "extra": {"x": 1}})
    assert (made.n, made.extra) == (2, {"x": 1})
    assert run_config_dict(RunConfig(ops={"f": made}))["ops"]["f"]["config"] == {"n": 2, "extra": {"x": 1}}
    assert config_spec_of(Loose).open


def test_an_alias_is_the_name_in_run_config() -> None:
    class Aliased(Config):
        days: int = Field(alias="numDays")

    assert loaded(Aliased, {"numDays": 3}).days == 3
    with pytest.raises(DagsterInvalidConfigError):
        loaded(Aliased, {"days": 3})
    assert RunConfig(ops={"f": Aliased(numDays=4)}).to_config_dict()["ops"]["f"] == {"config": {"numDays": 4}}


def test_an_environment_variable_is_named_in_python_and_read_at_the_start_of_the_run() -> None:
    config = Window(days=EnvVar.int("DAYS"), label=EnvVar("LABEL"))
    written = run_config_dict(RunConfig(ops={"f": config}))["ops"]["f"]["config"]
    assert written == {"days": {"env": "DAYS"}, "label": {"env": "LABEL"}}
    assert loaded(Window, written, {"DAYS": "7", "LABEL": "x"}) == Window(days=7, label="x")
    with pytest.raises(DagsterInvalidConfigError, match=r"path root:ops:f:config:days.*not set"):
        loaded(Window, written, {"LABEL": "x"})


def test_an_environment_variable_cannot_be_mistaken_for_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8080")
    with pytest.raises(RuntimeError, match="get_value"):
        f"http://host:{EnvVar('PORT')}"
    with pytest.raises(RuntimeError, match="get_value"):
        int(EnvVar.int("PORT"))
    assert (EnvVar("PORT").get_value(), EnvVar.int("PORT").get_value()) == ("8080", 8080)
    assert (EnvVar("NO_SUCH_ONE").get_value("d"), EnvVar("PORT").env_var_name) == ("d", "PORT")


def test_a_class_that_holds_itself_is_any_configuration_where_it_does() -> None:
    made = loaded(Tree, {"name": "a", "children": [{"name": "b", "children": []}]})
    assert made.children[0].name == "b"


class Tree(Config):
    name: str
    children: list[Tree] = []


def test_the_spec_of_a_class_is_data() -> None:
    spec = config_spec_of(Full)
    assert wire.decode(wire.encode(spec), ConfigSpec) == spec
    assert spec.description == "Everything a config class may hold."
    assert spec.fields["bounded"].description == "within"
    assert [name for name, field in spec.fields.items() if field.is_required] == ["i"]
    assert describe(spec.fields["pet"]) == "{ cat?: { meow?: Int } dog?: { bark?: String } }"


def test_a_dict_may_stand_for_any_part_of_a_run_config() -> None:
    written = RunConfig(
        ops={"f": {"config": {"days": 1}}, "g": {"ops": {"inner": Window(days=2)}}},
        resources={"r": {"config": {"url": "u"}}},
        execution={"config": {"max_concurrent": 2}},
    )
    assert run_config_dict(written) == {
        "ops": {"f": {"config": {"days": 1}}, "g": {"ops": {"inner": {"config": {"days": 2, "label": "d"}}}}},
        "resources": {"r": {"config": {"url": "u"}}},
        "execution": {"config": {"max_concurrent": 2}},
    }


@pytest.mark.parametrize("bad", [5, "ops", ["f"]])
def test_a_run_config_that_is_no_dict_is_refused(bad: Any) -> None:
    with pytest.raises(DagsterInvalidConfigError):
        RunConfig(ops=bad)
    with pytest.raises(DagsterInvalidConfigError):
        run_config_dict(bad)


@given(
    i=st.integers(-(2**63), 2**63 - 1),
    o=st.none() | st.integers(0, 9),
    five=st.none() | st.integers(0, 9),
    level=st.sampled_from(Level),
    pet=st.builds(Cat, meow=st.integers(0, 9)) | st.builds(Dog, bark=st.text()),
    windows=st.lists(st.builds(Window, days=st.integers(0, 9), label=st.text()), max_size=2),
    seen=st.sets(st.integers(0, 9)),
)
def test_an_instance_comes_back_equal_from_run_config(**settings: Any) -> None:
    settings["five_or_none"] = settings.pop("five")
    config = Full(needed_or_none=None, **settings)
    written = run_config_dict(RunConfig(ops={"f": config}))["ops"]["f"]["config"]
    assert loaded(Full, wire.decode(wire.encode(written), dict)) == config
