"""Tables as metadata: their columns, constraints, a few records, and which columns came from which."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Union

import msgspec

from earmark.specs.metadata.faults import invalid_metadata
from earmark.values.keys import AssetKey

_set = msgspec.structs.force_setattr

Cell = Union[str, int, float, bool, None]
"""What one cell of a :class:`TableRecord` may hold."""


def _refuse_text(what: str, value: Any) -> None:
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        raise invalid_metadata(f"{what} is a list, not {value!r} ({type(value).__name__}).", value)


class TableConstraints(msgspec.Struct, frozen=True, omit_defaults=True):
    """What holds for a table as a whole, each constraint as a sentence or an SQL expression.

    Example:
        >>> TableConstraints(["at least one row per day"]).other
        ['at least one row per day']
    """

    other: list[str] = []

    def __post_init__(self) -> None:
        _refuse_text("TableConstraints(other=...)", self.other)


class TableColumnConstraints(msgspec.Struct, frozen=True, omit_defaults=True):
    """What holds for one column.

    Args:
        nullable: Whether cells may be empty.
        unique: Whether no two cells are equal.
        other: Further constraints, each as a sentence or an SQL expression.

    Example:
        >>> TableColumnConstraints(nullable=False, other=["> 0"]).nullable
        False
    """

    nullable: bool = True
    unique: bool = False
    other: list[str] = []

    def __post_init__(self) -> None:
        other: Any = self.other
        if other is None:
            _set(self, "other", [])
        _refuse_text("TableColumnConstraints(other=...)", self.other)


class TableColumn(msgspec.Struct, frozen=True, omit_defaults=True):
    """One column: its name, the name of its type (any words), a description, constraints and tags.

    Example:
        >>> TableColumn("id", "int", constraints=TableColumnConstraints(nullable=False)).type
        'int'
    """

    name: str
    type: str = "string"
    description: str | None = None
    constraints: TableColumnConstraints = TableColumnConstraints()
    tags: dict[str, str] = {}

    def __post_init__(self) -> None:
        words: tuple[Any, ...] = (self.name, self.type)
        if not all(isinstance(word, str) for word in words):
            raise invalid_metadata(
                f"A column has a name and a type, both text, not {self.name!r} and {self.type!r}.", self.name
            )
        constraints: Any = self.constraints
        tags: Any = self.tags
        if constraints is None:
            _set(self, "constraints", TableColumnConstraints())
        if tags is None:
            _set(self, "tags", {})


class TableSchema(msgspec.Struct, frozen=True, omit_defaults=True):
    """The columns of a table, in order, and what holds for the table as a whole.

    Example:
        >>> [column.name for column in TableSchema.from_name_type_dict({"id": "int", "name": "string"}).columns]
        ['id', 'name']
    """

    columns: list[TableColumn]
    constraints: TableConstraints = TableConstraints()

    def __post_init__(self) -> None:
        _refuse_text("TableSchema(columns=...)", self.columns)
        if type(self.columns) is not list:
            _set(self, "columns", list(self.columns))
        columns: list[Any] = self.columns
        for column in columns:
            if not isinstance(column, TableColumn):
                raise invalid_metadata(f"TableSchema(columns=...) holds TableColumn objects, not {column!r}.", column)
        constraints: Any = self.constraints
        if constraints is None:
            _set(self, "constraints", TableConstraints())

    @staticmethod
    def from_name_type_dict(name_type_dict: Mapping[str, str]) -> TableSchema:
        """Return the schema whose columns have the given names and types, in that order."""
        return TableSchema([TableColumn(name, kind) for name, kind in name_type_dict.items()])


class TableRecord(msgspec.Struct, frozen=True):
    """One row, as cells by column name. NaN and infinities become empty cells, as JSON has no word for them.

    Raises:
        DagsterInvalidMetadata: A cell is not text, a number, a bool or ``None``.

    Example:
        >>> TableRecord({"id": 1, "price": float("nan")}).data
        {'id': 1, 'price': None}
    """

    data: dict[str, Cell]

    def __post_init__(self) -> None:
        if not isinstance(self.data, Mapping):
            raise invalid_metadata(f"TableRecord(data=...) is a dict, not {self.data!r}.", self.data)
        _set(self, "data", {name: _cell(name, value) for name, value in self.data.items()})


def _cell(name: str, value: Any) -> Cell:
    kind = type(value)
    if kind is float:
        return value if math.isfinite(value) else None
    if value is None or kind in (str, int, bool):
        return value  # type: ignore[no-any-return]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__index__(value)
    if isinstance(value, float):
        return _cell(name, float.__float__(value))
    raise invalid_metadata(
        f"The cell {name!r} of a table record is text, a number, a bool or None, not {value!r} ({kind.__name__}).",
        value,
    )


class TableColumnDep(msgspec.Struct, frozen=True):
    """A column that another one was made from: the asset that holds it, and its name.

    Example:
        >>> TableColumnDep("orders", "price").asset_key
        AssetKey(['orders'])
    """

    asset_key: AssetKey
    column_name: str

    def __post_init__(self) -> None:
        key: Any = self.asset_key
        if not isinstance(key, AssetKey):
            _set(self, "asset_key", AssetKey.from_coercible(key))


class TableColumnLineage(msgspec.Struct, frozen=True):
    """For each column of an asset, the columns it was made from.

    Example:
        >>> lineage = TableColumnLineage({"total": [TableColumnDep("orders", "price")]})
        >>> lineage.deps_by_column["total"][0].column_name
        'price'
    """

    deps_by_column: dict[str, list[TableColumnDep]]

    def __post_init__(self) -> None:
        if not isinstance(self.deps_by_column, Mapping):
            raise invalid_metadata(
                f"TableColumnLineage(deps_by_column=...) is a dict, not {self.deps_by_column!r}.",
                self.deps_by_column,
            )
        _set(self, "deps_by_column", {name: list(deps) for name, deps in self.deps_by_column.items()})


def infer_schema(records: list[TableRecord]) -> TableSchema:
    """Return the schema of records that all have the columns of the first.

    A column has the type of its first cell: ``int``, ``float``, ``bool`` or ``string``.

    Raises:
        DagsterInvalidMetadata: There are no records, or they differ in their columns.
    """
    if not records:
        raise invalid_metadata("A table without records needs a schema.", records)
    first = records[0].data
    for record in records:
        if record.data.keys() != first.keys():
            raise invalid_metadata(
                f"All records of a table have the same columns; one has {sorted(first)}"
                f" and another {sorted(record.data)}.",
                record,
            )
    return TableSchema([TableColumn(name, infer_column_type(value)) for name, value in first.items()])


def infer_column_type(value: Any) -> str:
    """Return the name of the column type that a cell suggests."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float"
    return "string"
