"""Tags that flow: how the tags of the selected assets become tags of the run that materializes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from earmark.tags.tag import check_key
from earmark.values.errors import InvalidTagError, SourceLocation, did_you_mean


class TagFlow(StrEnum):
    """How the values that a run's assets have for one tag key become the run's value.

    ``same`` keeps a value on which all agree and drops the key otherwise; ``min`` and ``max`` take the lowest and
    the highest; ``union`` joins all, sorted, with commas; ``error`` refuses the launch unless all agree.

    Example:
        >>> flow = read_flow({"rank": TagFlow.MAX, "team": TagFlow.SAME})
        >>> tags, conflicts = merge_flow(flow, [{"rank": "1", "team": "growth"}, {"rank": "3", "team": "growth"}])
        >>> tags, conflicts
        ({'rank': '3', 'team': 'growth'}, ())
    """

    SAME = "same"
    MIN = "min"
    MAX = "max"
    UNION = "union"
    ERROR = "error"


class FlowRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one key flows from assets to runs.

    Args:
        merge: How several values become one.
        default: The value that an asset without the key counts as having; ``None`` leaves such assets out.
        order: For ``min`` and ``max``: the values from lowest to highest. Without it, values that are all numbers
            are ordered as numbers, others as text.
    """

    merge: TagFlow
    default: str | None = None
    order: tuple[str, ...] = ()


class FlowConflict(msgspec.Struct, frozen=True):
    """Assets disagree about a key, or one has a value that stands outside the declared order.

    Args:
        key: The tag's key.
        merge: How its values were to be merged.
        values: Each value with how many of the assets have it, the most frequent first.
        refused: Whether the run must not be launched.
        message: A sentence for people.
    """

    key: str
    merge: TagFlow
    values: tuple[tuple[str, int], ...]
    refused: bool
    message: str


def read_flow(declared: Mapping[str, Any], where: SourceLocation | None = None) -> dict[str, FlowRule]:
    """Return the rules that a settings file or a definition declares.

    Args:
        declared: By key: the name of a merge, a table with ``merge`` and perhaps ``default`` and ``order``, or a rule.
        where: The place of the declaration in code.

    Raises:
        InvalidTagError: A key breaks the rule for keys, or what it is declared as is no rule.

    Example:
        >>> read_flow({"team": "same", "tier": {"merge": "max", "order": ["bronze", "gold"]}})["tier"].order
        ('bronze', 'gold')
    """
    rules: dict[str, FlowRule] = {}
    for key, raw in declared.items():
        check_key(key, where)
        rules[key] = _read_rule(key, raw, where)
    return rules


def _read_rule(key: str, raw: Any, where: SourceLocation | None) -> FlowRule:
    if isinstance(raw, FlowRule):
        return raw
    table = {"merge": raw} if isinstance(raw, str) else raw
    if not isinstance(table, Mapping) or "merge" not in table:
        raise _no_rule(key, raw, 'write a merge such as "same", or a table {merge = "same"}', where)
    known = set(FlowRule.__struct_fields__)
    for name in table:
        if name not in known:
            raise _no_rule(key, raw, f"it has no option {name!r}.{did_you_mean(str(name), known)}", where)
    if table["merge"] not in list(TagFlow):
        near = did_you_mean(str(table["merge"]), [merge.value for merge in TagFlow])
        raise _no_rule(key, raw, f"a merge is one of {', '.join(TagFlow)}.{near}", where)
    default, order = table.get("default"), table.get("order", ())
    if default is not None and not isinstance(default, str):
        raise _no_rule(key, raw, f"its default is a string, not {default!r}", where)
    if isinstance(order, str) or not all(isinstance(value, str) for value in order):
        raise _no_rule(key, raw, f"its order is a list of strings, not {order!r}", where)
    return FlowRule(TagFlow(table["merge"]), default, tuple(order))


def _no_rule(key: str, raw: Any, why: str, where: SourceLocation | None) -> InvalidTagError:
    ending = "" if why.endswith((".", "?")) else "."
    return InvalidTagError(f"The tag {key!r} cannot flow as {raw!r}: {why}{ending}", where=where, key=key, value=raw)


def merge_flow(
    rules: Mapping[str, FlowRule], assets: Iterable[Mapping[str, str]]
) -> tuple[dict[str, str], tuple[FlowConflict, ...]]:
    """Return the tags that a run gets from the assets it materializes.

    Args:
        rules: Which keys flow, and how.
        assets: The tags of each selected asset.

    Returns:
        The tags, and what stood against them. Where a conflict is ``refused``, the run must not be launched.

    Example:
        >>> rules = read_flow({"team": "same", "priority": "max"})
        >>> tags, conflicts = merge_flow(rules, [{"team": "ml", "priority": "9"}, {"team": "core", "priority": "10"}])
        >>> tags, conflicts[0].message
        ({'priority': '10'}, "The assets disagree about the tag 'team': 'core' (1), 'ml' (1). The run goes without it.")
    """
    counts = {key: Counter[str]() for key in rules}
    for tags in assets:
        for key, rule in rules.items():
            value = tags.get(key, rule.default)
            if value is not None:
                counts[key][value] += 1
    merged: dict[str, str] = {}
    conflicts: list[FlowConflict] = []
    for key, rule in rules.items():
        value, conflict = _merge(key, rule, counts[key])
        if value is not None:
            merged[key] = value
        if conflict is not None:
            conflicts.append(conflict)
    return merged, tuple(conflicts)


def _merge(key: str, rule: FlowRule, found: Counter[str]) -> tuple[str | None, FlowConflict | None]:
    if not found:
        return None, None
    match rule.merge:
        case TagFlow.UNION:
            return ",".join(sorted(found)), None
        case TagFlow.MIN | TagFlow.MAX:
            return _extreme(key, rule, found)
        case TagFlow.SAME | TagFlow.ERROR:
            if len(found) == 1:
                return next(iter(found)), None
            refused = rule.merge is TagFlow.ERROR
            end = "Such a run is refused." if refused else "The run goes without it."
            problem = f"The assets disagree about the tag {key!r}: {_shown(found)}. {end}"
            return None, FlowConflict(key, rule.merge, _counted(found), refused, problem)


def _extreme(key: str, rule: FlowRule, found: Counter[str]) -> tuple[str | None, FlowConflict | None]:
    chosen = max if rule.merge is TagFlow.MAX else min
    if not rule.order:
        ordered = sorted(found, key=_number) if all(_is_number(value) for value in found) else sorted(found)
        return chosen(ordered, key=ordered.index), None
    ranks = {value: rank for rank, value in enumerate(rule.order)}
    ranked = [value for value in found if value in ranks]
    strangers = Counter({value: count for value, count in found.items() if value not in ranks})
    value = chosen(ranked, key=lambda one: ranks[one]) if ranked else None
    if not strangers:
        return value, None
    order = ", ".join(rule.order)
    problem = f"Values of the tag {key!r} stand outside its order ({order}) and are left out: {_shown(strangers)}."
    return value, FlowConflict(key, rule.merge, _counted(found), False, problem)


def _is_number(text: str) -> bool:
    sign_free = text[1:] if text[:1] in ("-", "+") else text
    whole, _, fraction = sign_free.partition(".")
    digits = whole + fraction
    return digits.isascii() and digits.isdigit() and whole != ""


def _number(text: str) -> tuple[float, str]:
    return (float(text), text)


def _counted(found: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _shown(found: Counter[str]) -> str:
    pairs: Sequence[tuple[str, int]] = _counted(found)
    shown = ", ".join(f"{value!r} ({count})" for value, count in pairs[:5])
    return shown if len(pairs) <= 5 else f"{shown}, and {len(pairs) - 5} more"
