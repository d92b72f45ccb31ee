"""The catalog of assets: rows, the tree of keys, facets, an asset's page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from earmark.events.envelope import Event
from earmark.events.kinds import AssetFailedToMaterialize, AssetMaterialized
from earmark.partitions import PartitionsDefinition
from earmark.specs.asset import AssetSpec
from earmark.specs.freshness import CronFreshnessPolicy, TimeWindowFreshnessPolicy
from earmark.specs.metadata import numeric_value
from earmark.store.ports import Store
from earmark.store.records import AssetState
from earmark.tags.query.parse import parse
from earmark.values.clock import Micros
from earmark.values.errors import QueryError
from earmark.values.keys import AssetKey
from earmark.views.asset_events import asset_event
from earmark.views.asset_index import AssetIndex, AssetIndexCache
from earmark.views.catalog import kind_of
from earmark.views.dynamic import dynamic_partitions
from earmark.views.listing import cut, ordered, read_query, read_sort
from earmark.views.partition_board import PartitionBoards
from earmark.views.shapes.assets import (
    AssetDetail,
    AssetDetailFailure,
    AssetDetailFreshness,
    AssetDetailPartitionDimension,
    AssetDetailStaleCause,
    AssetDetailTrend,
    AssetRow,
    AssetTreeRow,
    CheckCounts,
    PartitionCounts,
)
from earmark.views.shapes.common import Page
from earmark.views.values import definition_tags, error_of, error_of_text, first_line, metadata_of, shown

SORTS = ("key", "group", "status", "materialized_at")
_STATUS_ORDER = ("failed", "skipped", "stale", "running", "queued", "missing", "materialized", "external")
_TREND = 50


class AssetPages:
    """Everything that pages about assets ask.

    Args:
        store: The store.
        indexes: The assets and their states.
        boards: How their partitions stand.
    """

    def __init__(self, store: Store, indexes: AssetIndexCache, boards: PartitionBoards) -> None:
        self._store = store
        self._indexes = indexes
        self._boards = boards

    def index(self) -> AssetIndex:
        """Return all assets as they are now."""
        return self._indexes.get()

    def find(self, q: str, sort: str | None = None, cursor: str | None = None, limit: int = 50) -> Page[AssetRow]:
        """Return a page of the assets that a query matches.

        Raises:
            QueryError: The query cannot be read.
            BadRequestError: There is no such order.
        """
        field, descending = read_sort(sort, SORTS, "key")
        index = self.index()
        found = index.select(read_query("assets", q), self._store.clock())
        specs, states = index.graph.specs, index.states

        def value(at: int) -> Any:
            match field:
                case "group":
                    return (specs[at].group, specs[at].key)
                case "status":
                    return _STATUS_ORDER.index(index.statuses[at])
                case "materialized_at":
                    known = states[at].materialization
                    return None if known is None else known.timestamp
                case _:
                    return specs[at].key

        in_order = ordered(sorted(found, key=lambda at: specs[at].key), value, descending)
        return cut(in_order, cursor, limit, lambda part: self.rows(index, part))

    def rows(self, index: AssetIndex, positions: Sequence[int]) -> list[AssetRow]:
        """Return assets as rows."""
        specs = [index.graph.specs[at] for at in positions]
        keys = [spec.key for spec in specs]
        cut_keys = [spec.key for spec in specs if spec.partitions_def is not None]
        partitions = self._store.assets.count_partitions(cut_keys) if cut_keys else {}
        checks = self._check_counts(index, keys)
        now = self._store.clock()
        return [
            self._row(
                index,
                at,
                self._partition_counts(spec, partitions.get(spec.key, {}), now),
                checks.get(spec.key),
            )
            for at, spec in zip(positions, specs, strict=True)
        ]

    def _row(
        self, index: AssetIndex, at: int, partitions: PartitionCounts | None, checks: CheckCounts | None
    ) -> AssetRow:
        spec, state, status = index.graph.specs[at], index.states[at], index.statuses[at]
        latest = state.materialization
        return AssetRow(
            key=spec.key.to_user_string(),
            group=spec.group,
            location=index.catalog.location_of[spec.key],
            kinds=sorted(spec.kinds),
            owners=list(spec.owners),
            tags=shown(spec.tags),
            status=status,
            materialized_at=None if latest is None else latest.timestamp,
            run_id=None if latest is None else latest.run_id,
            partitions=partitions,
            checks=checks,
            error=_error_line(state) if status in ("failed", "skipped") else None,
        )

    def _partition_counts(self, spec: AssetSpec, counts: dict[str, int], now: Micros) -> PartitionCounts | None:
        if spec.partitions_def is None:
            return None
        total = count_of(spec.partitions_def, self._store, now)
        materialized, failed = counts.get("materialized", 0), counts.get("failed", 0)
        running = counts.get("in_progress", 0)
        return PartitionCounts(
            total=total,
            materialized=materialized,
            failed=failed,
            running=running,
            missing=max(0, total - materialized - failed - running),
        )

    def _check_counts(self, index: AssetIndex, keys: Iterable[AssetKey]) -> dict[AssetKey, CheckCounts]:
        defined = {key: index.graph.get_check_keys_for_assets((key,)) for key in keys}
        having = [key for key, checks in defined.items() if checks]
        if not having:
            return {}
        latest = {state.key: state for state in self._store.assets.checks(having)}
        found = {}
        for key in having:
            verdicts = [check_verdict(latest[check].evaluation) for check in defined[key] if check in latest]
            found[key] = CheckCounts(
                total=len(defined[key]),
                passed=verdicts.count("passed"),
                failed=verdicts.count("failed"),
                warned=verdicts.count("warned"),
            )
        return found

    def tree(self, q: str, prefix: str, cursor: str | None = None, limit: int = 50) -> Page[AssetTreeRow]:
        """Return a page of the folders and assets directly below a prefix of keys, as far as a query matches."""
        index = self.index()
        found = index.select(read_query("assets", q), self._store.clock())
        above = tuple(prefix.split("/")) if prefix else ()
        below: dict[tuple[str, ...], list[int]] = {}
        for at in found:
            path = index.graph.specs[at].key.path
            if len(path) > len(above) and path[: len(above)] == above:
                below.setdefault(tuple(path[: len(above) + 1]), []).append(at)

        def rows(names: Sequence[tuple[str, ...]]) -> list[AssetTreeRow]:
            own = {name: index.graph.positions.get(AssetKey(name)) for name in names}
            own = {name: at if at in found else None for name, at in own.items()}
            leaves = [at for at in own.values() if at is not None]
            assets = dict(zip(leaves, self.rows(index, leaves), strict=True))
            return [
                AssetTreeRow(
                    prefix="/".join(name),
                    name=name[-1],
                    count=len(below[name]),
                    failed=sum(index.statuses[at] == "failed" for at in below[name]),
                    stale=sum(index.statuses[at] == "stale" for at in below[name]),
                    asset=None if (leaf := own[name]) is None else assets[leaf],
                    has_children=len(below[name]) > (own[name] is not None),
                )
                for name in names
            ]

        return cut(sorted(below), cursor, limit, rows)

    def detail(self, key: str) -> AssetDetail:
        """Return an asset's page.

        Raises:
            NotFoundError: There is no such asset.
        """
        index = self.index()
        spec = index.catalog.asset(key)
        at = index.graph.positions[spec.key]
        (row,) = self.rows(index, [at])
        computation = index.graph.computation_of(spec.key)
        step = next((op for op in index.catalog.ops if op.kind == "asset" and spec.key in op.step.assets), None)
        state = index.states[at]
        io_manager = next(
            (out.io_manager_key for out in (step.step.outputs if step else ()) if out.asset_key == spec.key), None
        )
        reference = _reference(spec)
        return AssetDetail(
            **{name: getattr(row, name) for name in AssetRow.__struct_fields__},
            description=spec.description,
            code_version=spec.code_version,
            definition_at=reference,
            is_executable=computation.is_executable,
            is_stale_definition=row.location in index.catalog.stale,
            tag_rows=definition_tags(spec.tags, "asset", None),
            metadata=metadata_of(spec.metadata),
            upstream=self.rows(index, sorted({one for one in index.graph.parents[at] if one != at})),
            downstream=self.rows(index, sorted({one for one in index.graph.children[at] if one != at})[:200]),
            jobs=list(index.catalog.jobs_of.get(spec.key, ())),
            automation=self._automation(index, spec),
            op=None if step is None else step.name,
            pool=None if step is None else step.step.pool,
            io_manager=io_manager if computation.is_executable else None,
            partition_dimensions=dimensions_of(spec.partitions_def, self._store),
            latest=self._latest(state),
            failure=_failure(state),
            skipped_because=self._skipped_because(index, at),
            stale_causes=[
                AssetDetailStaleCause(
                    asset=cause.asset.to_user_string(),
                    reason=cause.reason,
                    partitions=None if cause.partitions is None else len(cause.partitions),
                )
                for cause in self._boards.get(spec.key).causes
            ],
            freshness=self._freshness(spec, row.materialized_at),
            trends=self._trends(spec.key),
        )

    def _automation(self, index: AssetIndex, spec: AssetSpec) -> list[str]:
        names = [
            one.name for job in index.catalog.jobs_of.get(spec.key, ()) for one in index.catalog.automations_of(job)
        ]
        for one in index.catalog.automations:
            if one.asset_query is None or one.name in names:
                continue
            try:
                node = parse(one.asset_query, "asset", bare="key")
                if index.graph.positions[spec.key] in index.select(node, self._store.clock()):
                    names.append(one.name)
            except QueryError:
                continue  # a selection that only user code can resolve is not shown here
        return sorted(set(names))

    def _latest(self, state: AssetState) -> Any:
        latest = state.materialization or state.observation
        if latest is None:
            return None
        runs = {run.run_id: run for run in self._store.runs.get_many([latest.run_id])} if latest.run_id else {}
        return asset_event(latest, runs)

    def _skipped_because(self, index: AssetIndex, at: int) -> str | None:
        if index.statuses[at] != "skipped":
            return None
        waiting, seen = list(index.graph.parents[at]), set[int]()
        while waiting:
            parent = waiting.pop(0)
            if parent in seen:
                continue
            seen.add(parent)
            if index.statuses[parent] == "failed":
                return index.graph.specs[parent].key.to_user_string()
            if index.statuses[parent] == "skipped":
                waiting += index.graph.parents[parent]
        return None

    def _freshness(self, spec: AssetSpec, at: Micros | int | None) -> AssetDetailFreshness | None:
        policy = spec.freshness_policy
        if policy is None:
            return None
        now = self._store.clock()
        match policy:
            case TimeWindowFreshnessPolicy():
                words = f"within {_span(policy.fail_seconds)}"
                deadline = None if at is None else Micros(at + round(policy.fail_seconds * 1_000_000))
                late = deadline is None or now > deadline
                return AssetDetailFreshness(
                    state="unknown" if at is None else "late" if late else "fresh", policy=words, deadline=deadline
                )
            case CronFreshnessPolicy():
                from earmark.partitions.cron import Cron

                cron = Cron((policy.deadline_cron,), policy.timezone)
                last, following = cron.previous_before(Micros(now + 1)), cron.next_after(now)
                opened = last - round(policy.lower_bound_seconds * 1_000_000)
                words = f"by {cron.describe()} ({policy.timezone})"
                state: Any = "unknown" if at is None else "fresh" if at >= opened else "late"
                return AssetDetailFreshness(state=state, policy=words, deadline=following)

    def _trends(self, key: AssetKey) -> list[AssetDetailTrend]:
        events = self._store.events.of_asset(key, kinds=(AssetMaterialized,), limit=_TREND)[::-1]
        numbers: list[dict[str, float]] = []
        for event in events:
            assert isinstance(event.fact, AssetMaterialized)
            known = {name: numeric_value(one) for name, one in event.fact.materialization.metadata.items()}
            numbers.append({name: number for name, number in known.items() if number is not None})
        names = dict.fromkeys(name for one in numbers for name in one)
        return [
            AssetDetailTrend(
                name=name, at=[event.timestamp for event in events], values=[one.get(name) for one in numbers]
            )
            for name in list(names)[:12]
        ]


def check_verdict(event: Event | None) -> str:
    """Return ``passed``, ``failed``, ``warned`` or ``never``."""
    from earmark.events.kinds import AssetCheckEvaluated
    from earmark.specs.severity import AssetCheckSeverity

    if event is None or not isinstance(event.fact, AssetCheckEvaluated):
        return "never"
    if event.fact.evaluation.passed:
        return "passed"
    return "warned" if event.fact.evaluation.severity is AssetCheckSeverity.WARN else "failed"


def count_of(definition: PartitionsDefinition, store: Store, now: Micros) -> int:
    """Return how many partitions there are."""
    return definition.get_num_partitions(now, dynamic_partitions(store))


def dimensions_of(definition: PartitionsDefinition | None, store: Store) -> list[AssetDetailPartitionDimension]:
    """Return the ways in which something is cut; none where it is not."""
    if definition is None:
        return []
    parts = getattr(definition, "partitions_defs", None)
    named = [(one.name, one.partitions_def) for one in parts] if parts else [(kind_of(definition), definition)]
    now, dynamic = store.clock(), dynamic_partitions(store)
    return [
        AssetDetailPartitionDimension(
            name=name,
            kind=kind_of(one),
            total=one.get_num_partitions(now, dynamic),
            first=one.get_first_partition_key(now, dynamic) or "",
            last=one.get_last_partition_key(now, dynamic) or "",
        )
        for name, one in named
    ]


def _error_line(state: AssetState) -> str | None:
    if state.failure is None or not isinstance(state.failure.fact, AssetFailedToMaterialize):
        return None
    fact = state.failure.fact
    return first_line(fact.error, "An asset upstream failed." if fact.skipped else "It was not written.")


def _failure(state: AssetState) -> AssetDetailFailure | None:
    event = state.failure
    if event is None or not isinstance(event.fact, AssetFailedToMaterialize) or event.fact.skipped:
        return None
    known = error_of(event.fact.error)
    return AssetDetailFailure(
        run_id=event.run_id or "",
        at=event.timestamp,
        step=event.step_key or "",
        error=known or error_of_text("NotMaterialized", "The run ended without writing it."),
    )


def _reference(spec: AssetSpec) -> str | None:
    for value in spec.metadata.values():
        for one in getattr(value, "code_references", ()) or ():
            file, line = getattr(one, "file_path", None), getattr(one, "line_number", None)
            if file:
                return f"{file}:{line}" if line else str(file)
    return None


def _span(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} seconds"
