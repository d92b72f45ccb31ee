"""What user code returns, yields or raises: outputs, results, requests to retry."""

from __future__ import annotations

import collections.abc
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar, get_args, get_origin

import msgspec

from earmark.define.function import EMPTY, Signature
from earmark.define.ops.slots import DynamicOut, Out
from earmark.specs import metadata as facts
from earmark.specs.metadata import normalize_metadata
from earmark.specs.op import RESULT
from earmark.specs.severity import AssetCheckSeverity
from earmark.tags.tag import normalize_asset_tags
from earmark.values.errors import DagsterError, DagsterInvalidDefinitionError, caller_location
from earmark.values.keys import AssetKey

T = TypeVar("T")


class NoValue:
    """Stands for "no value was given", where ``None`` is a value."""

    def __repr__(self) -> str:
        return "<no value>"

    def __bool__(self) -> bool:
        return False


NO_VALUE = NoValue()
"""The one instance of :class:`NoValue`."""


class DataVersion(msgspec.Struct, frozen=True):
    """A text that changes when an asset's content does.

    Example:
        >>> import earmark as em
        >>> @em.asset
        ... def orders():
        ...     return em.MaterializeResult(data_version=DataVersion("2026-11-01"))
        >>> [written] = em.materialize([orders]).asset_materializations_for_node("orders")
        >>> written.tags["dagster/data_version"]
        '2026-11-01'
    """

    value: str

    def __post_init__(self) -> None:
        if not isinstance(self.value, str):
            raise DagsterInvalidDefinitionError(f"A data version is a string, not {self.value!r}.")


class Output(msgspec.Struct, Generic[T]):
    """A value for one output of an op or asset, with facts about it.

    Args:
        value: The value.
        output_name: The output's name; ``result`` if the op has one output.
        metadata: Facts about the value.
        data_version: The data version of the asset that the output is.
        tags: Tags of the materialization event; the rules of asset tags hold.

    Example:
        >>> Output(3, metadata={"rows": 3}).output_name
        'result'
    """

    value: T
    output_name: str = RESULT
    metadata: Mapping[str, Any] | None = None
    data_version: DataVersion | None = None
    tags: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        self.metadata = normalize_metadata(self.metadata)
        self.tags = normalize_asset_tags(self.tags)


class DynamicOutput(msgspec.Struct, Generic[T]):
    """One value of a dynamic output, under its mapping key (letters, digits and underscores).

    Example:
        >>> DynamicOutput(3, mapping_key="third").mapping_key
        'third'
    """

    value: T
    mapping_key: str
    output_name: str = RESULT
    metadata: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.mapping_key, str) or not self.mapping_key.replace("_", "a").isalnum():
            raise DagsterInvalidDefinitionError(
                f"A mapping key is made of letters, digits and underscores, not {self.mapping_key!r}.",
                where=caller_location(),
            )
        self.metadata = normalize_metadata(self.metadata)


class AssetCheckResult(msgspec.Struct):
    """The result of a check.

    Args:
        passed: Whether the asset passed.
        asset_key: The asset, where the function checks several.
        check_name: The check, where the function evaluates several.
        metadata: Facts that the check found.
        severity: How bad it is if it did not pass.
        description: A sentence for people.

    Example:
        >>> import earmark as em
        >>> @em.asset
        ... def orders():
        ...     return []
        >>> @em.asset_check(asset=orders)
        ... def has_rows():
        ...     return AssetCheckResult(passed=False, severity=AssetCheckSeverity.WARN, metadata={"rows": 0})
        >>> [found] = em.materialize([orders, has_rows]).get_asset_check_evaluations()
        >>> found.passed, found.severity.name, found.metadata["rows"].value
        (False, 'WARN', 0)
    """

    passed: bool
    asset_key: AssetKey | None = None
    check_name: str | None = None
    metadata: Mapping[str, Any] | None = None
    severity: AssetCheckSeverity = AssetCheckSeverity.ERROR
    description: str | None = None

    def __post_init__(self) -> None:
        given: Any = self.passed
        if not isinstance(given, bool):
            # A numpy or pandas truth value is welcome; anything else would hide a mistake.
            item = getattr(given, "item", None)
            value = item() if callable(item) else given
            if not isinstance(value, bool):
                raise DagsterInvalidDefinitionError(
                    f"passed of an AssetCheckResult is true or false, not {self.passed!r}.", where=caller_location()
                )
            self.passed = value
        self.asset_key = None if self.asset_key is None else AssetKey.from_coercible(self.asset_key)
        self.metadata = normalize_metadata(self.metadata)


class _AssetResult(msgspec.Struct):
    asset_key: AssetKey | None = None
    metadata: Mapping[str, Any] | None = None
    check_results: Sequence[AssetCheckResult] | None = None
    data_version: DataVersion | None = None
    tags: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        self.asset_key = None if self.asset_key is None else AssetKey.from_coercible(self.asset_key)
        self.metadata = normalize_metadata(self.metadata)
        self.check_results = list(self.check_results or ())
        self.tags = normalize_asset_tags(self.tags)
        for result in self.check_results:
            if not isinstance(result, AssetCheckResult):
                raise DagsterInvalidDefinitionError(
                    f"check_results holds AssetCheckResult objects, not {result!r}.", where=caller_location()
                )


class MaterializeResult(_AssetResult, Generic[T]):
    """Says that an asset was written, with facts about it; the function wrote it itself unless ``value`` is given.

    Args:
        asset_key: The asset; may be left out where the function writes one.
        metadata: Facts about what was written.
        check_results: Results of checks declared with the asset.
        data_version: The asset's data version.
        tags: Tags of the materialization event.
        value: A value for the IO manager to store.

    Example:
        >>> import earmark as em
        >>> @em.asset
        ... def orders():
        ...     return MaterializeResult(value=[1, 2, 3], metadata={"rows": 3}, tags={"source": "api"})
        >>> result = em.materialize([orders])
        >>> [written] = result.asset_materializations_for_node("orders")
        >>> result.asset_value("orders"), written.metadata["rows"].value, written.tags["source"]
        ([1, 2, 3], 3, 'api')
    """

    value: Any = NO_VALUE


class ObserveResult(_AssetResult):
    """Says something about an asset without writing it; arguments as :class:`MaterializeResult`.

    Example:
        >>> ObserveResult("orders", data_version=DataVersion("7")).asset_key
        AssetKey(['orders'])
    """


class ExpectationResult(msgspec.Struct):
    """Whether something expected holds; recorded, and changes nothing.

    Example:
        >>> ExpectationResult(success=True, label="has rows").success
        True
    """

    success: bool
    label: str | None = None
    description: str | None = None
    metadata: Mapping[str, facts.AnyMetadataValue] | None = None

    def __post_init__(self) -> None:
        self.metadata = normalize_metadata(self.metadata)


class Failure(DagsterError):
    """Raise it to fail a step with a description and metadata, and to say whether trying again makes sense.

    Args:
        description: What went wrong.
        metadata: Facts about it, shown with the failure.
        allow_retries: ``False`` ends the step whatever its retry policy says.

    Example:
        >>> raise Failure("no rows came", metadata={"rows": 0}, allow_retries=False)
        Traceback (most recent call last):
        ...
        earmark.define.ops.outputs.Failure: no rows came
    """

    def __init__(
        self,
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        allow_retries: bool | None = None,
    ) -> None:
        super().__init__(description or "")
        self.description = description
        self.metadata = normalize_metadata(metadata)
        self.allow_retries = True if allow_retries is None else allow_retries


class RetryRequested(DagsterError):
    """Raise it to have the step tried again.

    Args:
        max_retries: How many attempts may follow the first.
        seconds_to_wait: How long to wait before the next.

    Example:
        >>> raise RetryRequested(max_retries=2, seconds_to_wait=0.5)
        Traceback (most recent call last):
        ...
        earmark.define.ops.outputs.RetryRequested: Asked to be tried again, at most 2 times.
    """

    def __init__(self, max_retries: int = 1, seconds_to_wait: float | None = None) -> None:
        super().__init__(f"Asked to be tried again, at most {max_retries} times.")
        self.max_retries = max_retries
        self.seconds_to_wait = seconds_to_wait


_GENERATORS = (
    collections.abc.Generator,
    collections.abc.Iterator,
    collections.abc.Iterable,
    collections.abc.AsyncGenerator,
    collections.abc.AsyncIterator,
    collections.abc.AsyncIterable,
)
_WITHOUT_VALUE = (MaterializeResult, ObserveResult, AssetCheckResult)


def value_annotation(annotation: Any) -> Any:
    """Return the type of the value behind a return annotation: what ``Output[int]`` or a result wraps."""
    origin = get_origin(annotation)
    if origin in (Output, DynamicOutput):
        return get_args(annotation)[0]
    if annotation in (Output, DynamicOutput):
        return Any
    if origin is MaterializeResult:
        return get_args(annotation)[0]
    if isinstance(annotation, type) and issubclass(annotation, _WITHOUT_VALUE):
        return EMPTY
    return annotation


def outputs_of_annotation(out: Out | dict[str, Out] | None, signature: Signature) -> dict[str, Out]:
    """Return the outputs of a function: what ``out`` says, with types from the return annotation where it has none."""
    annotation = signature.returns
    if signature.is_generator or get_origin(annotation) in _GENERATORS:
        annotation = EMPTY
    if isinstance(out, dict):
        return _several(out, annotation)
    if out is None:
        # A list of dynamic outputs, or an annotation of them, still needs DynamicOut: it changes the graph.
        return {RESULT: Out(EMPTY if annotation is EMPTY else value_annotation(annotation))}
    if isinstance(out, DynamicOut):
        args = get_args(annotation)
        return {RESULT: out.with_annotation(value_annotation(args[0]) if args else EMPTY)}
    return {RESULT: out.with_annotation(value_annotation(annotation))}


def _several(outs: dict[str, Out], annotation: Any) -> dict[str, Out]:
    if len(outs) == 1:
        name, out = next(iter(outs.items()))
        if isinstance(out, DynamicOut):
            return {name: out}
        return {name: out.with_annotation(value_annotation(annotation))}
    members = get_args(annotation) if get_origin(annotation) is tuple else ()
    if len(members) != len(outs):
        return dict(outs)
    return {
        name: out.with_annotation(value_annotation(member))
        for (name, out), member in zip(outs.items(), members, strict=True)
    }
