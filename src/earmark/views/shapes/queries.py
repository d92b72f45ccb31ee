"""Help with queries: completion, facets, the cost of terms."""

from __future__ import annotations

from typing import Literal

import msgspec

Scope = Literal["assets", "jobs", "ops", "runs", "automation", "ticks", "backfills"]


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """Something that may stand at the caret."""

    text: str
    """Replaces the text between ``replace_from`` and ``replace_to``."""
    label: str
    kind: Literal["field", "tag_key", "value", "name", "operator"]
    count: int | None
    detail: str | None


class Completions(msgspec.Struct, frozen=True, kw_only=True):
    """What may stand at the caret, and which text it replaces."""

    replace_from: int
    """Offsets into ``q``, in UTF-16 code units."""
    replace_to: int
    items: list[Completion]


class FacetValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value and how many things have it."""

    value: str
    count: int


class Facet(msgspec.Struct, frozen=True, kw_only=True):
    """The values of one field among what matches."""

    field: str
    """A field of the query language: ``tag:team``, ``group``, ``kind``, ``owner``, ``status``, ``job``."""
    label: str
    values: list[FacetValue]
    more: int
    """Values that exist and are not listed."""
    missing: int
    """Matching things without this field."""


class Facets(msgspec.Struct, frozen=True, kw_only=True):
    """The fields by which what matches can be narrowed."""

    total: int
    facets: list[Facet]


class TermCostsTerm(msgspec.Struct, frozen=True, kw_only=True):
    """A term, and how many things would match without it."""

    text: str
    total_without: int


class TermCosts(msgspec.Struct, frozen=True, kw_only=True):
    """For an empty result: each term of ``q`` and how many would match without it."""

    terms: list[TermCostsTerm]
