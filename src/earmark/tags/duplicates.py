"""Keys and values that are probably meant to be one: ``Team`` and ``team``, ``marketing`` and ``marketting``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from earmark.tags.tag import is_system

_SEPARATORS = re.compile(r"[-_.\s]+")
_SHORTEST = 5
"""Words shorter than this differ by one letter too easily to be a slip: ``east`` and ``west``."""


class NearDuplicate(msgspec.Struct, frozen=True):
    """Words that differ by case, by separators, by a plural or by one slip of the finger.

    Args:
        key: The tag's key whose values these are; ``None`` where they are keys.
        words: The words with how many things use each, the most used first: the one probably meant.
    """

    key: str | None
    words: tuple[tuple[str, int], ...]


def near_duplicates(tags: Mapping[str, Mapping[str, int]]) -> tuple[NearDuplicate, ...]:
    """Return groups of keys, and of values of one key, that look like the same word.

    Args:
        tags: By key, its values, each with how many things have it. System tags are left alone.

    Example:
        >>> [found.words for found in near_duplicates({"team": {"ml": 4}, "Team": {"ml": 1}})]
        [(('team', 4), ('Team', 1))]
    """
    own = {key: values for key, values in tags.items() if not is_system(key)}
    found = [NearDuplicate(None, group) for group in _groups({key: sum(own[key].values()) for key in own})]
    for key in sorted(own):
        found += [NearDuplicate(key, group) for group in _groups(own[key])]
    return tuple(found)


def _groups(counts: Mapping[str, int]) -> list[tuple[tuple[str, int], ...]]:
    """Join words that are near each other into groups, the ones used most first."""
    leader = {word: word for word in counts}

    def lead(word: str) -> str:
        while leader[word] != word:
            leader[word] = leader[leader[word]]
            word = leader[word]
        return word

    for one, other in _near_pairs(sorted(counts)):
        leader[lead(other)] = lead(one)
    groups: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for word, count in counts.items():
        groups[lead(word)].append((word, count))
    several = [tuple(sorted(group, key=_most_used)) for group in groups.values() if len(group) > 1]
    return sorted(several, key=lambda group: _most_used(group[0]))


def _most_used(pair: tuple[str, int]) -> tuple[int, str]:
    return (-pair[1], pair[0])


def _near_pairs(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    by_form: dict[str, str] = {}
    by_slip: dict[str, list[str]] = defaultdict(list)
    for word in words:
        form = _form(word)
        if form in by_form:
            yield by_form[form], word
            continue
        by_form[form] = word
        if len(form) < _SHORTEST or any(character.isdigit() for character in form):
            continue
        near: set[str] = set()
        for shorter in {form, *(form[:at] + form[at + 1 :] for at in range(len(form)))}:
            near.update(by_slip[shorter])
            by_slip[shorter].append(word)
        for other in sorted(near):
            if _one_slip_apart(_parts(other), _parts(word)):
                yield other, word


def _form(word: str) -> str:
    """Return a word without case, separators and the plural's s, which two spellings of it share."""
    form = _SEPARATORS.sub("", word.casefold())
    return form[:-1] if len(form) > 3 and form.endswith("s") and not form.endswith("ss") else form


def _parts(word: str) -> list[str]:
    return [part for part in re.split(r"[-_./\s]+", word.casefold()) if part]


def _one_slip_apart(one: list[str], other: list[str]) -> bool:
    """Say whether exactly one long part differs, by a letter more, less, other or swapped: never team-a and team-b."""
    if len(one) != len(other):
        return False
    different = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    if len(different) != 1:
        return False
    first, second = different[0]
    return min(len(first), len(second)) >= _SHORTEST and _one_edit(first, second)


def _one_edit(one: str, other: str) -> bool:
    if len(one) > len(other):
        one, other = other, one
    at = 0
    while at < len(one) and one[at] == other[at]:
        at += 1
    if len(one) + 1 == len(other):
        return one[at:] == other[at + 1 :]
    if len(one) != len(other):
        return False
    if one[at + 1 :] == other[at + 1 :]:
        return True
    return one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
