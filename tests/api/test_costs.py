"""What runs cost by a tag, a job or an asset, month by month, and the same as a table for spreadsheets."""

from __future__ import annotations

import csv

import pytest

from earmark.events import kinds
from earmark.events.assets import AssetMaterialization
from earmark.values.keys import AssetKey

DAY = 86_400


@pytest.fixture
def months(world, clock):
    """Runs of October and November: what each cost stands in a tag, and for two assets in their metadata."""

    def spent(team: str | None, cost: str, **by_asset: float) -> str:
        tags = {"cost": cost} if team is None else {"cost": cost, "squad": team}
        run = world.start(world.queue(**tags))
        for key, usd in by_asset.items():
            wrote = AssetMaterialization(AssetKey(key), metadata={"cost_usd": usd, "rows": 3, "note": "dear"})
            world.record(run, kinds.AssetMaterialized(wrote), step=key)
        clock.go(10)
        world.record(run, kinds.RunSucceeded())
        return run

    clock.go(-30 * DAY)  # 2025-10-24
    spent("growth", "2", clicks=1.5)
    spent("core", "1")
    clock.go(29 * DAY)
    spent("growth", "4", clicks=2.0, orders=0.25)
    spent("growth", "8", orders=0.5)
    spent(None, "16", clicks=4.0)
    return spent


def asked(client, **params):
    answer = client.get("/api/costs", params={"count": 2, **params})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return {row["value"]: row["amounts"] for row in found["rows"]}, found


def test_runs_are_summed_up_month_by_month_and_what_has_no_tag_comes_last(client, months):
    rows, report = asked(client, by="tag:squad", measure="cost")
    assert list(rows.items()) == [("growth", [2, 12]), ("core", [1, 0]), (None, [0, 16])]
    assert report["totals"]["amounts"] == [3, 28]
    assert [row["runs"] for row in report["rows"]] == [[1, 2], [1, 0], [0, 1]]
    assert [one["is_over"] for one in report["periods"]] == [True, False]
    rows, _ = asked(client, by="tag:squad", measure="run_time")
    assert rows == {"growth": [10, 20], "core": [10, 0], None: [0, 10]}


def test_numbers_in_the_metadata_of_assets_are_costs_of_the_run_the_asset_and_its_own_tags(client, months):
    rows, report = asked(client, by="tag:squad", measure="metadata:cost_usd")
    assert rows == {"growth": [1.5, 2.75], None: [0, 4.0]}
    assert report["measures"] == ["cost_usd", "rows"]
    rows, _ = asked(client, by="asset", measure="metadata:cost_usd")
    assert rows == {"clicks": [1.5, 6.0], "orders": [0, 0.75]}
    rows, _ = asked(client, by="asset_tag:domain", measure="metadata:cost_usd", q="tag:squad=growth")
    assert rows == {"marketing": [1.5, 2.0], "sales": [0, 0.75]}
    rows, _ = asked(client, by="asset_tag:nobody", measure="metadata:cost_usd")
    assert rows == {None: [1.5, 6.75]}


def test_days_and_weeks_are_those_of_a_time_zone(client, months):
    _, report = asked(client, period="week", zone="America/New_York")
    starts = [one["start"] for one in report["periods"]]
    assert starts == [1_762_750_800_000_000, 1_763_355_600_000_000]  # Mondays at midnight there: 05:00 UTC
    _, report = asked(client, period="day", count=29)
    assert len(report["periods"]) == 29
    assert sum(report["totals"]["runs"]) == 3


def test_a_table_has_every_row_and_nothing_that_a_spreadsheet_would_calculate(client, months):
    months("=1+1", "0.125")
    answer = client.get("/api/costs.csv", params={"by": "tag:squad", "measure": "cost", "count": 2})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="cost-by-tag-squad.csv"'
    assert list(csv.reader(answer.text.splitlines())) == [
        ["squad", "2025-10-01", "2025-11-01", "total"],
        ["growth", "2", "12", "14"],
        ["core", "1", "0", "1"],
        ["'=1+1", "0", "0.125", "0.125"],
        ["(without)", "0", "16", "16"],
        ["(total)", "3", "28.125", "31.125"],
    ]


def test_rows_beyond_a_limit_are_summed_up_together(client, months):
    rows, _ = asked(client, by="tag:squad", measure="cost", limit=1)
    assert list(rows.items()) == [("growth", [2, 12]), ("(other)", [1, 0]), (None, [0, 16])]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"measure": "dollars"}, "Runs have no measure 'dollars'."),
        ({"by": "asset"}, "What 'run_time' comes to is known of runs, not of each asset."),
        ({"by": "mood"}, "Runs cannot be grouped by 'mood'."),
        ({"zone": "Mars/Olympus"}, "There is no time zone 'Mars/Olympus'."),
    ],
)
def test_what_cannot_be_summed_up_is_told(client, params, words):
    answer = client.get("/api/costs", params=params)
    assert (answer.status_code, answer.json()["detail"]) == (400, words)
