"""One check of the same name for each of some assets, all evaluated by one step that a run may ask for in part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from earmark.define.assets.asset_check import AssetChecksDefinition, multi_asset_check
from earmark.define.ops.outputs import AssetCheckResult
from earmark.specs.check import AssetCheckSpec
from earmark.specs.naming import asset_key_of
from earmark.specs.severity import AssetCheckSeverity
from earmark.values import wire
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location
from earmark.values.keys import AssetKey

Judgement = tuple[bool, str, Mapping[str, Any]]
"""Whether a check passed, why, and what is to be shown with it."""

Judge = Callable[[Any, AssetKey], Judgement]
"""From the context of the step and an asset to how the check of it came out."""


def keys_of_all(assets: Iterable[Any], function: str) -> list[AssetKey]:
    """Return the keys of assets: keys, strings, specs and definitions, of several assets too.

    Args:
        assets: The assets.
        function: The name of the function to which they were given, for errors.

    Raises:
        DagsterInvalidDefinitionError: There is none, one stands twice, or one is no asset.
    """
    if isinstance(assets, str) or not isinstance(assets, Iterable):
        raise DagsterInvalidDefinitionError(
            f"assets of {function}() is a list of assets, not {assets!r}.", where=caller_location()
        )
    keys: list[AssetKey] = []
    for one in assets:
        several = getattr(one, "keys", None)
        keys += sorted(several) if isinstance(several, (set, frozenset)) else [asset_key_of(one)]
    if not keys:
        raise DagsterInvalidDefinitionError(f"assets of {function}() names no asset.", where=caller_location())
    twice = [key.to_user_string() for key, count in Counter(keys).items() if count > 1]
    if twice:
        raise DagsterInvalidDefinitionError(
            f"assets of {function}() names {', '.join(twice)} more than once.", where=caller_location()
        )
    return keys


def check_each(
    keys: Sequence[AssetKey],
    judge: Judge,
    *,
    step: str,
    name: str,
    description: str,
    severity: AssetCheckSeverity,
    blocking: bool = False,
    metadata: Mapping[str, Any] | None = None,
) -> Sequence[AssetChecksDefinition]:
    """Return checks of the same name, one for each asset, as one definition.

    Args:
        keys: The assets.
        judge: Evaluates the check of one asset.
        step: The beginning of the step's name; what it is made of follows, so that several do not meet.
        name: The name of each check.
        description: Text for people.
        severity: How bad it is that one does not pass.
        blocking: Whether that keeps downstream assets of the same run from starting, where the severity is ``ERROR``.
        metadata: Facts about each check.
    """
    facts = dict(metadata or {})
    specs = [AssetCheckSpec(name, key, description=description, blocking=blocking, metadata=facts) for key in keys]
    made_of = wire.content_hash([name, description, [key.path for key in keys], repr(facts)])

    @multi_asset_check(name=f"{step}_{made_of[:8]}", specs=specs, description=description, can_subset=True)
    def evaluate(context):  # type: ignore[no-untyped-def] # the class of the context lies above, in execute
        for check in sorted(context.selected_asset_check_keys):
            passed, why, shown = judge(context, check.asset_key)
            yield AssetCheckResult(
                passed=passed,
                asset_key=check.asset_key,
                check_name=check.name,
                severity=severity,
                description=why,
                metadata=shown,
            )

    return [evaluate]
