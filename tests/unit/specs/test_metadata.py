"""Metadata: raw values find their kind, kinds survive the wire, definitions keep what users wrote."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.specs.metadata import (
    AnyMetadataValue,
    BoolMetadataValue,
    CodeReferencesMetadataValue,
    DagsterAssetMetadataValue,
    FloatMetadataValue,
    IntMetadataValue,
    JsonMetadataValue,
    LocalFileCodeReference,
    MetadataValue,
    NullMetadataValue,
    OpaqueMetadataValue,
    PathMetadataValue,
    TableColumn,
    TableColumnConstraints,
    TableColumnDep,
    TableColumnLineage,
    TableRecord,
    TableSchema,
    TextMetadataValue,
    TimestampMetadataValue,
    UrlCodeReference,
    data_only_metadata,
    definition_metadata,
    normalize_metadata,
    numeric_value,
    restore_metadata,
)
from earmark.values import wire
from earmark.values.errors import DagsterInvalidMetadata
from earmark.values.keys import AssetKey

UTC = dt.UTC

EVERY_KIND = [
    MetadataValue.text("t"),
    MetadataValue.url("https://example.org"),
    MetadataValue.url(None),  # type: ignore[arg-type]
    MetadataValue.path(Path("a/b")),
    MetadataValue.notebook("n.ipynb"),
    MetadataValue.json({"a": [1, None, {"b": 2.5}]}),
    MetadataValue.md("**x**"),
    MetadataValue.python_artifact(Path),
    MetadataValue.float(1.5),
    MetadataValue.float(math.inf),
    MetadataValue.float(-math.inf),
    MetadataValue.int(10**30),
    MetadataValue.bool(True),
    MetadataValue.dagster_run("r1"),
    MetadataValue.asset(["a", "b"]),
    MetadataValue.job("j", "l", repository_name="r"),
    MetadataValue.table([TableRecord({"a": 1, "b": "x"}), {"a": None, "b": "y"}]),
    MetadataValue.table_schema(
        TableSchema([TableColumn("a", "int", "d", TableColumnConstraints(False, True, ["> 0"]), {"pii": "no"})])
    ),
    MetadataValue.column_lineage(TableColumnLineage({"a": [TableColumnDep("up", "b")]})),
    MetadataValue.null(),
    MetadataValue.timestamp(dt.datetime(2024, 1, 1, tzinfo=UTC)),
    MetadataValue.pool("p"),
    CodeReferencesMetadataValue([LocalFileCodeReference("f.py", 3), UrlCodeReference("u", "l")]),
    OpaqueMetadataValue("m.C", "<C>"),
]


@pytest.mark.parametrize("value", EVERY_KIND, ids=lambda value: type(value).__name__)
def test_every_kind_comes_back_equal_from_the_wire_typed_and_untyped(value: MetadataValue) -> None:
    assert wire.decode(wire.encode(value), AnyMetadataValue) == value  # type: ignore[arg-type]
    untyped = wire.decode(wire.encode({"k": value}), dict[str, Any])
    assert restore_metadata(untyped) == {"k": value}


def test_every_kind_is_in_the_list_above() -> None:
    kinds = {type(value) for value in EVERY_KIND}
    assert kinds == set(AnyMetadataValue.__args__)


def test_nan_survives_the_wire_though_json_has_no_word_for_it() -> None:
    decoded = wire.decode(wire.encode(MetadataValue.float(math.nan)), FloatMetadataValue)
    assert math.isnan(decoded.value)
    assert isinstance(decoded.value, float)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("s", TextMetadataValue("s")),
        (1, IntMetadataValue(1)),
        (1.5, FloatMetadataValue(1.5)),
        (True, BoolMetadataValue(True)),
        (None, NullMetadataValue()),
        ({"a": 1}, JsonMetadataValue({"a": 1})),
        ([1, (2,)], JsonMetadataValue([1, [2]])),
        (AssetKey("a"), DagsterAssetMetadataValue(AssetKey("a"))),
        (Path("/x"), PathMetadataValue("/x")),
        (dt.datetime(1970, 1, 2, tzinfo=UTC), TimestampMetadataValue(86400.0)),
        (TableSchema([]), MetadataValue.table_schema(TableSchema([]))),
        (TableColumnLineage({}), MetadataValue.column_lineage(TableColumnLineage({}))),
    ],
)
def test_a_raw_value_finds_the_kind_that_shows_it_best(raw: Any, kind: MetadataValue) -> None:
    assert normalize_metadata({"k": raw}) == {"k": kind}


def test_a_numpy_number_is_a_number() -> None:
    numpy = pytest.importorskip("numpy")
    made = normalize_metadata({"i": numpy.int64(3), "f": numpy.float64(0.5), "g": numpy.float32(0.5)})
    assert made == {"i": IntMetadataValue(3), "f": FloatMetadataValue(0.5), "g": FloatMetadataValue(0.5)}
    assert wire.encode(made)


@pytest.mark.parametrize("raw", [object(), {1, 2}, b"x", int, {"a": [object()]}, dt.datetime(2024, 1, 1)])
def test_a_value_of_no_kind_is_refused_with_its_name_type_and_owner(raw: Any) -> None:
    with pytest.raises(DagsterInvalidMetadata) as caught:
        normalize_metadata({"reader": raw}, "output 'result'")
    text = str(caught.value)
    assert "'reader'" in text
    assert "output 'result'" in text
    assert type(raw).__name__ in text
    assert __file__ in text


def test_a_fault_deep_in_json_names_its_path() -> None:
    with pytest.raises(DagsterInvalidMetadata, match=r"a\.b\[1\]"):
        normalize_metadata({"k": {"a": {"b": [1, object()]}}})


@pytest.mark.parametrize("mapping", [[1], "text", 5, {5: "x"}])
def test_metadata_is_a_mapping_from_text(mapping: Any) -> None:
    with pytest.raises(DagsterInvalidMetadata):
        normalize_metadata(mapping)
    with pytest.raises(DagsterInvalidMetadata):
        definition_metadata(mapping)


@pytest.mark.parametrize(
    "make",
    [
        lambda: MetadataValue.text(5),  # type: ignore[arg-type]
        lambda: MetadataValue.md(None),  # type: ignore[arg-type]
        lambda: MetadataValue.int(1.5),  # type: ignore[arg-type]
        lambda: MetadataValue.float("1"),  # type: ignore[arg-type]
        lambda: MetadataValue.bool(1),  # type: ignore[arg-type]
        lambda: MetadataValue.json(5),  # type: ignore[arg-type]
        lambda: MetadataValue.path(5),  # type: ignore[arg-type]
        lambda: MetadataValue.timestamp("now"),  # type: ignore[arg-type]
        lambda: MetadataValue.table([]),
        lambda: MetadataValue.table([{"a": 1}, {"b": 1}]),
        lambda: MetadataValue.table([{"a": [1]}]),
        lambda: TableSchema("a"),  # type: ignore[arg-type]
        lambda: TableSchema(["a"]),  # type: ignore[list-item]
        lambda: TableColumn(5),  # type: ignore[arg-type]
    ],
)
def test_a_kind_refuses_a_value_of_another_type(make: Any) -> None:
    with pytest.raises(DagsterInvalidMetadata):
        make()


def test_a_table_without_schema_reads_its_columns_from_the_first_record() -> None:
    table = MetadataValue.table([{"a": 1, "b": 1.5, "c": True, "d": "x", "e": None}])
    assert {column.name: column.type for column in table.schema.columns} == {
        "a": "int",
        "b": "float",
        "c": "bool",
        "d": "string",
        "e": "string",
    }


def test_a_definition_keeps_the_very_object_that_the_user_wrote() -> None:
    reader = object()
    assert definition_metadata({"reader": reader})["reader"] is reader


def test_what_is_no_data_leaves_the_process_as_its_type_and_repr() -> None:
    class Reader:
        def __repr__(self) -> str:
            raise ValueError

    made = data_only_metadata({"f": print, "r": Reader()})
    assert made["f"] == OpaqueMetadataValue("builtin_function_or_method", "<built-in function print>")
    assert made["r"].repr == "<repr raised ValueError>"


def test_raw_json_that_looks_like_a_kind_is_not_mistaken_for_one() -> None:
    raw = {"__metadata__": "int", "value": "not one"}
    sent = wire.decode(wire.encode(data_only_metadata({"k": raw})), dict[str, Any])
    assert restore_metadata(sent) == {"k": JsonMetadataValue(raw)}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3) | st.tuples(inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON | st.sampled_from(EVERY_KIND) | st.builds(object), max_size=4))
def test_definition_metadata_as_data_is_what_comes_back_from_the_wire(mapping: dict[str, Any]) -> None:
    data = data_only_metadata(mapping)
    assert restore_metadata(wire.decode(wire.encode(data), dict[str, Any])) == data
    assert data_only_metadata(data) == data


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_event_metadata_comes_back_equal_from_the_wire(mapping: dict[str, Any]) -> None:
    made = normalize_metadata(mapping)
    assert msgspec.json.decode(wire.encode(made), type=dict[str, AnyMetadataValue]) == made
    assert normalize_metadata(made) == made


def test_only_finite_numbers_are_plotted() -> None:
    assert numeric_value(IntMetadataValue(3)) == 3.0
    assert numeric_value(FloatMetadataValue(0.5)) == 0.5
    unplotted = [
        IntMetadataValue(10**400),
        FloatMetadataValue(math.nan),
        BoolMetadataValue(True),
        TextMetadataValue("3"),
    ]
    assert [numeric_value(value) for value in unplotted] == [None] * 4
