"""Checks of what the latest materialization of an asset says of it: its columns, a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from earmark.define.assets.asset_check import AssetChecksDefinition
from earmark.define.checks.build import Judgement, check_each, keys_of_all
from earmark.events.kinds import AssetMaterialized
from earmark.specs.metadata.table import TableSchema
from earmark.specs.metadata.values import MetadataValue
from earmark.specs.severity import AssetCheckSeverity
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location
from earmark.values.keys import AssetKey

COLUMN_SCHEMA = "dagster/column_schema"


def build_column_schema_change_checks(
    *, assets: Sequence[Any], severity: AssetCheckSeverity = AssetCheckSeverity.WARN
) -> Sequence[AssetChecksDefinition]:
    """Return checks that the columns of assets are those of the materialization before the latest.

    The columns are the metadata ``dagster/column_schema``, a :class:`TableSchema`.

    Args:
        assets: The assets: keys, strings, specs, definitions.
        severity: How bad another schema is.

    Raises:
        DagsterInvalidDefinitionError: No asset is named, or one twice.

    Example:
        >>> (check,) = build_column_schema_change_checks(assets=["orders"])
        >>> [key.to_user_string() for key in check.check_keys]
        ['orders:column_schema_change']
    """
    return check_each(
        keys_of_all(assets, "build_column_schema_change_checks"),
        _judge_columns,
        step="column_schema_change",
        name="column_schema_change",
        description="Checks that the columns are those of the materialization before the latest.",
        severity=severity,
    )


def _judge_columns(context: Any, key: AssetKey) -> Judgement:
    latest = _latest_metadata(context, key, 2)
    if len(latest) < 2:
        return True, "The asset was materialized fewer than two times.", {}
    new, old = (_columns(metadata) for metadata in latest)
    if new is None or old is None:
        which = "latest materialization" if new is None else "materialization before the latest"
        # What was never told cannot have changed; a schema that is no longer told can.
        return new is None and old is None, f"The {which} has no metadata {COLUMN_SCHEMA!r}.", {}
    changes = {
        "added": [name for name in new if name not in old],
        "removed": [name for name in old if name not in new],
        "type_changed": [f"{name}: {old[name]} -> {kind}" for name, kind in new.items() if old.get(name, kind) != kind],
    }
    if not any(changes.values()):
        return True, "The columns are those of the materialization before.", {}
    words = {"added": "added", "removed": "removed", "type_changed": "of another type"}
    said = "; ".join(f"{words[how]}: {', '.join(names)}" for how, names in changes.items() if names)
    return False, f"Columns {said}.", {name: MetadataValue.json(names) for name, names in changes.items() if names}


def _columns(metadata: dict[str, MetadataValue]) -> dict[str, str] | None:
    schema = getattr(metadata.get(COLUMN_SCHEMA), "value", None)
    return {column.name: column.type for column in schema.columns} if isinstance(schema, TableSchema) else None


def build_metadata_bounds_checks(
    *,
    assets: Sequence[Any],
    severity: AssetCheckSeverity = AssetCheckSeverity.WARN,
    metadata_key: str,
    min_value: float | None = None,
    max_value: float | None = None,
    exclusive_min: bool = False,
    exclusive_max: bool = False,
) -> Sequence[AssetChecksDefinition]:
    """Return checks that a number in the metadata of the latest materialization of assets lies between bounds.

    Args:
        assets: The assets: keys, strings, specs, definitions.
        severity: How bad a number beyond the bounds is.
        metadata_key: The name of the number.
        min_value: The least that it may be.
        max_value: The most that it may be.
        exclusive_min: Whether it has to be more than the least.
        exclusive_max: Whether it has to be less than the most.

    Raises:
        DagsterInvalidDefinitionError: No asset is named, or one twice; there is no bound, or no number between them.

    Example:
        >>> import earmark as em
        >>> @em.asset
        ... def orders():
        ...     return em.MaterializeResult(metadata={"rows": 5})
        >>> checks = build_metadata_bounds_checks(assets=[orders], metadata_key="rows", min_value=1, max_value=3)
        >>> with em.DagsterInstance.ephemeral() as instance:
        ...     result = em.materialize([orders, *checks], instance=instance)
        ...     result.get_asset_check_evaluations()[0].description
        "'rows' is 5, which is not at most 3."
    """
    if min_value is None and max_value is None:
        raise DagsterInvalidDefinitionError(
            f"The check of {metadata_key!r} has no bound: pass min_value, max_value, or both.", where=caller_location()
        )
    if min_value is not None and max_value is not None and max_value < min_value:
        raise DagsterInvalidDefinitionError(
            f"max_value ({max_value:g}) of the check of {metadata_key!r} is less than min_value ({min_value:g}).",
            where=caller_location(),
        )
    bounds: list[tuple[str, float, bool]] = []
    if min_value is not None:
        bounds.append(("more than" if exclusive_min else "at least", min_value, exclusive_min))
    if max_value is not None:
        bounds.append(("less than" if exclusive_max else "at most", max_value, exclusive_max))

    def judge(context: Any, key: AssetKey) -> Judgement:
        latest = _latest_metadata(context, key, 1)
        if not latest:
            return False, "The asset was never materialized.", {}
        value = getattr(latest[0].get(metadata_key), "value", None)
        if value is None:
            return False, f"The latest materialization has no metadata {metadata_key!r}.", {}
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False, f"{metadata_key!r} is {value!r}, which is no number.", {}
        for words, bound, is_exclusive in bounds:
            if not _is_within(words, value, bound, is_exclusive):
                return False, f"{metadata_key!r} is {value}, which is not {words} {bound:g}.", {}
        return True, f"{metadata_key!r} is {value}.", {}

    said = " and ".join(f"{words} {bound:g}" for words, bound, _ in bounds)
    return check_each(
        keys_of_all(assets, "build_metadata_bounds_checks"),
        judge,
        step="metadata_bounds",
        name=_check_name(metadata_key),
        description=f"Checks that {metadata_key!r} of the latest materialization is {said}.",
        severity=severity,
    )


def _is_within(words: str, value: float, bound: float, is_exclusive: bool) -> bool:
    if value == bound:
        return not is_exclusive
    return value > bound if words in ("more than", "at least") else value < bound


def _check_name(metadata_key: str) -> str:
    """Return the name of a check of a metadata key; keys may hold what names may not."""
    return "".join(letter if letter.isalnum() or letter == "_" else "_" for letter in metadata_key) + "_bounds_check"


def _latest_metadata(context: Any, key: AssetKey, count: int) -> list[dict[str, MetadataValue]]:
    """Return the metadata of the last materializations of an asset, the latest first."""
    events = context.instance.store.events.of_asset(key, kinds=(AssetMaterialized,), limit=count)
    return [dict(event.fact.materialization.metadata) for event in events]
