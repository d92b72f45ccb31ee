"""What a definition costs: the libraries and the parts of Earmark that defining something must not load."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

HEAVY = ("pydantic", "sqlalchemy", "rustworkx", "lark", "typer", "rich", "litestar", "alembic")

UNUSED = (
    "copy",
    "dataclasses",
    "logging",
    "zoneinfo",
    "earmark.decide",
    "earmark.define.automation",
    "earmark.define.resources",
    "earmark.events",
    "earmark.execute",
    "earmark.graph.selection",
    "earmark.partitions.definition",
    "earmark.plan",
    "earmark.specs.metadata.values",
    "earmark.specs.manifest",
    "earmark.store",
)
"""What only conditions, resources, partitions, queries or a run need, and what it brings of the standard library."""

MOST = 76
"""How many modules of Earmark a definition may load: each costs a quarter of a millisecond."""

SERVE = """
import json, sys
from pathlib import Path
from earmark.server.app import make_app
from earmark.server.options import ServerOptions
from earmark.store.open import open_store
from earmark.system.clock import now

class NoLocations:
    version = 1
    def locations(self): return []

app = make_app(open_store("memory://", clock=now), NoLocations(), ServerOptions(Path(".")))
"""

DEFINE = """
import json, sys
import earmark as em

@em.asset(tags={"domain": "sales"})
def orders(): return 1

@em.asset(tags={"domain": "sales"}, deps=[orders])
def revenue(): return 1

job = em.define_asset_job("everything", tags={"team": "growth"})
definitions = em.Definitions(assets=[orders, revenue], jobs=[job])
"""


def test_defining_assets_and_a_job_loads_no_heavy_library() -> None:
    loaded = modules_after(DEFINE)
    assert "msgspec" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_defining_assets_and_a_job_loads_nothing_that_only_other_definitions_or_a_run_need() -> None:
    loaded = modules_after(DEFINE)
    assert "earmark.define.definitions" in loaded
    assert [name for name in UNUSED if name in loaded] == []
    assert len([name for name in loaded if name.partition(".")[0] == "earmark"]) <= MOST


def test_what_was_put_off_is_loaded_where_it_is_needed() -> None:
    daily = DEFINE.replace("deps=[orders]", "partitions_def=em.DailyPartitionsDefinition('2024-01-01')")
    loaded = modules_after(daily + "definitions.get_job_def('everything').plan()\ndefinitions.manifest()")
    assert {"earmark.partitions.definition", "earmark.plan.build", "earmark.specs.manifest"} <= set(loaded)


def test_a_server_loads_nothing_that_only_user_code_upgrades_or_queries_need() -> None:
    loaded = modules_after(SERVE)
    assert "litestar" in loaded
    assert [name for name in ("pydantic", "sqlalchemy", "alembic", "rustworkx", "pandas") if name in loaded] == []


def modules_after(program: str) -> Sequence[str]:
    program += "\nprint(json.dumps(sorted(sys.modules)))"
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
    names: list[str] = json.loads(outcome.stdout.splitlines()[-1])
    return names
