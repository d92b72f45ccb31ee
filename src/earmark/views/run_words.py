"""The words that runs use, with counts: tags, jobs, locations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.tags.query import All, Exact, Node, Not, Term
from earmark.tags.query.evaluate import Facts
from earmark.tags.query.fields import STATUS_OF_WORD, WORD_OF_STATUS
from earmark.tags.query.suggest import Vocabulary
from earmark.tags.tag import is_hidden, is_system
from earmark.values.clock import Micros
from earmark.views.catalog import CatalogCache
from earmark.views.listing import count_facet, made_facet, worthy_tags
from earmark.views.runs import source_of
from earmark.views.shapes.queries import Facet

_MOST_KEYS = 300
_MOST_VALUES = 60
_MOST_LISTED = 100_000
"""So many values of a key are listed at most."""
_RANKED_BY = 5_000
"""Where a key has more values than are counted, they are ordered by the newest so many of its runs."""
_MOST_JOBS = 300
_BUDGET = 400_000
"""Microseconds that counting may take; what is not counted by then is not offered until the next time."""

_FRESH = 20_000_000
_SAMPLE = 400
_COUNTED = 12


@dataclass
class Words:
    """What runs carry, counted at one moment."""

    at: Micros
    tags: dict[str, dict[str, int]] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    more_values: dict[str, bool] = field(default_factory=dict)
    jobs: dict[str, int] = field(default_factory=dict)


class RunWords:
    """Counts the tags of all runs now and then, and gives what was counted.

    Args:
        store: The store.
        catalogs: The definitions, for the names of jobs.
    """

    def __init__(self, store: Store, catalogs: CatalogCache) -> None:
        self._store = store
        self._catalogs = catalogs
        self._lock = threading.Lock()
        self._made: Words | None = None

    def forget(self) -> None:
        """Count anew at the next question, as after an edit of tags."""
        self._made = None

    def get(self) -> Words:
        """Return what runs carry, at most 20 seconds old."""
        made, now = self._made, self._store.clock()
        if made is not None and now - made.at < _FRESH:
            return made
        with self._lock:
            if self._made is None or now - self._made.at >= _FRESH:
                self._made = self._count(now)
            return self._made

    def values(self, key: str) -> dict[str, int]:
        """Return every value that runs carry or have carried under a key, with a count that puts them in order.

        The counts are exact where all are known. Of a key with very many values they are those among the newest runs:
        to count each of thousands takes seconds, so a page counts those that it shows.
        """
        words = self.get()
        known = words.tags.get(key, {})
        if not words.more_values.get(key):
            return known
        counts = dict.fromkeys(self._store.tags.values(key, limit=_MOST_LISTED), 0)
        carried = Term("tag", (), key=Exact(key))
        for run in self._store.runs.sketches(carried, keys=[key], limit=_RANKED_BY):
            counts[run.tags[key]] = counts.get(run.tags[key], 0) + 1
        return counts

    def _count(self, now: Micros) -> Words:
        jobs = [job.name for job in self._catalogs.get().jobs[:_MOST_JOBS]]
        counts = self._store.runs.count_each(All(), [Term("job", (Exact(name),)) for name in jobs])
        words = Words(now, jobs=dict(zip(jobs, counts, strict=True)))
        tags = self._store.tags
        keys = [key for key in tags.keys(limit=_MOST_KEYS) if not is_hidden(key)]
        for key in sorted(keys, key=lambda key: (is_system(key), key)):
            is_late = self._store.clock() - now > _BUDGET
            values = [] if is_late else tags.values(key, limit=_MOST_VALUES + 1)
            carrying = [Term("tag", (), key=Exact(key)), *(term_of(f"tag:{key}", one) for one in values[:_MOST_VALUES])]
            total, *counts = self._store.runs.count_each(All(), carrying)
            if not total:
                continue
            words.keys[key] = total
            words.more_values[key] = is_late or len(values) > _MOST_VALUES
            words.tags[key] = {value: count for value, count in zip(values, counts, strict=False) if count}
        return words

    def vocabulary(self) -> Vocabulary:
        """Return the words for completion."""
        catalog = self._catalogs.get()
        values: dict[str, Mapping[str, int]] = {
            "job": self.get().jobs,
            "code_location": dict.fromkeys(catalog.manifests, 0),
            "schedule": dict.fromkeys((one.name for one in catalog.automations if one.kind == "schedule"), 0),
            "sensor": dict.fromkeys((one.name for one in catalog.automations if one.kind != "schedule"), 0),
        }
        return Vocabulary(values, self.get().tags)


def facts_of(run: DagsterRun) -> Facts:
    """Return what a run has in the fields that facets count."""
    return Facts(
        run.tags,
        {
            "id": (run.run_id,),
            "job": (run.job_name,),
            "status": (WORD_OF_STATUS.get(run.status, ""),),
            "code_location": (run.code_location,) if run.code_location else (),
            "source": (source_of(run).kind,),
        },
    )


def run_facets(
    store: Store, words: RunWords, node_without: Callable[[str], Node], fields: list[str], limit: int, total: int
) -> list[Facet]:
    """Return facets over runs. Values are found among the newest that match and the commonest of all; counts are exact.

    Args:
        store: The store.
        words: What runs carry.
        node_without: Returns the query without its own terms about a field.
        fields: The fields; those worth showing if empty.
        limit: How many values of each.
        total: How many runs match the whole query.
    """
    sample = _sampled(store, node_without(""))
    if not fields:
        fields = ["status", *(f"tag:{key}" for key in worthy_tags(one.tags for one in sample)), "job", "code_location"]
    found = []
    for field_name in fields:
        node = node_without(field_name)
        is_whole = node == node_without("")
        if is_whole and total <= _SAMPLE:
            found.append(count_facet(field_name, sample, limit))
            continue
        among = sample if is_whole else _sampled(store, node)
        found.append(_facet(store, words, node, among, field_name, limit))
    return found


def _sampled(store: Store, node: Node) -> list[Facts]:
    return [facts_of(run) for run in store.runs.find(node, limit=_SAMPLE).runs]


def _facet(store: Store, words: RunWords, node: Node, among: list[Facts], field_name: str, limit: int) -> Facet:
    seen = count_facet(field_name, among, 50)
    candidates: Iterable[str] = [one.value for one in seen.values]
    if field_name == "status":
        candidates = list(STATUS_OF_WORD)
    key = field_name[4:] if field_name.startswith("tag:") else None
    if key is not None:
        known = words.get().tags.get(key, {})
        candidates = [*candidates, *sorted(known, key=lambda value: -known[value])]
    chosen = list(dict.fromkeys(candidates))
    kept = chosen[: max(_COUNTED, limit)]
    terms: list[Node] = [term_of(field_name, value) for value in kept]
    without_key: list[Node] = [] if key is None else [Not(Term("tag", (), key=Exact(key)))]
    found = store.runs.count_each(node, terms + without_key)
    missing = sum(found[len(kept) :])
    counts = {value: count for value, count in zip(kept, found, strict=False) if count}
    return made_facet(field_name, counts, missing, limit, more=len(chosen) - len(kept))


def term_of(field_name: str, value: str) -> Term:
    """Return the term that a facet's value stands for."""
    if field_name.startswith("tag:"):
        return Term("tag", (Exact(value),), key=Exact(field_name[4:]))
    return Term(field_name, (Exact(value),))
