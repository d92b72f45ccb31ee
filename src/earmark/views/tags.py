"""Every tag key there is: its values, what carries it, what lacks it, what looks like a slip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from earmark.store.ports import Store
from earmark.tags.duplicates import near_duplicates
from earmark.tags.query import All
from earmark.tags.system import SYSTEM_TAGS, system_tag
from earmark.tags.tag import is_hidden, is_system
from earmark.values.errors import did_you_mean
from earmark.views.assets import AssetPages
from earmark.views.faults import NotFoundError
from earmark.views.jobs import JobPages
from earmark.views.limits import LimitPages
from earmark.views.listing import cut, ordered, read_sort
from earmark.views.run_words import RunWords, term_of
from earmark.views.setup import Rules
from earmark.views.shapes.common import Page
from earmark.views.shapes.tags import (
    NearDuplicate,
    SystemTag,
    TagKeyDetail,
    TagKeyDetailUntagged,
    TagKeyEdit,
    TagKeyRow,
    TagSuggestion,
    TagValueRow,
    UntaggedReport,
    UntaggedReportKey,
    UntaggedReportWithoutAny,
)
from earmark.views.tag_counts import Counts, joined
from earmark.views.tag_findings import told_near
from earmark.views.tag_tally import tallies

KEY_SORTS = ("key", "runs", "assets", "failure_rate")
VALUE_SORTS = ("runs", "assets", "value")
SPACE = "tag_keys"
"""The entries that hold the colour and the description of keys."""

_UNCOUNTED = 10_000
_TOP = 5


class TagPages:
    """Everything that pages about tags ask.

    Args:
        store: The store.
        assets: Assets.
        jobs: Jobs and ops.
        words: What runs carry.
        limits: The limits.
        rules: What the project declares about keys.
    """

    def __init__(
        self, store: Store, assets: AssetPages, jobs: JobPages, words: RunWords, limits: LimitPages, rules: Rules
    ) -> None:
        self._store = store
        self._assets = assets
        self._jobs = jobs
        self._words = words
        self._limits = limits
        self._rules = rules

    def has(self, key: str) -> bool:
        """Say whether anything carries a key, or the project declares it."""
        declared = any(one.key == key for one in self._rules.tag_policies)
        if declared or system_tag(key) is not None or key in self._words.get().keys:
            return True
        definitions = self._jobs.definitions()
        facts = (*definitions.job_facts, *definitions.op_facts)
        return any(key in spec.tags for spec in self._assets.index().graph.specs) or any(
            key in one.tags for one in facts
        )

    def keys(
        self, text: str, sort: str | None, with_system: bool, cursor: str | None = None, limit: int = 50
    ) -> Page[TagKeyRow]:
        """Return a page of the keys in use.

        Raises:
            BadRequestError: There is no such order.
        """
        field, descending = read_sort(sort, KEY_SORTS, "key")
        rows = [
            row
            for row in self._key_rows()
            if (with_system or not row.is_system) and text.casefold() in row.key.casefold()
        ]
        return cut(ordered(rows, lambda row: getattr(row, field), descending), cursor, limit, self._with_rates)

    def _key_rows(self) -> list[TagKeyRow]:
        defined, words = self._jobs.definitions().tags, self._words.get()
        assets, jobs, ops = defined.assets, defined.jobs, defined.ops
        limits: Counter[str] = Counter(row.key for row in self._limits.all() if row.key and row.kind != "pool")
        edits = self._edits()
        near = _near_keys(joined([assets, jobs, ops, words.tags]))
        declared = {one.key: one for one in self._rules.tag_policies}
        keys = sorted({*assets, *jobs, *ops, *words.keys, *declared})
        rows = []
        for key in keys:
            values = Counter[str]()
            for source in (assets, jobs, ops, words.tags):
                values.update(source.get(key, {}))
            if words.keys.get(key) and not words.tags.get(key):
                # There was no time to count them; that there are some is known all the same.
                values.update(dict.fromkeys(self._store.tags.values(key, limit=_UNCOUNTED), 0))
            system = system_tag(key)
            edit = edits.get(key) or TagKeyEdit()
            policy = declared.get(key)
            rows.append(
                TagKeyRow(
                    key=key,
                    hue=edit.hue,
                    description=edit.description
                    or (policy.description if policy else None)
                    or (system.effect if system else None)
                    or None,
                    is_system=is_system(key),
                    values=len(values),
                    assets=sum(assets.get(key, {}).values()),
                    jobs=sum(jobs.get(key, {}).values()),
                    ops=sum(ops.get(key, {}).values()),
                    runs=words.keys.get(key, 0),
                    failure_rate=None,
                    limits=limits[key],
                    top_values=[value for value, _ in values.most_common(_TOP)],
                    near=near.get(key, []),
                )
            )
        return rows

    def _with_rates(self, rows: Sequence[TagKeyRow]) -> list[TagKeyRow]:
        found = tallies(self._store, [(row.key, None) for row in rows])
        return [
            msgspec.structs.replace(row, failure_rate=one.failure_rate) for row, one in zip(rows, found, strict=True)
        ]

    def _edits(self) -> dict[str, TagKeyEdit]:
        return {key: msgspec.json.decode(data, type=TagKeyEdit) for key, data in self._store.entries.all(SPACE).items()}

    def key(self, key: str) -> TagKeyRow:
        """Return a key.

        Raises:
            NotFoundError: Nothing carries it.
        """
        rows = {row.key: row for row in self._key_rows()}
        if key not in rows:
            raise NotFoundError(f"Nothing carries the tag key {key!r}.{did_you_mean(key, rows)}", key=key)
        return self._with_rates([rows[key]])[0]

    def detail(self, key: str) -> TagKeyDetail:
        """Return the page of a key.

        Raises:
            NotFoundError: Nothing carries it.
        """
        row = msgspec.structs.replace(self.key(key), values=len(self._values(key)))
        q = (
            f"-tag:{key}"
            if key.replace("_", "a").replace("/", "a").replace("-", "a").replace(".", "a").isalnum()
            else ""
        )
        things: list[tuple[Any, Iterable[Mapping[str, str]]]] = [
            ("assets", (spec.tags for spec in self._assets.index().graph.specs)),
            ("jobs", (one.tags for one in self._jobs.definitions().job_facts)),
            ("ops", (one.tags for one in self._jobs.definitions().op_facts)),
        ]
        return TagKeyDetail(
            **{name: getattr(row, name) for name in TagKeyRow.__struct_fields__},
            limit_rows=self._limits.of_key(key),
            untagged=[
                TagKeyDetailUntagged(scope=scope, count=sum(key not in tags for tags in tagged), q=q)
                for scope, tagged in things
            ],
        )

    def edit(self, key: str, edit: TagKeyEdit) -> TagKeyRow:
        """Set the colour and the description of a key.

        Raises:
            NotFoundError: Nothing carries it.
        """
        self.key(key)
        self._store.entries.set(SPACE, key, msgspec.json.encode(edit))
        return self.key(key)

    def values(
        self, key: str, text: str, sort: str | None, cursor: str | None = None, limit: int = 50
    ) -> Page[TagValueRow]:
        """Return a page of the values of a key.

        Raises:
            BadRequestError: There is no such order.
        """
        field, descending = read_sort(sort, VALUE_SORTS, "-runs")
        none, defined = Counter[str](), self._jobs.definitions().tags
        assets, jobs, ops = (counts.get(key, none) for counts in (defined.assets, defined.jobs, defined.ops))
        runs, counted = self._words.values(key), self._words.get().tags.get(key, {})
        values = {*assets, *jobs, *ops, *runs}
        near = _near_values(key, {*assets, *jobs, *ops, *counted}, assets, counted)
        found = [value for value in values if text.casefold() in value.casefold()]

        def rank(value: str) -> Any:
            return {"runs": runs.get(value, 0), "assets": assets[value]}.get(field, value)

        def rows(part: Sequence[str]) -> list[TagValueRow]:
            carried = self._store.runs.count_each(All(), [term_of(f"tag:{key}", value) for value in part])
            return [
                TagValueRow(
                    value=value,
                    assets=assets[value],
                    jobs=jobs[value],
                    ops=ops[value],
                    runs=count,
                    running=one.running,
                    queued=one.queued,
                    failure_rate=one.failure_rate,
                    near=near.get(value, []),
                )
                for value, count, one in zip(
                    part, carried, tallies(self._store, [(key, value) for value in part]), strict=True
                )
            ]

        return cut(ordered(sorted(found), rank, descending), cursor, limit, rows)

    def _values(self, key: str) -> set[str]:
        """Return every value of a key, whatever carries it."""
        defined = self._jobs.definitions().tags
        sources = (defined.assets, defined.jobs, defined.ops)
        return {*self._words.values(key), *(value for counts in sources for value in counts.get(key, ()))}

    def near(self) -> list[NearDuplicate]:
        """Return keys and values that look like the same word."""
        defined = self._jobs.definitions().tags
        together = joined([defined.assets, defined.jobs, defined.ops, self._words.get().tags])
        return [told_near(one) for one in near_duplicates(together)]

    def untagged(self) -> UntaggedReport:
        """Return how much lacks each of the commonest keys, and how much has no tag of people's own."""
        assets = [_own(spec.tags) for spec in self._assets.index().graph.specs]
        jobs = [_own(one.tags) for one in self._jobs.definitions().job_facts]
        counts = Counter(key for tags in (*assets, *jobs) for key in tags)
        required = [one.key for one in self._rules.tag_policies if one.required_on]
        keys = list(dict.fromkeys([*required, *(key for key, _ in counts.most_common(12))]))
        return UntaggedReport(
            keys=[
                UntaggedReportKey(
                    key=key,
                    assets=sum(key not in tags for tags in assets),
                    jobs=sum(key not in tags for tags in jobs),
                    asset_share=sum(key not in tags for tags in assets) / len(assets) if assets else 0.0,
                )
                for key in keys
            ],
            without_any=UntaggedReportWithoutAny(
                assets=sum(not tags for tags in assets), jobs=sum(not tags for tags in jobs)
            ),
        )

    def complete(self, scope: str, key: str, value: str | None, limit: int) -> list[TagSuggestion]:
        """Return keys that may be meant, or values of a key, the most used first.

        Args:
            scope: ``runs`` offers tags that steer runs too; any other, what definitions carry.
            key: The key, or the beginning of one.
            value: The beginning of a value; ``None`` where keys are asked for.
            limit: How many at most.
        """
        defined = self._jobs.definitions().tags
        counts = joined([defined.assets, defined.jobs, self._words.get().tags])
        if value is not None:
            typed = value.casefold().strip("*")
            values = counts.get(key, Counter())
            found = [one for one in values if typed in one.casefold()]
            ranked = sorted(found, key=lambda one: (not one.casefold().startswith(typed), -values[one], one))
            return [_suggestion(key, one, values[one]) for one in ranked[:limit]]
        typed = key.casefold()
        totals = Counter({name: sum(values.values()) for name, values in counts.items()})
        if scope == "runs":
            for row in SYSTEM_TAGS:
                if row.editable:
                    totals.setdefault(row.key, 0)
        names = [name for name in totals if typed in name.casefold() and not is_hidden(name) and _is_settable(name)]
        names.sort(key=lambda name: (not name.casefold().startswith(typed), is_system(name), -totals[name], name))
        return [_suggestion(name, None, totals[name]) for name in names[:limit]]


def system_tags() -> list[SystemTag]:
    """Return the registry of system tags."""
    return [
        SystemTag(
            key=row.key,
            description=row.effect,
            set_by=row.set_by,
            is_editable=row.editable,
            example=row.value.value if row.editable else None,
        )
        for row in SYSTEM_TAGS
    ]


def _own(tags: Mapping[str, str]) -> set[str]:
    return {key for key in tags if not is_system(key)}


def _is_settable(key: str) -> bool:
    row = system_tag(key)
    return row.editable if row is not None else not is_system(key)


def _suggestion(key: str, value: str | None, count: int) -> TagSuggestion:
    row = system_tag(key)
    description = row.effect if row is not None and value is None else None
    return TagSuggestion(key=key, value=value, count=count, description=description, is_system=is_system(key))


def _near_keys(counts: Counts) -> dict[str, list[str]]:
    totals = {key: {"": sum(values.values())} for key, values in counts.items()}
    groups = [[word for word, _ in one.words] for one in near_duplicates(totals) if one.key is None]
    return {word: [other for other in group if other != word] for group in groups for word in group}


def _near_values(
    key: str, values: Iterable[str], assets: Mapping[str, int], runs: Mapping[str, int]
) -> dict[str, list[str]]:
    joined = {key: {value: assets.get(value, 0) + runs.get(value, 0) for value in values}}
    groups = [[word for word, _ in one.words] for one in near_duplicates(joined) if one.key == key]
    return {word: [other for other in group if other != word] for group in groups for word in group}
