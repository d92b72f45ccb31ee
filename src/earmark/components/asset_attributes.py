"""Assets, checks, partitions and steps as they are written in YAML."""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from earmark.components.model import OR_TEMPLATE, Model
from earmark.components.resolution_context import ResolutionContext
from earmark.components.resolvable import Resolvable
from earmark.components.resolver import Resolver
from earmark.partitions.definition import PartitionsDefinition
from earmark.partitions.grains import (
    DailyPartitionsDefinition,
    HourlyPartitionsDefinition,
    MonthlyPartitionsDefinition,
    WeeklyPartitionsDefinition,
)
from earmark.partitions.static import StaticPartitionsDefinition
from earmark.partitions.window import TimeWindowPartitionsDefinition
from earmark.specs.asset import AssetSpec
from earmark.specs.check import AssetCheckSpec
from earmark.specs.policy import BackfillPolicy
from earmark.values.keys import AssetKey

TagValue = str | int | float | bool
"""What a tag's value is written as in YAML; stored is its text, as JSON writes it."""


class _TimePartitions(Model):
    start_date: str
    end_date: str | None = None
    timezone: str | None = None


class HourlyPartitions(_TimePartitions):
    """An hour for each partition."""

    type: Literal["hourly"] = "hourly"
    minute_offset: int = 0


class DailyPartitions(_TimePartitions):
    """A day for each partition."""

    type: Literal["daily"] = "daily"
    minute_offset: int = 0
    hour_offset: int = 0


class WeeklyPartitions(_TimePartitions):
    """A week for each partition."""

    type: Literal["weekly"] = "weekly"
    minute_offset: int = 0
    hour_offset: int = 0
    day_offset: int = 0


class MonthlyPartitions(_TimePartitions):
    """A month for each partition."""

    type: Literal["monthly"] = "monthly"
    minute_offset: int = 0
    hour_offset: int = 0
    day_offset: int = 1


class TimeWindowPartitions(Model):
    """The time between two ticks of a cron schedule for each partition."""

    type: Literal["time_window"] = "time_window"
    start_date: str
    end_date: str | None = None
    timezone: str | None = None
    fmt: str
    cron_schedule: str


class StaticPartitions(Model):
    """The partitions by their keys."""

    type: Literal["static"] = "static"
    partition_keys: list[str]


AnyPartitions = Annotated[
    HourlyPartitions | DailyPartitions | WeeklyPartitions | MonthlyPartitions | TimeWindowPartitions | StaticPartitions,
    Field(discriminator="type"),
]


def _partitions(context: ResolutionContext, written: Any) -> Any:
    if isinstance(written, PartitionsDefinition) or written is None:
        return written
    given = context.resolve_value(written.model_dump(exclude_none=True))
    kind = given.pop("type")
    if kind == "static":
        return StaticPartitionsDefinition(given["partition_keys"])
    if kind == "time_window":
        return TimeWindowPartitionsDefinition(start=given.pop("start_date"), end=given.pop("end_date", None), **given)
    kinds = {
        "hourly": HourlyPartitionsDefinition,
        "daily": DailyPartitionsDefinition,
        "weekly": WeeklyPartitionsDefinition,
        "monthly": MonthlyPartitionsDefinition,
    }
    return kinds[kind](**given)


class SingleRun(Model):
    """One run for all partitions of a backfill."""

    type: Literal["single_run"] = "single_run"


class MultiRun(Model):
    """A run for so many partitions of a backfill."""

    type: Literal["multi_run"] = "multi_run"
    max_partitions_per_run: int = 1


def _backfill_policy(context: ResolutionContext, written: Any) -> BackfillPolicy:
    if isinstance(written, SingleRun):
        return BackfillPolicy.single_run()
    return BackfillPolicy.multi_run(written.max_partitions_per_run)


ResolvedBackfillPolicy = Annotated[
    BackfillPolicy,
    Resolver(_backfill_policy, model_field_type=Annotated[SingleRun | MultiRun, Field(discriminator="type")]),
]


def _key(context: ResolutionContext, text: Any) -> AssetKey:
    return AssetKey.from_user_string(context.resolve_value(text))


ResolvedAssetKey = Annotated[
    AssetKey, Resolver(_key, model_field_type=str, description="The asset's key, its parts separated by slashes.")
]
"""An asset key, written as text with slashes."""


class _Attributes(Model):
    """What is written of an asset, whatever it is for."""

    deps: Annotated[list[str], OR_TEMPLATE] | None = Field(None, description="The keys of the assets it needs.")
    description: str | None = Field(None, description="Text for people, Markdown.")
    metadata: Annotated[dict[str, Any], OR_TEMPLATE] = Field({}, description="Facts about the asset.")
    group_name: str | None = Field(None, description="The one group of the asset.", examples=["staging"])
    skippable: Annotated[bool, OR_TEMPLATE] | None = Field(None, description="Whether a run may leave it unwritten.")
    code_version: str | None = Field(None, description="Changes when the code that computes the asset changes.")
    owners: Annotated[list[str], OR_TEMPLATE] | None = Field(None, examples=[["team:data", "ada@example.com"]])
    tags: Annotated[dict[str, TagValue], OR_TEMPLATE] = Field({}, examples=[{"domain": "sales"}])
    kinds: Annotated[list[str], OR_TEMPLATE] = Field([], description="What it is made with, at most three.")
    automation_condition: str | None = Field(
        None, description="When it is written by itself.", examples=["{{ dg.AutomationCondition.eager() }}"]
    )
    partitions_def: Annotated[AnyPartitions, OR_TEMPLATE] | None = Field(None, description="How it is cut.")
    freshness_policy: str | None = Field(None, description="How old it may be.")


class AssetChanges(_Attributes):
    """What post-processing may change of an asset."""


class AssetAttributes(_Attributes):
    """An asset as it is written in YAML."""

    key: str = Field(description="The asset's key, its parts separated by slashes.")


class AssetAttributesModel(_Attributes):
    """What may be written of an asset that the component itself names: for components that make keys themselves.

    Example:
        >>> class Table(em.Component, em.Model, em.Resolvable):
        ...     asset_attributes: em.AssetAttributesModel = em.AssetAttributesModel()
        ...
        ...     def build_defs(self, context):
        ...         return em.Definitions()
        >>> table = Table.from_attributes_dict(attributes={"asset_attributes": {"tags": {"domain": "sales"}}})
        >>> table.asset_attributes.tags
        {'domain': 'sales'}
    """

    key: str | None = Field(None, description="The asset's key, its parts separated by slashes.")
    key_prefix: str | None = Field(None, description="What the key begins with, parts separated by slashes.")


def attributes_of(context: ResolutionContext, written: Any) -> dict[str, Any]:
    """Return what was written of an asset as arguments of :class:`AssetSpec`; what was not written is left out.

    Raises:
        DagsterInvalidDefinitionError: A template cannot be evaluated, or a value is not what it should be.
    """
    found = {}
    for name in sorted(written.model_fields_set):
        at = context.at_path(name)
        value = getattr(written, name)
        found[name] = _partitions(at, at.resolve_value(value)) if name == "partitions_def" else at.resolve_value(value)
    if "key" in found:
        found["key"] = AssetKey.from_user_string(found["key"])
    if found.get("deps") is not None:
        found["deps"] = [_dependency(one) for one in found["deps"]]
    if "tags" in found:
        found["tags"] = {key: _tag_text(value) for key, value in found["tags"].items()}
    if found.get("skippable", True) is None:
        del found["skippable"]
    return found


def _tag_text(value: Any) -> Any:
    """Return a number, true or false as the text that YAML and JSON write; all else is left for the rules of tags."""
    return json.dumps(value) if isinstance(value, (bool, int, float)) else value


def _dependency(written: Any) -> Any:
    return AssetKey.from_user_string(written) if isinstance(written, str) else written


def _spec(context: ResolutionContext, written: Any) -> AssetSpec:
    return AssetSpec(**attributes_of(context, written))


ResolvedAssetSpec = Annotated[AssetSpec, Resolver(_spec, model_field_type=AssetAttributes)]
"""An asset, written as its attributes."""


class CheckAttributes(Model):
    """A check as it is written in YAML."""

    name: str
    asset: str = Field(description="The key of the asset that it checks.")
    additional_deps: Annotated[list[str], OR_TEMPLATE] | None = None
    description: str | None = None
    blocking: Annotated[bool, OR_TEMPLATE] = False
    metadata: Annotated[dict[str, Any], OR_TEMPLATE] | None = None
    automation_condition: str | None = None


def _check(context: ResolutionContext, written: CheckAttributes) -> AssetCheckSpec:
    given = {name: context.at_path(name).resolve_value(getattr(written, name)) for name in written.model_fields_set}
    given["asset"] = _dependency(given["asset"])
    if given.get("additional_deps"):
        given["additional_deps"] = [_dependency(one) for one in given["additional_deps"]]
    return AssetCheckSpec(**given)


ResolvedAssetCheckSpec = Annotated[AssetCheckSpec, Resolver(_check, model_field_type=CheckAttributes)]
"""An asset check, written as its attributes."""


@dataclass(kw_only=True)
class OpSpec(Resolvable):
    """The step of a component that executes something.

    Args:
        name: The step's name; made of its assets' names where ``None``.
        tags: Labels of the step.
        description: Text for people.
        pool: The pool whose slot each execution takes.
        backfill_policy: How a backfill cuts its partitions into runs.
    """

    name: str | None = None
    tags: dict[str, Any] | None = None
    description: str | None = None
    pool: str | None = None
    backfill_policy: ResolvedBackfillPolicy | None = None
