"""The words of the Pipes protocol: what a process is told of its step, and what it may say back.

Parameters travel as base64 of zlib of JSON, in two environment variables or command line options; messages are objects
of JSON, one a line. The other side may be any program that speaks this; in Python, the package ``dagster-pipes``.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict

from earmark.define.ops.outputs import AssetCheckResult, DataVersion, MaterializeResult
from earmark.execute.contexts.execution import AnyContext
from earmark.partitions import TimeWindow
from earmark.specs.metadata import (
    MetadataValue,
    TableColumn,
    TableColumnConstraints,
    TableColumnDep,
    TableColumnLineage,
    TableConstraints,
    TableSchema,
    as_metadata_value,
)
from earmark.specs.severity import AssetCheckSeverity
from earmark.values.errors import (
    DagsterError,
    DagsterInvariantViolationError,
    DagsterPipesExecutionError,
    did_you_mean,
)
from earmark.values.keys import AssetKey

VERSION_FIELD = "__dagster_pipes_version"
PROTOCOL_VERSION = "0.1"
CONTEXT_VARIABLE = "DAGSTER_PIPES_CONTEXT"
MESSAGES_VARIABLE = "DAGSTER_PIPES_MESSAGES"
CONTEXT_OPTION = "--dagster-pipes-context"
MESSAGES_OPTION = "--dagster-pipes-messages"

PipesParams: TypeAlias = Mapping[str, Any]
"""What tells a process where its context lies, or where its messages go: data of JSON."""

PipesMessage: TypeAlias = Mapping[str, Any]
"""One message: its version, its ``method`` and its ``params``."""

PipesExecutionResult: TypeAlias = MaterializeResult[Any] | AssetCheckResult
"""What a process can report: that an asset was written, or how a check ended."""


class PipesLaunchedData(TypedDict):
    """What is known of a process only once it was started: the id of a job elsewhere, say.

    Example:
        >>> PipesLaunchedData(extras={"job_id": "17"})["extras"]["job_id"]
        '17'
    """

    extras: Mapping[str, Any]


def encode_param(value: Any) -> str:
    """Return data of JSON as text for an environment variable.

    Example:
        >>> decode_param(encode_param({"path": "messages"}))
        {'path': 'messages'}
    """
    return base64.b64encode(zlib.compress(json.dumps(value).encode())).decode()


def decode_param(text: str) -> Any:
    """Return what :func:`encode_param` made text of."""
    return json.loads(zlib.decompress(base64.b64decode(text)))


def context_data_of(context: AnyContext, extras: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what the process may know of its step.

    Raises:
        DagsterPipesExecutionError: The extras are not data of JSON.
    """
    data: dict[str, Any] = {
        "asset_keys": None,
        "code_version_by_asset_key": None,
        "provenance_by_asset_key": None,
        "partition_key": None,
        "partition_key_range": None,
        "partition_time_window": None,
        "run_id": context.run_id,
        "job_name": context._scope.run.job.name if context._scope.run is not None else None,
        "retry_number": context.retry_number,
        "extras": dict(extras or {}),
    }
    if context.has_assets_def:
        keys = sorted(context.selected_asset_keys or {check.asset_key for check in context.selected_asset_check_keys})
        data["asset_keys"] = [key.to_user_string() for key in keys]
        versions = {spec.key: spec.code_version for spec in context.assets_def.specs}
        data["code_version_by_asset_key"] = {key.to_user_string(): versions.get(key) for key in keys}
        data["provenance_by_asset_key"] = {key.to_user_string(): _provenance(context, key) for key in keys}
    if context.has_partitions:
        chosen = context.partition_key_range
        data["partition_key"] = str(context.partition_key) if chosen.start == chosen.end else None
        data["partition_key_range"] = {"start": str(chosen.start), "end": str(chosen.end)}
        window = _time_window(context)
        if window is not None:
            data["partition_time_window"] = {"start": window.start.isoformat(), "end": window.end.isoformat()}
    try:
        json.dumps(data)
    except (TypeError, ValueError) as error:
        raise DagsterPipesExecutionError(
            f"The extras of a Pipes process are data of JSON (text, numbers, lists, dicts), and these are not: {error}."
        ) from error
    return data


def _provenance(context: AnyContext, key: AssetKey) -> dict[str, Any] | None:
    found = context.get_asset_provenance(key)
    if found is None:
        return None
    return {
        "code_version": found.code_version,
        "input_data_versions": {one.to_user_string(): version for one, version in found.input_data_versions.items()},
        "is_user_provided": found.is_user_provided,
    }


def _time_window(context: AnyContext) -> TimeWindow | None:
    try:
        return context.partition_time_window
    except DagsterInvariantViolationError:
        return None  # the partitions are no windows of time


def materialization_of(params: Mapping[str, Any]) -> MaterializeResult[Any]:
    """Return the materialization that a message reports.

    Raises:
        DagsterPipesExecutionError: A part of it is missing, or of the wrong kind.
    """
    version = params.get("data_version")
    if version is not None and not isinstance(version, str):
        raise DagsterPipesExecutionError(f"A data version is text, not {version!r}.")
    return MaterializeResult(
        asset_key=AssetKey.from_user_string(text_of(params, "asset_key")),
        metadata=metadata_of(params.get("metadata")),
        data_version=None if version is None else DataVersion(version),
    )


def check_of(params: Mapping[str, Any]) -> AssetCheckResult:
    """Return the result of a check that a message reports.

    Raises:
        DagsterPipesExecutionError: A part of it is missing, or of the wrong kind.
    """
    passed, severity = params.get("passed"), params.get("severity", "ERROR")
    if not isinstance(passed, bool):
        raise DagsterPipesExecutionError(f"A check passed or it did not: 'passed' is true or false, not {passed!r}.")
    severities = [one.value for one in AssetCheckSeverity]
    if severity not in severities:
        raise DagsterPipesExecutionError(f"The severity of a check is {' or '.join(severities)}, not {severity!r}.")
    return AssetCheckResult(
        passed=passed,
        asset_key=AssetKey.from_user_string(text_of(params, "asset_key")),
        check_name=text_of(params, "check_name"),
        metadata=metadata_of(params.get("metadata")),
        severity=AssetCheckSeverity(severity),
    )


def text_of(params: Mapping[str, Any], name: str) -> str:
    """Return a part of a message that is text.

    Raises:
        DagsterPipesExecutionError: It is missing, or no text.
    """
    value = params.get(name)
    if isinstance(value, str) and value:
        return value
    raise DagsterPipesExecutionError(f"The message needs {name!r} as text, and has {value!r}.")


def metadata_of(given: Any) -> dict[str, MetadataValue]:
    """Return metadata as a message has it (a raw value with the name of its kind) as metadata values.

    Raises:
        DagsterPipesExecutionError: A kind is unknown, or a value does not fit its kind.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise DagsterPipesExecutionError(f"Metadata is an object of JSON, not {given!r}.")
    return {name: _metadata_value(name, value) for name, value in given.items()}


def _metadata_value(name: str, given: Any) -> MetadataValue:
    if not isinstance(given, Mapping) or "raw_value" not in given:
        raise DagsterPipesExecutionError(f"The metadata {name!r} needs a 'raw_value' and a 'type', and is {given!r}.")
    kind = given.get("type", "__infer__")
    make = _KINDS.get(kind)
    if make is None:
        raise DagsterPipesExecutionError(
            f"The metadata {name!r} is of the kind {kind!r}, which the protocol does not have; it has"
            f" {', '.join(_KINDS)}.{did_you_mean(str(kind), _KINDS)}"
        )
    try:
        return make(given["raw_value"])
    except (DagsterError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise DagsterPipesExecutionError(
            f"The metadata {name!r} of the kind {kind!r} cannot be {given['raw_value']!r}: {error}"
        ) from error


def _schema(raw: Any) -> TableSchema:
    if isinstance(raw, Mapping):
        constraints, raw = raw.get("constraints"), raw["columns"]
    else:
        constraints = None
    return TableSchema([_column(one) for one in raw], TableConstraints((constraints or {}).get("other") or []))


def _column(raw: Mapping[str, Any]) -> TableColumn:
    limits = raw.get("constraints")
    return TableColumn(
        raw["name"],
        raw.get("type") or "string",
        raw.get("description"),
        TableColumnConstraints(**limits) if limits else TableColumnConstraints(),
        dict(raw.get("tags") or {}),
    )


def _table(raw: Mapping[str, Any]) -> MetadataValue:
    schema = raw.get("schema")
    return MetadataValue.table(raw["records"], None if schema is None else _schema(schema))


def _lineage(raw: Mapping[str, Any]) -> MetadataValue:
    deps: Mapping[str, Sequence[Mapping[str, Any]]] = raw["deps_by_column"]
    return MetadataValue.column_lineage(
        TableColumnLineage(
            {
                column: [TableColumnDep(AssetKey.from_user_string(one["asset_key"]), one["column_name"]) for one in of]
                for column, of in deps.items()
            }
        )
    )


_KINDS: dict[str, Callable[[Any], MetadataValue]] = {
    "__infer__": as_metadata_value,
    "text": MetadataValue.text,
    "url": MetadataValue.url,
    "path": MetadataValue.path,
    "notebook": MetadataValue.notebook,
    "json": MetadataValue.json,
    "md": MetadataValue.md,
    "float": MetadataValue.float,
    "int": MetadataValue.int,
    "bool": MetadataValue.bool,
    "dagster_run": MetadataValue.dagster_run,
    "asset": lambda raw: MetadataValue.asset(AssetKey.from_user_string(raw)),
    "job": MetadataValue.job,
    "null": lambda _raw: MetadataValue.null(),
    "table": _table,
    "table_schema": lambda raw: MetadataValue.table_schema(_schema(raw)),
    "table_column_lineage": _lineage,
    "timestamp": MetadataValue.timestamp,
}
"""How the raw value of each kind of metadata is read, by the names of the protocol."""
