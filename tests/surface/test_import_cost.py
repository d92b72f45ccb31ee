"""What a definition costs: the libraries that defining something must not load."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = ("pydantic", "sqlalchemy", "rustworkx", "lark", "typer", "rich", "litestar", "alembic")

DEFINE = """
import json, sys
import earmark as em

@em.asset(tags={"domain": "sales"})
def orders(): return 1

@em.asset(tags={"domain": "sales"}, deps=[orders])
def revenue(): return 1

job = em.define_asset_job("everything", tags={"team": "growth"})
definitions = em.Definitions(assets=[orders, revenue], jobs=[job])
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_defining_assets_and_a_job_loads_no_heavy_library() -> None:
    outcome = subprocess.run([sys.executable, "-c", DEFINE], capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
    loaded = json.loads(outcome.stdout)
    assert "msgspec" in loaded
    assert [name for name in HEAVY if name in loaded] == []
