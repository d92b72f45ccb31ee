"""What is wrong with tags: things that break the project's policies, and words that look like one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from earmark.store.ports import Store
from earmark.tags import duplicates
from earmark.tags.policy import Finding, Tagged, TagPolicy, check
from earmark.views.catalog import Catalog
from earmark.views.listing import cut
from earmark.views.shapes.common import Page
from earmark.views.shapes.tags import NearDuplicate, NearDuplicateWord, TagFinding

CHECKED_RUNS = 1_000
"""So many runs are held against policies, the newest: what ran long ago cannot be mended."""


def find_findings(
    store: Store, catalog: Catalog, policies: Sequence[TagPolicy], key: str, cursor: str | None, limit: int
) -> Page[TagFinding]:
    """Return a page of what breaks policies.

    Args:
        store: Where runs are.
        catalog: What is defined.
        policies: What the project declares.
        key: The key that is asked about; empty for all.
        cursor: Where the page begins.
        limit: How many at most.
    """
    asked = [one for one in policies if key in ("", one.key)]
    found = check(asked, _things(store, catalog, asked)) if asked else []
    return cut(found, cursor, limit, lambda part: [told_finding(one) for one in part])


def _things(store: Store, catalog: Catalog, policies: Sequence[TagPolicy]) -> Iterator[Tagged]:
    for spec in catalog.graph.specs:
        yield Tagged("asset", spec.key.to_user_string(), spec.tags)
    for job in catalog.jobs:
        yield Tagged("job", job.name, job.spec.tags)
    for op in catalog.ops:
        if op.kind != "asset":
            yield Tagged("op", op.name, op.step.tags)
    for run in store.runs.sketches(keys=[one.key for one in policies], limit=CHECKED_RUNS):
        yield Tagged("run", run.run_id, run.tags)


def told_finding(one: Finding) -> TagFinding:
    """Return what breaks a policy as the API and the command line tell it."""
    kind: Any = one.kind
    return TagFinding(
        kind=kind,
        name=one.name,
        key=one.key,
        value=one.value,
        rule=one.rule.value,
        message=one.message,
        mend=one.mend,
        enforce=one.enforce.value,
    )


def told_near(one: duplicates.NearDuplicate) -> NearDuplicate:
    """Return words that look like one as the API and the command line tell them."""
    return NearDuplicate(
        scope="key" if one.key is None else "value",
        key=one.key,
        words=[NearDuplicateWord(word=word, count=count) for word, count in one.words],
        reason=_reason([word for word, _ in one.words]),
    )


def _reason(words: Sequence[str]) -> str:
    folded = {word.casefold() for word in words}
    if len(folded) == 1:
        return "differ by case"
    if len({word.replace("-", "").replace("_", "").replace(".", "") for word in folded}) == 1:
        return "differ by separators"
    if len({word.rstrip("s") for word in folded}) == 1:
        return "differ by a plural"
    return "differ by one slip"
