"""All read models over one store and one set of code locations, made once for a server."""

from __future__ import annotations

from earmark.daemon.policy import PAUSED, effective_policy, effective_pools
from earmark.server.options import ServerOptions
from earmark.store.ports import Store
from earmark.system.ids import new_id
from earmark.views.asset_index import AssetIndexCache
from earmark.views.assets import AssetPages
from earmark.views.automation import AutomationPages
from earmark.views.backfills import BackfillPages
from earmark.views.catalog import CatalogCache
from earmark.views.costs import CostPages
from earmark.views.deployment import DeploymentPages
from earmark.views.insights import InsightPages
from earmark.views.jobs import JobPages
from earmark.views.launching import LaunchPages
from earmark.views.limits import LimitPages
from earmark.views.lineage import LineagePages
from earmark.views.partition_board import PartitionBoards
from earmark.views.ports import Locations
from earmark.views.queries import QueryHelp
from earmark.views.queue import BoardCache
from earmark.views.run_words import RunWords
from earmark.views.runs import RunPages
from earmark.views.saved import SavedViews
from earmark.views.search import Palette
from earmark.views.setup import Rules
from earmark.views.tags import TagPages
from earmark.views.tail import Tail


class Pages:
    """What handlers read from.

    Args:
        store: The store.
        locations: The code locations.
        options: How the server is set up.
    """

    def __init__(self, store: Store, locations: Locations, options: ServerOptions) -> None:
        self.store = store
        self.registry = locations
        self.options = options
        self.new_id = options.new_id or new_id
        self.rules = Rules(
            policy=lambda: effective_policy(options.file_policy, store),
            file_policy=options.file_policy,
            pools=lambda: effective_pools(options.file_pools, store),
            file_pools=options.file_pools,
            paused=self.is_paused,
            flow=options.settings.tag_flow,
            tag_policies=options.settings.tag_policies,
        )
        self.tail = Tail(store)
        self.catalogs = CatalogCache(locations)
        self.boards = BoardCache(store, self.rules, self.tail)
        indexes = AssetIndexCache(store, self.catalogs, self.tail)
        self.partitions = PartitionBoards(store, indexes, self.tail)
        self.assets = AssetPages(store, indexes, self.partitions)
        self.lineage = LineagePages(store, self.assets)
        self.jobs = JobPages(store, self.catalogs, self.tail)
        self.runs = RunPages(store, self.catalogs, self.boards)
        self.words = RunWords(store, self.catalogs)
        self.insights = InsightPages(store, self.catalogs)
        self.costs = CostPages(store, self.catalogs)
        self.launches = LaunchPages(store, self.catalogs, self.assets, self.boards, self.rules)
        self.automation = AutomationPages(store, self.catalogs)
        self.backfills = BackfillPages(store)
        self.limits = LimitPages(store, self.rules, self.boards, self.catalogs)
        self.tags = TagPages(store, self.assets, self.jobs, self.words, self.limits, self.rules)
        self.deployment = DeploymentPages(store, locations)
        self.queries = QueryHelp(store, self.assets, self.jobs, self.automation, self.backfills, self.words)
        self.palette = Palette(store, self.assets, self.jobs, self.words)
        self.views = SavedViews(store, self.queries.count, self.new_id)

    def is_paused(self) -> bool:
        """Say whether the queue is paused."""
        setting = self.store.settings.get(PAUSED)
        return setting is not None and bool(setting.value)
