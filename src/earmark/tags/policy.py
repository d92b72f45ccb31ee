"""Policies over tags: which keys a project declares, what they may say, who must carry them, and who does not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from earmark.tags.tag import check_key
from earmark.values.errors import InvalidTagError, did_you_mean, nearest

THINGS = ("asset", "op", "job", "run")
"""The kinds of thing on which a policy may require a tag."""


class TagPolicy(msgspec.Struct, frozen=True):
    """What a project declares about one key.

    Args:
        key: The tag's key.
        required_on: The kinds of thing that must carry it: ``asset``, ``op``, ``job``, ``run``.
        values: The values it may have; empty for any.
        pattern: A regular expression that its values fit as a whole; empty for any.
        description: What the tag is for.
        colour: How its chips look: the name of a hue, or ``#rrggbb``; empty for the one that follows from the key.

    Raises:
        InvalidTagError: The key breaks the rule for keys, the pattern is no regular expression, or there is no
            such kind of thing.

    Example:
        >>> policy = TagPolicy("tier", required_on=("asset",), values=("gold", "silver"))
        >>> [finding.message for finding in check([policy], [Tagged("asset", "orders", {"tier": "golf"})])]
        ["The asset orders has tier='golf', which is not one of gold, silver. Did you mean 'gold'?"]
    """

    key: str
    required_on: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    pattern: str = ""
    description: str = ""
    colour: str = ""

    def __post_init__(self) -> None:
        check_key(self.key)
        for thing in self.required_on:
            if thing not in THINGS:
                raise InvalidTagError(
                    f"The tag {self.key!r} cannot be required on {thing!r}: only on {', '.join(THINGS)}."
                    f"{did_you_mean(thing, THINGS)}",
                    key=self.key,
                    value=thing,
                )
        try:
            re.compile(self.pattern)
        except re.error as fault:
            raise InvalidTagError(
                f"The pattern {self.pattern!r} of the tag {self.key!r} is no regular expression: {fault}.",
                key=self.key,
                value=self.pattern,
            ) from fault


class Tagged(msgspec.Struct, frozen=True):
    """Something that carries tags: its kind (``asset``, ``op``, ``job``, ``run``), its name and its tags."""

    kind: str
    name: str
    tags: Mapping[str, str]


class Rule(StrEnum):
    """Which part of a policy is broken."""

    REQUIRED = "required"
    VALUES = "values"
    PATTERN = "pattern"


class Finding(msgspec.Struct, frozen=True):
    """Something breaks a policy.

    Args:
        kind: Its kind.
        name: Its name.
        key: The tag's key.
        value: The value it has; ``None`` if it lacks the tag.
        rule: Which part of the policy is broken.
        message: A sentence for people.
    """

    kind: str
    name: str
    key: str
    value: str | None
    rule: Rule
    message: str


def check(policies: Iterable[TagPolicy], things: Iterable[Tagged]) -> list[Finding]:
    """Return everything that breaks a policy, thing by thing in the order given."""
    declared = [(policy, re.compile(policy.pattern)) for policy in policies]
    findings: list[Finding] = []
    for thing in things:
        for policy, pattern in declared:
            finding = _judge(policy, pattern, thing)
            if finding is not None:
                findings.append(finding)
    return findings


def _judge(policy: TagPolicy, pattern: re.Pattern[str], thing: Tagged) -> Finding | None:
    value = thing.tags.get(policy.key)
    if value is None:
        if thing.kind not in policy.required_on:
            return None
        return _finding(policy, thing, None, Rule.REQUIRED, f"lacks the tag {policy.key}.{_near_key(policy, thing)}")
    if policy.values and value not in policy.values:
        allowed = ", ".join(policy.values)
        near = did_you_mean(value, policy.values)
        problem = f"has {policy.key}={value!r}, which is not one of {allowed}.{near}"
        return _finding(policy, thing, value, Rule.VALUES, problem)
    if policy.pattern and pattern.fullmatch(value) is None:
        problem = f"has {policy.key}={value!r}, which does not fit {policy.pattern}."
        return _finding(policy, thing, value, Rule.PATTERN, problem)
    return None


def _near_key(policy: TagPolicy, thing: Tagged) -> str:
    close = nearest(policy.key, thing.tags, limit=1)
    return f" It has {close[0]!r}: is that meant?" if close else ""


def _finding(policy: TagPolicy, thing: Tagged, value: str | None, rule: Rule, problem: str) -> Finding:
    return Finding(thing.kind, thing.name, policy.key, value, rule, f"The {thing.kind} {thing.name} {problem}")
