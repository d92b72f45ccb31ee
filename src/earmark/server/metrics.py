"""``/metrics`` for Prometheus: the queue, runs by state and by declared tags, limits, locations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from earmark.server.pages import Pages
from earmark.tags.query import All, Exact, Node, Term
from earmark.tags.query.fields import STATUS_OF_WORD

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_MOST_VALUES = 50
_TICKS = 500


class InstanceCollector:
    """Reads the store when Prometheus asks.

    Args:
        pages: What is read.
    """

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        store = self._pages.store
        yield GaugeMetricFamily("earmark_queue_length", "Runs that wait in the queue.", value=store.queue.length())
        yield GaugeMetricFamily(
            "earmark_queue_oldest_seconds", "For how long the oldest waiting run has waited.", value=self._oldest()
        )
        paused = float(self._pages.is_paused())
        yield GaugeMetricFamily("earmark_queue_paused", "1 while nothing is admitted.", value=paused)
        runs = GaugeMetricFamily("earmark_runs", "Runs that are kept, by state.", labels=["status"])
        for word, count in self._by_state(All(), STATUS_OF_WORD):
            runs.add_metric([word], count)
        yield runs
        yield from self._by_tags()
        yield from self._limits()
        yield from self._ticks()
        yield from self._locations()
        yield from self._daemons()

    def _oldest(self) -> float:
        waiting = self._pages.store.runs.find("status:queued", limit=1, ascending=True).runs
        now = self._pages.store.clock()
        return max((now - (run.queued_at or run.created_at) for run in waiting), default=0) / 1e6

    def _by_state(self, query: Node, words: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Yield words for states, each with how many of the runs that match are in it."""
        told = list(words)
        states = [Term("status", (Exact(word),)) for word in told]
        return zip(told, self._pages.store.runs.count_each(query, states), strict=True)

    def _by_tags(self) -> Iterator[Metric]:
        tagged = GaugeMetricFamily("earmark_tag_runs", "Runs by a declared tag.", labels=["key", "value", "status"])
        for key in self._pages.options.metric_tags:
            for value in self._pages.store.tags.values(key, limit=_MOST_VALUES):
                tag = Term("tag", (Exact(value),), key=Exact(key))
                for word, count in self._by_state(tag, ("queued", "running", "succeeded", "failed")):
                    tagged.add_metric([key, value, word], count)
        if self._pages.options.metric_tags:
            yield tagged

    def _limits(self) -> Iterator[Metric]:
        used = GaugeMetricFamily("earmark_limit_used", "What is taken of a limit.", labels=["limit", "kind"])
        most = GaugeMetricFamily(
            "earmark_limit_max", "What a limit allows; -1 for any number.", labels=["limit", "kind"]
        )
        waiting = GaugeMetricFamily("earmark_limit_waiting", "What waits for a limit.", labels=["limit", "kind"])
        for row in self._pages.limits.all():
            used.add_metric([row.id, row.kind], row.used)
            most.add_metric([row.id, row.kind], row.limit)
            waiting.add_metric([row.id, row.kind], row.waiting)
        yield from (used, most, waiting)

    def _ticks(self) -> Iterator[Metric]:
        found = self._pages.store.ticks.list(limit=_TICKS)
        ticks = GaugeMetricFamily(
            "earmark_recent_ticks", f"The latest {_TICKS} ticks, by kind and outcome.", labels=["kind", "status"]
        )
        for (kind, status), count in sorted(Counter((tick.kind, tick.status) for tick in found).items()):
            ticks.add_metric([kind, status], count)
        yield ticks
        latest: dict[str, int] = {}
        for tick in found:
            latest[tick.kind] = max(latest.get(tick.kind, 0), tick.created_at)
        last = GaugeMetricFamily(
            "earmark_last_tick_timestamp_seconds", "When the latest tick began, by kind.", labels=["kind"]
        )
        for kind, at in sorted(latest.items()):
            last.add_metric([kind], at / 1e6)
        yield last

    def _locations(self) -> Iterator[Metric]:
        ready = GaugeMetricFamily("earmark_location_ready", "1 for a code location that has loaded.", labels=["name"])
        for state in self._pages.registry.locations():
            ready.add_metric([state.name], float(state.status == "ready" and not state.error))
        yield ready

    def _daemons(self) -> Iterator[Metric]:
        labels = ["loop", "host", "pid"]
        healthy = GaugeMetricFamily("earmark_daemon_healthy", "1 for a loop of a host that looks.", labels=labels)
        leads = GaugeMetricFamily("earmark_daemon_leads", "1 for a loop of the host that leads.", labels=labels)
        looked = GaugeMetricFamily(
            "earmark_daemon_last_look_timestamp_seconds", "When a loop last looked.", labels=labels
        )
        for row in self._pages.deployment.daemons():
            values = [row.name, row.host, "" if row.pid is None else str(row.pid)]
            healthy.add_metric(values, float(row.is_healthy))
            leads.add_metric(values, float(row.is_leader))
            if row.last_look is not None:
                looked.add_metric(values, row.last_look / 1e6)
        yield from (healthy, leads, looked)


def metrics_text(pages: Pages) -> bytes:
    """Return all metrics in the text form of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(InstanceCollector(pages))
    return generate_latest(registry)
