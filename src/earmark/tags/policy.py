"""Policies over tags: which keys a project declares, what they may say, who must carry them, and who does not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from earmark.tags.tag import check_key
from earmark.values.errors import InvalidTagError, TagPolicyError, did_you_mean, nearest

THINGS = ("asset", "op", "job", "run")
"""The kinds of thing on which a policy may require a tag."""

_MOST_TOLD = 5


class Enforce(StrEnum):
    """What becomes of something that breaks a policy: it is told of, or it cannot be launched."""

    WARN = "warn"
    REFUSE = "refuse"


class TagPolicy(msgspec.Struct, frozen=True):
    """What a project declares about one key.

    Args:
        key: The tag's key.
        required_on: The kinds of thing that must carry it: ``asset``, ``op``, ``job``, ``run``.
        values: The values it may have; empty for any.
        pattern: A regular expression that its values fit as a whole; empty for any.
        description: What the tag is for.
        colour: How its chips look: the name of a hue, or ``#rrggbb``; empty for the one that follows from the key.
        enforce: Whether what breaks it is told of, or refused: then no run is launched that would break it, or that
            is made of definitions which do.

    Raises:
        InvalidTagError: The key breaks the rule for keys, the pattern is no regular expression, or there is no
            such kind of thing or way to enforce it.

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
    enforce: Enforce = Enforce.WARN

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
        if self.enforce not in list(Enforce):
            raise InvalidTagError(
                f"The policy about {self.key!r} cannot be enforced by {self.enforce!r}: only by {' or '.join(Enforce)}."
                f"{did_you_mean(self.enforce, list(Enforce))}",
                key=self.key,
                value=self.enforce,
            )
        msgspec.structs.force_setattr(self, "enforce", Enforce(self.enforce))
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
        mend: What to do about it, as a sentence.
        enforce: What the policy makes of it.
    """

    kind: str
    name: str
    key: str
    value: str | None
    rule: Rule
    message: str
    mend: str = ""
    enforce: Enforce = Enforce.WARN


def refuse(policies: Iterable[TagPolicy], things: Iterable[Tagged]) -> None:
    """Refuse what breaks a policy that is enforced; what breaks others is left to those who warn.

    Raises:
        TagPolicyError: Something breaks one; the message names it, the policy and how to mend it, and
            ``facts['findings']`` has all of them.

    Example:
        >>> refuse([TagPolicy("tier", ("job",), enforce="refuse")], [Tagged("job", "nightly", {})])
        Traceback (most recent call last):
        earmark.values.errors.TagPolicyError: The job nightly lacks the tag tier. The policy about tier refuses...
    """
    refuse_findings(check([one for one in policies if one.enforce is Enforce.REFUSE], things))


def refuse_findings(findings: Sequence[Finding]) -> None:
    """Raise if one of some findings is of a policy that is enforced; see :func:`refuse`."""
    broken = [one for one in findings if one.enforce is Enforce.REFUSE]
    if not broken:
        return
    first = broken[0]
    keys = list(dict.fromkeys(one.key for one in broken))
    policies = f"The policy about {keys[0]} refuses" if len(keys) == 1 else f"The policies about {_listed(keys)} refuse"
    told = [one.message for one in broken[:_MOST_TOLD]]
    more = len(broken) - len(told)
    raise TagPolicyError(
        " ".join([*told, *([f"And {more} more."] if more else []), f"{policies} the launch."]),
        hint=" ".join(dict.fromkeys(one.mend for one in broken[:_MOST_TOLD])),
        key=first.key,
        value=first.value,
        rule=first.rule.value,
        findings=[msgspec.structs.asdict(one) for one in broken],
    )


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
    message = f"The {thing.kind} {thing.name} {problem}"
    return Finding(thing.kind, thing.name, policy.key, value, rule, message, _mend(policy, thing), policy.enforce)


def _mend(policy: TagPolicy, thing: Tagged) -> str:
    """Return what to do about something that breaks a policy."""
    if policy.values:
        good = f"{policy.key}={policy.values[0]}" + (f" (or {_listed(policy.values[1:])})" if policy.values[1:] else "")
    else:
        good = f"{policy.key}=..." + (f" (a value that fits {policy.pattern})" if policy.pattern else "")
    if thing.kind == "run":
        return f"Launch it with the tag {good}, or set that on what gives the run its tags, such as its job."
    return f"Set the tag {good} on the {thing.kind} {thing.name}, and reload its code."


def _listed(words: Sequence[str]) -> str:
    shown = list(words[:_MOST_TOLD])
    return ", ".join(shown) + (", ..." if len(words) > _MOST_TOLD else "")
