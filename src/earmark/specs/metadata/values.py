"""The kinds of metadata: each value that user code attaches to a definition or an event is one of these."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeAlias, Union, runtime_checkable

import msgspec

from earmark.specs.metadata.faults import invalid_metadata
from earmark.specs.metadata.jsonable import json_data
from earmark.specs.metadata.table import (
    TableColumnLineage,
    TableRecord,
    TableSchema,
    infer_column_type,
    infer_schema,
)
from earmark.values.keys import AssetKey, CoercibleToAssetKey

_set = msgspec.structs.force_setattr
_Float: TypeAlias = float
_Int: TypeAlias = int
_Bool: TypeAlias = bool

KIND_FIELD = "__metadata__"
"""The field that tells the kind of a value on the wire; no user's JSON is mistaken for it."""


@runtime_checkable
class PathLike(Protocol):
    """Anything that stands for the path of a file, such as a ``pathlib.Path``."""

    def __fspath__(self) -> str:
        """Return the path as text."""


class NonFinite(float, enum.Enum):
    """The floats that JSON has no word for. Each is a float, and travels as text."""

    NAN = "nan"
    INFINITY = "inf"
    MINUS_INFINITY = "-inf"

    def __new__(cls, text: str) -> NonFinite:
        member = float.__new__(cls, text)
        member._value_ = text
        return member

    def __repr__(self) -> str:
        return float.__repr__(self)

    __str__ = __repr__

    @classmethod
    def of(cls, value: float) -> NonFinite:
        """Return the member that stands for a float which is not finite."""
        if math.isnan(value):
            return cls.NAN
        return cls.INFINITY if value > 0 else cls.MINUS_INFINITY


class MetadataValue(msgspec.Struct, frozen=True, omit_defaults=True, tag_field=KIND_FIELD):
    """A fact about a definition or an event, of a kind that a person's eye or a plot can use.

    Make one with the static constructors; ``value`` is what it holds, as Python.

    Example:
        >>> MetadataValue.url("https://example.org/report").value
        'https://example.org/report'
        >>> MetadataValue.int(3) == IntMetadataValue(3)
        True
    """

    @property
    def value(self) -> Any:
        """What it holds, as Python; a kind without a simpler form gives itself."""
        return self

    @staticmethod
    def text(text: str) -> TextMetadataValue:
        """A short text."""
        return TextMetadataValue(text)

    @staticmethod
    def url(url: str) -> UrlMetadataValue:
        """A link."""
        return UrlMetadataValue(url)

    @staticmethod
    def path(path: str | PathLike) -> PathMetadataValue:
        """The path of a file or folder."""
        return PathMetadataValue(path)  # type: ignore[arg-type]

    @staticmethod
    def notebook(path: str | PathLike) -> NotebookMetadataValue:
        """The path of a notebook."""
        return NotebookMetadataValue(path)  # type: ignore[arg-type]

    @staticmethod
    def json(data: Sequence[Any] | Mapping[str, Any] | None) -> JsonMetadataValue:
        """JSON data: a dict, a list, text or ``None``."""
        return JsonMetadataValue(data)

    @staticmethod
    def md(data: str) -> MarkdownMetadataValue:
        """Text in Markdown."""
        return MarkdownMetadataValue(data)

    @staticmethod
    def python_artifact(python_artifact: Any) -> PythonArtifactMetadataValue:
        """A class or function, by its module and name."""
        module = getattr(python_artifact, "__module__", None)
        name = getattr(python_artifact, "__name__", None)
        if module is None or name is None:
            raise invalid_metadata(
                f"MetadataValue.python_artifact takes a class or a function, not {python_artifact!r}.",
                python_artifact,
            )
        return PythonArtifactMetadataValue(module, name)

    @staticmethod
    def float(value: _Float) -> FloatMetadataValue:
        """A number with a fraction; NaN and infinities are allowed."""
        return FloatMetadataValue(value)

    @staticmethod
    def int(value: _Int) -> IntMetadataValue:
        """A whole number."""
        return IntMetadataValue(value)

    @staticmethod
    def bool(value: _Bool) -> BoolMetadataValue:
        """True or false."""
        return BoolMetadataValue(value)

    @staticmethod
    def dagster_run(run_id: str) -> DagsterRunMetadataValue:
        """A run, by its id."""
        return DagsterRunMetadataValue(run_id)

    @staticmethod
    def asset(asset_key: CoercibleToAssetKey) -> DagsterAssetMetadataValue:
        """An asset, by its key."""
        return DagsterAssetMetadataValue(AssetKey.from_coercible(asset_key))

    @staticmethod
    def job(
        job_name: str, location_name: str | None = None, *, repository_name: str | None = None
    ) -> DagsterJobMetadataValue:
        """A job, by its name and code location."""
        return DagsterJobMetadataValue(job_name, location_name, repository_name)

    @staticmethod
    def table(
        records: Sequence[TableRecord | Mapping[str, Any]], schema: TableSchema | None = None
    ) -> TableMetadataValue:
        """A small table; without a schema, the records say what the columns are."""
        return TableMetadataValue(records, schema)  # type: ignore[arg-type]

    @staticmethod
    def table_schema(schema: TableSchema) -> TableSchemaMetadataValue:
        """The columns of a table."""
        return TableSchemaMetadataValue(schema)

    @staticmethod
    def column_lineage(lineage: TableColumnLineage) -> TableColumnLineageMetadataValue:
        """Which columns came from which."""
        return TableColumnLineageMetadataValue(lineage)

    @staticmethod
    def null() -> NullMetadataValue:
        """Nothing, said on purpose."""
        return NullMetadataValue()

    @staticmethod
    def timestamp(value: _Float | datetime) -> TimestampMetadataValue:
        """An instant: POSIX seconds, or an aware datetime."""
        return TimestampMetadataValue(value)  # type: ignore[arg-type]

    @staticmethod
    def pool(pool: str) -> PoolMetadataValue:
        """A concurrency pool, by its name."""
        return PoolMetadataValue(pool)


def _expect(value: Any, kind: type | tuple[type, ...], what: str) -> None:
    if not isinstance(value, kind):
        raise invalid_metadata(f"{what}, not {value!r} ({type(value).__name__}).", value)


def _plain_text(self: Any, field: str, what: str) -> None:
    text = getattr(self, field)
    _expect(text, str, what)
    if type(text) is not str:
        _set(self, field, str.__str__(text))


class TextMetadataValue(MetadataValue, frozen=True, tag="text"):
    """A short text.

    Example:
        >>> em.AssetMaterialization("orders", metadata={"source": "as of noon"}).metadata["source"]
        TextMetadataValue(text='as of noon')
    """

    text: str  # type: ignore[assignment]

    def __post_init__(self) -> None:
        _plain_text(self, "text", "MetadataValue.text takes text")

    @property
    def value(self) -> str:
        """The text."""
        return self.text


class UrlMetadataValue(MetadataValue, frozen=True, tag="url"):
    """A link. ``None`` stands for a link that is not known yet.

    Example:
        >>> written = em.AssetMaterialization("orders", metadata={"report": MetadataValue.url("https://example.org/7")})
        >>> written.metadata["report"].url
        'https://example.org/7'
    """

    url: str | None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.url is not None:
            _plain_text(self, "url", "MetadataValue.url takes text")

    @property
    def value(self) -> str | None:
        """The link."""
        return self.url


class PathMetadataValue(MetadataValue, frozen=True, tag="path"):
    """The path of a file or folder, as text.

    Example:
        >>> from pathlib import Path
        >>> em.AssetMaterialization("orders", metadata={"file": Path("data") / "orders.csv"}).metadata["file"].path
        'data/orders.csv'
    """

    path: str  # type: ignore[assignment]

    def __post_init__(self) -> None:
        path: Any = self.path
        _expect(path, (str, PathLike), f"{type(self).__name__} takes a path")
        if not isinstance(path, str):
            _set(self, "path", path.__fspath__())
        _plain_text(self, "path", f"{type(self).__name__} takes a path made of text")

    @property
    def fspath(self) -> str:
        """The path, as text."""
        return self.path

    @property
    def value(self) -> str:
        """The path, as text."""
        return self.path


class NotebookMetadataValue(PathMetadataValue, frozen=True, tag="notebook"):
    """The path of a notebook, as text.

    Example:
        >>> NotebookMetadataValue("report.ipynb").path
        'report.ipynb'
    """


class JsonMetadataValue(MetadataValue, frozen=True, tag="json"):
    """JSON data, as it comes back from the wire: tuples are lists, keys are text, NaN is ``None``.

    Raises:
        DagsterInvalidMetadata: The data is not JSON.

    Example:
        >>> JsonMetadataValue({"bounds": (1, 2)}).value
        {'bounds': [1, 2]}
    """

    data: Any

    def __post_init__(self) -> None:
        _expect(self.data, (Mapping, list, tuple, str, type(None)), "JSON metadata is a dict or a list")
        _set(self, "data", json_data(self.data))

    @property
    def value(self) -> Any:
        """The data."""
        return self.data


class MarkdownMetadataValue(MetadataValue, frozen=True, tag="md"):
    """Text in Markdown.

    Example:
        >>> stored = em.Output(None, metadata={"summary": MetadataValue.md("**three** rows")})
        >>> stored.metadata["summary"]
        MarkdownMetadataValue(md_str='**three** rows')
    """

    md_str: str

    def __post_init__(self) -> None:
        _plain_text(self, "md_str", "MetadataValue.md takes text")

    @property
    def value(self) -> str:
        """The Markdown source."""
        return self.md_str


class PythonArtifactMetadataValue(MetadataValue, frozen=True, tag="python_artifact"):
    """A class or function, by its module and name.

    Example:
        >>> MetadataValue.python_artifact(dict)
        PythonArtifactMetadataValue(module='builtins', name='dict')
    """

    module: str
    name: str


class FloatMetadataValue(MetadataValue, frozen=True, tag="float"):
    """A number with a fraction.

    Example:
        >>> loaded = em.AssetMaterialization("orders", metadata={"share": 0.5, "worst": float("inf")})
        >>> loaded.metadata["share"], loaded.metadata["worst"].value
        (FloatMetadataValue(value=0.5), inf)
    """

    value: float | NonFinite

    def __post_init__(self) -> None:
        if type(self.value) is float and math.isfinite(self.value):
            return
        _expect(self.value, (float, int), "MetadataValue.float takes a float")
        if isinstance(self.value, bool):
            raise invalid_metadata(f"MetadataValue.float takes a float, not {self.value!r} (bool).", self.value)
        number = float(self.value)
        _set(self, "value", number if math.isfinite(number) else NonFinite.of(number))


class IntMetadataValue(MetadataValue, frozen=True, tag="int"):
    """A whole number.

    Example:
        >>> counted = em.MaterializeResult(metadata={"rows": 3, "bytes": 2**70})
        >>> counted.metadata["rows"], counted.metadata["bytes"].value == 2**70
        (IntMetadataValue(value=3), True)
    """

    value: int

    def __post_init__(self) -> None:
        if type(self.value) is int:
            return
        _expect(self.value, int, "MetadataValue.int takes an int")
        _set(self, "value", int.__index__(self.value))


class BoolMetadataValue(MetadataValue, frozen=True, tag="bool"):
    """True or false.

    Example:
        >>> em.MaterializeResult(metadata={"complete": True}).metadata["complete"]
        BoolMetadataValue(value=True)
    """

    value: bool

    def __post_init__(self) -> None:
        _expect(self.value, bool, "MetadataValue.bool takes a bool")


class DagsterRunMetadataValue(MetadataValue, frozen=True, tag="dagster_run"):
    """A run, by its id.

    Example:
        >>> @em.asset
        ... def trained(context):
        ...     return em.MaterializeResult(metadata={"run": MetadataValue.dagster_run(context.run_id)})
        >>> result = em.materialize([trained])
        >>> [written] = result.asset_materializations_for_node("trained")
        >>> written.metadata["run"] == DagsterRunMetadataValue(result.run_id)
        True
    """

    run_id: str

    def __post_init__(self) -> None:
        _plain_text(self, "run_id", "MetadataValue.dagster_run takes the id of a run")

    @property
    def value(self) -> str:
        """The run's id."""
        return self.run_id


class DagsterAssetMetadataValue(MetadataValue, frozen=True, tag="asset"):
    """An asset, by its key.

    Example:
        >>> copied = em.AssetSpec("copy", metadata={"copied_from": MetadataValue.asset(["sales", "orders"])})
        >>> copied.metadata["copied_from"].asset_key.to_user_string()
        'sales/orders'
    """

    asset_key: AssetKey

    def __post_init__(self) -> None:
        key: Any = self.asset_key
        if not isinstance(key, AssetKey):
            _set(self, "asset_key", AssetKey.from_coercible(key))

    @property
    def value(self) -> AssetKey:
        """The asset's key."""
        return self.asset_key


class DagsterJobMetadataValue(MetadataValue, frozen=True, tag="job"):
    """A job, by its name and code location.

    Example:
        >>> DagsterJobMetadataValue("daily", "warehouse").job_name
        'daily'
    """

    job_name: str
    location_name: str | None = None
    repository_name: str | None = None


class TableMetadataValue(MetadataValue, frozen=True, tag="table"):
    """A small table: records, and their columns.

    Args:
        records: Rows, as :class:`TableRecord` or as dicts; all with the same columns.
        schema: The columns; needed if there are no records.

    Example:
        >>> TableMetadataValue([{"id": 1, "name": "a"}]).schema.columns[0].type
        'int'
    """

    records: list[TableRecord]
    schema: TableSchema = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        _expect(self.records, (list, tuple), "The records of a table are a list of TableRecord")
        records = [row if isinstance(row, TableRecord) else TableRecord(row) for row in self.records]
        _set(self, "records", records)
        schema: Any = self.schema
        if schema is None:
            _set(self, "schema", infer_schema(records))

    @staticmethod
    def infer_column_type(value: Any) -> str:
        """Return the name of the column type that a cell suggests: ``int``, ``float``, ``bool`` or ``string``."""
        return infer_column_type(value)


class TableSchemaMetadataValue(MetadataValue, frozen=True, tag="table_schema"):
    """The columns of a table.

    Example:
        >>> schema = TableSchema.from_name_type_dict({"id": "int", "total": "float"})
        >>> orders = em.AssetMaterialization("orders", metadata={"dagster/column_schema": schema})
        >>> [(column.name, column.type) for column in orders.metadata["dagster/column_schema"].schema.columns]
        [('id', 'int'), ('total', 'float')]
    """

    schema: TableSchema

    def __post_init__(self) -> None:
        _expect(self.schema, TableSchema, "MetadataValue.table_schema takes a TableSchema")

    @property
    def value(self) -> TableSchema:
        """The schema."""
        return self.schema


class TableColumnLineageMetadataValue(MetadataValue, frozen=True, tag="column_lineage"):
    """Which columns came from which.

    Example:
        >>> lineage = TableColumnLineage({"total": [em.TableColumnDep("orders", "price")]})
        >>> sums = em.AssetMaterialization("sums", metadata={"dagster/column_lineage": lineage})
        >>> [dep] = sums.metadata["dagster/column_lineage"].column_lineage.deps_by_column["total"]
        >>> dep.asset_key, dep.column_name
        (AssetKey(['orders']), 'price')
    """

    column_lineage: TableColumnLineage  # type: ignore[assignment]

    def __post_init__(self) -> None:
        _expect(self.column_lineage, TableColumnLineage, "MetadataValue.column_lineage takes a TableColumnLineage")

    @property
    def lineage(self) -> TableColumnLineage:
        """The lineage."""
        return self.column_lineage

    @property
    def value(self) -> TableColumnLineage:
        """The lineage."""
        return self.column_lineage


class NullMetadataValue(MetadataValue, frozen=True, tag="null"):
    """Nothing, said on purpose.

    Example:
        >>> em.AssetMaterialization("orders", metadata={"previous": None}).metadata["previous"]
        NullMetadataValue()
    """

    @property
    def value(self) -> None:
        """``None``."""
        return None


class TimestampMetadataValue(MetadataValue, frozen=True, tag="timestamp"):
    """An instant, in POSIX seconds; made from seconds or from an aware datetime.

    Example:
        >>> from datetime import datetime, timezone
        >>> noon = datetime(2024, 1, 1, 12, tzinfo=timezone.utc)
        >>> em.AssetMaterialization("orders", metadata={"as_of": noon}).metadata["as_of"].value
        1704110400.0
    """

    value: float

    def __post_init__(self) -> None:
        moment: Any = self.value
        if isinstance(moment, datetime):
            if moment.tzinfo is None:
                raise invalid_metadata(
                    f"MetadataValue.timestamp takes a datetime with a time zone, and {moment!r} has none.",
                    moment,
                )
            _set(self, "value", moment.timestamp())
            return
        _expect(moment, (float, int), "MetadataValue.timestamp takes POSIX seconds or a datetime")
        if not math.isfinite(moment):
            raise invalid_metadata(f"MetadataValue.timestamp takes an instant, not {moment!r}.", moment)
        _set(self, "value", float(moment))


class PoolMetadataValue(MetadataValue, frozen=True, tag="pool"):
    """A concurrency pool, by its name.

    Example:
        >>> em.AssetSpec("orders", metadata={"written_under": MetadataValue.pool("database")}).metadata["written_under"]
        PoolMetadataValue(pool='database')
    """

    pool: str  # type: ignore[assignment]

    def __post_init__(self) -> None:
        _plain_text(self, "pool", "MetadataValue.pool takes the name of a pool")

    @property
    def name(self) -> str:
        """The pool's name."""
        return self.pool

    @property
    def value(self) -> str:
        """The pool's name."""
        return self.pool


class LocalFileCodeReference(msgspec.Struct, frozen=True, omit_defaults=True, tag="file"):
    """Where something is defined, as a file of this machine.

    Example:
        >>> LocalFileCodeReference("assets/orders.py", 12).line_number
        12
    """

    file_path: str
    line_number: int | None = None
    label: str | None = None


class UrlCodeReference(msgspec.Struct, frozen=True, omit_defaults=True, tag="url"):
    """Where something is defined, as a link.

    Example:
        >>> UrlCodeReference("https://example.org/orders.py#L12", label="orders").label
        'orders'
    """

    url: str
    label: str | None = None


class CodeReferencesMetadataValue(MetadataValue, frozen=True, tag="code_references"):
    """Where a definition stands in the code.

    Example:
        >>> CodeReferencesMetadataValue([LocalFileCodeReference("assets/orders.py", 12)]).code_references[0].file_path
        'assets/orders.py'
    """

    code_references: list[LocalFileCodeReference | UrlCodeReference]

    def __post_init__(self) -> None:
        _set(self, "code_references", list(self.code_references))


class OpaqueMetadataValue(MetadataValue, frozen=True, tag="opaque"):
    """What remains of an object that is not data once it leaves the user's process: its type and how it prints.

    The names follow Python: ``type_name`` is ``module.qualified_name``.
    """

    type_name: str
    repr: str


AnyMetadataValue = Union[
    TextMetadataValue,
    UrlMetadataValue,
    PathMetadataValue,
    NotebookMetadataValue,
    JsonMetadataValue,
    MarkdownMetadataValue,
    PythonArtifactMetadataValue,
    FloatMetadataValue,
    IntMetadataValue,
    BoolMetadataValue,
    DagsterRunMetadataValue,
    DagsterAssetMetadataValue,
    DagsterJobMetadataValue,
    TableMetadataValue,
    TableSchemaMetadataValue,
    TableColumnLineageMetadataValue,
    NullMetadataValue,
    TimestampMetadataValue,
    PoolMetadataValue,
    CodeReferencesMetadataValue,
    OpaqueMetadataValue,
]
"""Every kind, for typed decoding."""
