"""The palette: everything by a few letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote

from earmark.store.ports import Store
from earmark.tags.query import Glob, Term
from earmark.tags.tag import is_system
from earmark.views.assets import AssetPages
from earmark.views.jobs import JobPages
from earmark.views.run_words import RunWords
from earmark.views.shapes.finding import SearchHit, SearchResult

_EACH = 60


class Palette:
    """Finds things of all kinds by a text.

    Args:
        store: The store.
        assets: Assets.
        jobs: Jobs and ops.
        words: What runs carry.
    """

    def __init__(self, store: Store, assets: AssetPages, jobs: JobPages, words: RunWords) -> None:
        self._store = store
        self._assets = assets
        self._jobs = jobs
        self._words = words

    def find(self, text: str, limit: int) -> SearchResult:
        """Return what a text may mean, best first: what is it, what begins with it, what holds it; the short first."""
        word = text.strip().casefold()
        if not word:
            return SearchResult(items=[])
        found: list[tuple[tuple[int, int, int, str], SearchHit]] = []
        for order, hits in enumerate((self._tags, self._jobs_and_ops, self._asset_things, self._others, self._runs)):
            for name, hit in hits(word):
                folded = name.casefold()
                at = folded.find(word)
                rank = 0 if folded == word else 1 if at == 0 else 2 if at > 0 and not folded[at - 1].isalnum() else 3
                found.append(((rank, order, len(name), name), hit))
        found.sort(key=lambda pair: pair[0])
        return SearchResult(items=[hit for _, hit in found[:limit]])

    def _tags(self, word: str) -> Iterator[tuple[str, SearchHit]]:
        counts: Counter[tuple[str, str]] = Counter()
        for spec in self._assets.index().graph.specs:
            counts.update((key, value) for key, value in spec.tags.items() if not is_system(key))
        runs = self._words.get().tags
        keys = {key for key, _ in counts} | {key for key in runs if not is_system(key)}
        for key in sorted(keys):
            if word in key.casefold():
                yield (
                    key,
                    _hit("tag", key, "tag key", f"tags/{quote(key, safe='')}", self._words.get().keys.get(key, 0)),
                )
        pairs = set(counts) | {(key, value) for key, values in runs.items() if not is_system(key) for value in values}
        matching = sorted(pair for pair in pairs if pair[1] and word in f"{pair[0]}={pair[1]}".casefold())
        for key, value in matching[:_EACH]:
            in_runs = runs.get(key, {}).get(value, 0)
            detail = f"{counts[key, value]} assets, {in_runs} runs"
            url = f"tags/{quote(key, safe='')}/{quote(value, safe='')}"
            name = value if word in value.casefold() else f"{key}={value}"
            yield name, _hit("tag", f"{key}={value}", detail, url, counts[key, value] + in_runs)

    def _jobs_and_ops(self, word: str) -> Iterator[tuple[str, SearchHit]]:
        catalog = self._jobs.definitions().catalog
        for job in catalog.jobs:
            if word in job.name.casefold():
                url = f"jobs/{quote(job.name, safe='')}"
                yield job.name, _hit("job", job.name, job.location, url, None)
                yield job.name, _hit("action", f"Launch {job.name}", None, f"{url}/launch", None)
        for op in [op for op in catalog.ops if op.kind != "asset" and word in op.name.casefold()][:_EACH]:
            url = f"jobs/{quote(op.job, safe='')}?select={quote(op.name, safe='')}"
            yield op.name, _hit("op", op.name, op.job, url, None)
        for one in catalog.automations:
            if word in one.name.casefold():
                yield one.name, _hit("automation", one.name, one.kind, f"automation/{quote(one.name, safe='')}", None)

    def _asset_things(self, word: str) -> Iterator[tuple[str, SearchHit]]:
        index = self._assets.index()
        found = [spec for spec in index.graph.specs if word in spec.key.to_user_string().casefold()]
        for spec in sorted(found, key=lambda spec: (len(spec.key.to_user_string()), spec.key))[:_EACH]:
            key = spec.key.to_user_string()
            # Ranked by the last segment too: people remember that one.
            name = spec.key.path[-1] if word in spec.key.path[-1].casefold() else key
            yield name, _hit("asset", key, spec.group, f"assets/{quote(key)}/-/overview", None)
        groups = Counter(spec.group for spec in index.graph.specs)
        owners = Counter(owner for spec in index.graph.specs for owner in spec.owners)
        for name, count in groups.items():
            if word in name.casefold():
                yield name, _hit("group", name, "group", f"assets?q={quote(f'group:{name}')}", count)
        for name, count in owners.items():
            if word in name.casefold():
                url = f"assets?q={quote(f'owner:{name}')}"
                yield name.removeprefix("team:"), _hit("owner", name, "owner", url, count)

    def _others(self, word: str) -> Iterator[tuple[str, SearchHit]]:
        for name in self._jobs.definitions().catalog.manifests:
            if word in name.casefold():
                yield name, _hit("location", name, "code location", "deployment/locations", None)

    def _runs(self, word: str) -> Iterator[tuple[str, SearchHit]]:
        if len(word) < 4 or not all(character in "0123456789abcdef-" for character in word):
            return
        for run in self._store.runs.find(Term("id", (Glob(f"{word}*"),)), limit=10).runs:
            yield run.run_id, _hit("run", run.run_id, run.job_name, f"runs/{run.run_id}", None)


def _hit(kind: str, label: str, detail: str | None, url: str, count: int | None) -> SearchHit:
    return SearchHit(kind=kind, label=label, detail=detail, url=url, count=count)  # type: ignore[arg-type]
