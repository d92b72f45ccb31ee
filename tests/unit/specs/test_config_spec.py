"""The config tree: what fits, what is filled in, and what each fault says."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.specs.config import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    STRING,
    ConfigKind,
    ConfigSpec,
    array,
    config_map,
    describe,
    enum,
    example,
    noneable,
    one_of,
    resolve_environment,
    selector,
    shape,
    to_json_schema,
    validate,
)
from earmark.values import wire

JOB = shape(
    {
        "ops": shape(
            {
                "clean": shape(
                    {
                        "config": shape(
                            {
                                "days": INT,
                                "city": STRING.with_default("Turku"),
                                "level": enum("Level", ("LOW", "HIGH")).with_default("LOW"),
                                "ratio": FLOAT.with_default(0.5),
                                "tries": array(INT).with_default([]),
                                "limits": config_map(STRING, INT).with_default({}),
                                "note": noneable(STRING).with_default(None),
                                "store": selector({"file": shape({"path": STRING}), "memory": shape({})}).optional(),
                                "verbose": BOOL.optional(),
                            }
                        )
                    }
                )
            }
        )
    }
)


def op(**settings: Any) -> dict[str, Any]:
    return {"ops": {"clean": {"config": settings}}}


def settings_of(**settings: Any) -> Any:
    found = validate(JOB, op(**settings))
    assert found.faults == ()
    return found.value["ops"]["clean"]["config"]


def faults_of(**settings: Any) -> list[tuple[tuple[str | int, ...], str]]:
    return [(fault.path[3:], fault.reason) for fault in validate(JOB, op(**settings)).faults]


def test_defaults_are_filled_in_and_optional_fields_stay_absent() -> None:
    assert settings_of(days=7) == {
        "days": 7,
        "city": "Turku",
        "level": "LOW",
        "ratio": 0.5,
        "tries": [],
        "limits": {},
        "note": None,
    }


def test_a_whole_number_is_a_float_where_one_is_expected() -> None:
    made = settings_of(days=7, ratio=1)["ratio"]
    assert (made, type(made)) == (1.0, float)


def test_a_shape_that_needs_nothing_fills_itself() -> None:
    spec = shape({"config": shape({"days": INT.with_default(3)}), "resources": shape({})})
    assert validate(spec, {}).value == {"config": {"days": 3}, "resources": {}}


def test_every_fault_is_reported_with_its_path() -> None:
    assert faults_of(dayz=1, city=5, level="LOVV", tries=[1, "x"], limits={"a": "b"}) == [
        ((), "unexpected"),
        (("city",), "type"),
        (("level",), "choice"),
        (("tries", 1), "type"),
        (("limits", "'a'", "value"), "type"),
        ((), "missing"),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("days", True),
        ("days", "7"),
        ("days", 7.0),
        ("days", None),
        ("city", 5),
        ("ratio", "x"),
        ("ratio", True),
        ("verbose", 1),
        ("tries", 5),
        ("tries", None),
        ("limits", []),
        ("store", {}),
        ("store", {"file": {"path": "p"}, "memory": {}}),
        ("store", {"fiel": {}}),
        ("store", "file"),
        ("level", None),
    ],
)
def test_a_value_of_another_type_is_refused_where_it_lies(field: str, value: Any) -> None:
    faults = faults_of(**{"days": 7, field: value})
    assert [path for path, _ in faults] == [(field,)]


def test_an_unexpected_name_says_what_was_meant() -> None:
    fault = validate(JOB, op(days=1, citty="x")).faults[0]
    assert fault.near == ("city",)
    assert 'unexpected config entry "citty" at path root:ops:clean:config' in fault.message
    assert "Did you mean 'city'?" in fault.message


def test_a_missing_entry_shows_an_example_of_all_that_is_missing_below_it() -> None:
    fault = validate(JOB, {}).faults[0]
    assert 'Missing required config entry "ops" at the root' in fault.message
    assert "{'ops': {'clean': {'config': {'days': 0}}}}" in fault.message


def test_an_open_shape_keeps_what_it_does_not_name() -> None:
    spec = shape({"a": INT}, open=True)
    assert validate(spec, {"a": 1, "b": [2]}).value == {"a": 1, "b": [2]}


def test_an_alias_stands_for_its_field() -> None:
    spec = shape({"days": INT}, aliases={"d": "days"})
    assert validate(spec, {"d": 3}).value == {"days": 3}


def test_bounds_are_checked_before_a_run_starts() -> None:
    bounded = msgspec.structs.replace(INT, constraints={"minimum": 0, "exclusiveMaximum": 5})
    assert validate(bounded, 0).faults == ()
    assert [validate(bounded, value).faults[0].reason for value in (-1, 5)] == ["bound", "bound"]
    assert "at least 0, not -1" in validate(bounded, -1).faults[0].message


def test_a_union_takes_the_first_that_fits_and_reports_the_nearest_miss() -> None:
    spec = one_of((INT, shape({"path": STRING})))
    assert validate(spec, 3).value == 3
    assert validate(spec, {"path": "p"}).value == {"path": "p"}
    assert [fault.path for fault in validate(spec, {"path": 5}).faults] == [("path",)]
    assert [fault.path for fault in validate(spec, "x").faults] == [()]


def test_a_huge_expectation_is_cut_short() -> None:
    spec = shape({f"op_{number}": INT for number in range(10_000)})
    assert len(validate(spec, 5).faults[0].message) < 1500


SOURCE = ConfigSpec(ConfigKind.STRING, from_environment=True)


def test_a_variable_of_the_environment_is_read_as_the_scalar_expected_there() -> None:
    spec = shape(
        {
            "i": ConfigSpec(ConfigKind.INT, from_environment=True),
            "b": ConfigSpec(ConfigKind.BOOL, from_environment=True),
            "s": array(SOURCE),
            "m": config_map(STRING, noneable(SOURCE)),
        }
    )
    given_config = {"i": {"env": "I"}, "b": {"env": "B"}, "s": ["x", {"env": "S"}], "m": {"k": {"env": "S"}, "n": None}}
    assert validate(spec, given_config).faults == ()
    read = resolve_environment(spec, given_config, {"I": "7", "B": "True", "S": "text"})
    assert read.value == {"i": 7, "b": True, "s": ["x", "text"], "m": {"k": "text", "n": None}}


def test_a_variable_that_is_missing_or_no_number_is_a_fault_with_its_path() -> None:
    spec = shape({"i": ConfigSpec(ConfigKind.INT, from_environment=True), "s": SOURCE})
    read = resolve_environment(spec, {"i": {"env": "I"}, "s": {"env": "S"}}, {"I": "seven"}, ("ops",))
    assert [(fault.path, fault.reason) for fault in read.faults] == [
        (("ops", "i"), "environment"),
        (("ops", "s"), "environment"),
    ]
    assert "cannot be coerced into an int" in read.faults[0].message


def test_a_plain_scalar_takes_no_reference_to_the_environment() -> None:
    assert validate(STRING, {"env": "S"}).faults != ()


def test_the_one_line_description_marks_what_need_not_be_given() -> None:
    assert describe(JOB.fields["ops"].fields["clean"].fields["config"]) == (
        "{ city?: String days: Int level?: Level limits?: { [String]: Int } note?: String? ratio?: Float"
        " store?: { file: { path: String } memory?: { } } tries?: [Int] verbose?: Bool }"
    )


def test_the_json_schema_says_what_an_editor_may_complete() -> None:
    schema = to_json_schema(shape({"days": INT.with_default(7).described("how many"), "level": enum("L", ("A", "B"))}))
    assert schema == {
        "type": "object",
        "properties": {
            "days": {"type": "integer", "description": "how many", "default": 7},
            "level": {"enum": ["A", "B"], "title": "L"},
        },
        "required": ["level"],
        "additionalProperties": False,
    }


SCALARS = st.sampled_from([INT, STRING, BOOL, FLOAT, ANY, SOURCE, enum("E", ("A", "B"))])
SPECS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        inner.map(array),
        inner.map(noneable),
        inner.map(lambda spec: config_map(STRING, spec)),
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(shape),
        st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3).map(selector),
        inner.map(lambda spec: spec.described("d")),
        inner.map(ConfigSpec.optional),
    ),
    max_leaves=6,
)


@given(SPECS)
def test_a_spec_comes_back_equal_from_the_wire(spec: ConfigSpec) -> None:
    assert wire.decode(wire.encode(spec), ConfigSpec) == spec


@given(SPECS)
def test_the_example_of_a_spec_fits_it_and_checking_twice_changes_nothing(spec: ConfigSpec) -> None:
    found = validate(spec, example(spec))
    assert found.faults == ()
    assert validate(spec, found.value) == found


@given(
    SPECS, st.recursive(st.none() | st.integers() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s))
)
def test_any_json_is_checked_without_an_exception(spec: ConfigSpec, value: Any) -> None:
    for fault in validate(spec, value).faults:
        assert fault.message
