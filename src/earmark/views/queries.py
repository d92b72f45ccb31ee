"""Help with queries in every list: completion, facets, and what each term costs."""

from __future__ import annotations

from collections.abc import Sequence

from earmark.store.ports import Store
from earmark.tags.query import All, Node
from earmark.tags.query.complete import complete
from earmark.tags.query.evaluate import Facts, evaluate_set, predicate
from earmark.tags.query.fields import TABLES
from earmark.tags.query.index import InvertedIndex
from earmark.tags.query.suggest import Vocabulary
from earmark.values.errors import did_you_mean
from earmark.views.assets import AssetPages
from earmark.views.automation import AutomationPages
from earmark.views.backfills import BackfillPages
from earmark.views.columns import Columns
from earmark.views.faults import BadRequestError
from earmark.views.jobs import JobPages, indexed
from earmark.views.listing import (
    THINGS,
    but,
    is_about,
    read_query,
    text_of,
    top_terms,
    without,
)
from earmark.views.run_words import RunWords, run_facets
from earmark.views.shapes.queries import Completion, Completions, Facets, TermCosts, TermCostsTerm

_USUAL: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "assets": (("status",), ("group", "kind", "owner", "code_location")),
    "jobs": ((), ("owner", "code_location")),
    "ops": ((), ("kind", "pool", "job")),
    "automation": (("type", "status", "tick"), ("code_location",)),
    "ticks": (("status", "type"), ("name",)),
    "backfills": (("status",), ("job",)),
}
_ALIASES = {"location": "code_location", "automation": "name"}
_COUNTED_FIELDS = {"source"}


class QueryHelp:
    """Answers what filter bars ask.

    Args:
        store: The store.
        assets: Assets.
        jobs: Jobs and ops.
        automation: Schedules, sensors, ticks.
        backfills: Backfills.
        words: The words of runs.
    """

    def __init__(
        self,
        store: Store,
        assets: AssetPages,
        jobs: JobPages,
        automation: AutomationPages,
        backfills: BackfillPages,
        words: RunWords,
    ) -> None:
        self._store = store
        self._assets = assets
        self._jobs = jobs
        self._automation = automation
        self._backfills = backfills
        self._words = words

    # Completion ------------------------------------------------------------------------------------------------------

    def vocabulary(self, scope: str) -> Vocabulary:
        """Return the words in use among the things of a scope.

        Raises:
            BadRequestError: There is no such scope.
        """
        match scope:
            case "assets":
                return self._assets.index().catalog.queries.vocabulary()
            case "runs":
                return self._words.vocabulary()
            case _:
                return self._index(scope).vocabulary()

    def _facts(self, scope: str) -> Sequence[Facts]:
        match scope:
            case "assets":
                return self._assets.index().facts
            case "jobs":
                return self._jobs.definitions().job_facts
            case "ops":
                return self._jobs.definitions().op_facts
            case "automation":
                return self._automation.facts()[1]
            case "ticks":
                return self._automation.tick_facts()[1]
            case "backfills":
                return self._backfills.facts()[1]
            case _:
                raise BadRequestError(f"There is no scope {scope!r}.{did_you_mean(scope, THINGS)}", scopes=list(THINGS))

    def _index(self, scope: str) -> InvertedIndex[int]:
        if scope == "jobs":
            return self._jobs.definitions().job_index
        if scope == "ops":
            return self._jobs.definitions().op_index
        return indexed(THINGS.get(scope, "asset"), self._facts(scope))

    def complete(self, scope: str, q: str, at: int, limit: int) -> Completions:
        """Return what may stand at the caret of a query that is being typed.

        Args:
            scope: What is looked for.
            q: The query as far as it is typed.
            at: The caret, in UTF-16 code units as browsers count.
            limit: How many at most.
        """
        found = complete(q, _characters(q, at), self.vocabulary(scope), THINGS[scope], bare="text", limit=limit)
        start = _units(q, found[0].start if found else _characters(q, at))
        end = _units(q, found[0].end if found else _characters(q, at))
        kinds = {"field": "field", "key": "tag_key", "name": "name", "operator": "operator", "function": "operator"}
        items = [
            Completion(
                text=one.text,
                label=one.text,
                kind="tag_key" if one.kind == "tag" and "=" not in one.text else kinds.get(one.kind, "value"),  # type: ignore[arg-type]
                count=one.count,
                detail=one.meaning or None,
            )
            for one in found
        ]
        return Completions(replace_from=start, replace_to=end, items=items)

    # Counting --------------------------------------------------------------------------------------------------------

    def count(self, scope: str, node: Node) -> int:
        """Return how many things a query matches."""
        if scope == "runs":
            return self._store.runs.count(node)
        return len(self._select(scope, node))

    def _select(self, scope: str, node: Node) -> Sequence[int]:
        now = self._store.clock()
        if scope == "assets":
            return sorted(self._assets.index().select(node, now))
        if scope in ("ticks", "backfills"):
            fits = predicate(node, THINGS[scope], now)
            return [at for at, one in enumerate(self._facts(scope)) if fits(one)]
        return sorted(evaluate_set(node, self._index(scope), None, now))

    def facets(self, scope: str, q: str, fields: Sequence[str], limit: int) -> Facets:
        """Return the fields by which what a query matches can be narrowed, each value with its count.

        A field's counts ignore the query's own terms about it, so that alternatives stay visible.

        Raises:
            QueryError: The query cannot be read.
            BadRequestError: There is no such scope or field.
        """
        node = read_query(scope, q)
        chosen = [_ALIASES.get(one, one) for one in fields]
        _require_fields(scope, chosen)

        def node_without(field: str) -> Node:
            return without(node, lambda term: bool(field) and is_about(term, field))

        if scope == "runs":
            total = self.count(scope, node)
            return Facets(total=total, facets=run_facets(self._store, self._words, node_without, chosen, limit, total))
        columns = self._assets.index().columns if scope == "assets" else Columns(self._facts(scope))
        matching = self._select(scope, node)
        if not chosen:
            first, last = _USUAL[scope]
            shown = matching or range(len(columns.facts))
            chosen = [*first, *(f"tag:{key}" for key in columns.worthy_tags(shown)), *last]
        found = []
        for field in chosen:
            rest = node_without(field)
            found.append(columns.facet(field, matching if rest == node else self._select(scope, rest), limit))
        return Facets(total=len(matching), facets=found)

    def terms(self, scope: str, q: str) -> TermCosts:
        """Return each term of a query with how many things would match without it.

        Raises:
            QueryError: The query cannot be read.
        """
        node = read_query(scope, q)
        terms = top_terms(node)
        return TermCosts(
            terms=[
                TermCostsTerm(text=text_of(term), total_without=self.count(scope, but(node, at)))
                for at, term in enumerate(terms[:20])
                if not isinstance(term, All)
            ]
        )


def _require_fields(scope: str, fields: Sequence[str]) -> None:
    known = TABLES[THINGS[scope]].fields
    for field in fields:
        if field.startswith("tag:") and len(field) > 4:
            continue
        if field not in known and not (scope == "runs" and field in _COUNTED_FIELDS):
            raise BadRequestError(
                f"There is no field {field!r} to count.{did_you_mean(field, known)}", fields=sorted(known)
            )


def _characters(text: str, units: int) -> int:
    """Return how many characters so many UTF-16 code units are."""
    seen = 0
    for at, character in enumerate(text):
        if seen >= units:
            return at
        seen += 2 if ord(character) > 0xFFFF else 1
    return len(text)


def _units(text: str, characters: int) -> int:
    """Return how many UTF-16 code units so many characters are."""
    return sum(2 if ord(character) > 0xFFFF else 1 for character in text[:characters])
