"""What files may say, what wins, and what a mistake looks like."""

from __future__ import annotations

from pathlib import Path

import pytest

from earmark.runs.limits import FairShare, RunLimit
from earmark.specs.policy import Backoff
from earmark.system.home import Home
from earmark.system.serving import ServerSettings
from earmark.system.settings import Settings, read_settings
from earmark.tags.flow import TagFlow
from earmark.values.errors import SettingsError

OWN = """
storage = {env = "DATABASE"}
durability = "full"

[concurrency.runs]
max_concurrent_runs = 25
ageing = "10m"
fair_by = "team"
fair_weights = {ml = 2, core = 0.5}
tag_concurrency_limits = [
  {key = "database", value = "redshift", limit = 4},
  {key = "customer", value = {applyLimitPerUniqueValue = true}, limit = 1},
]
limits = [
  {name = "ml", where = "tag:team=ml not tag:tier=gold", per = ["env"], limit = 5},
  {where = "tag:api", limit = 100, period = "1h", weight = "calls"},
]

[concurrency.pools]
default_limit = 1
granularity = "run"
limits = {warehouse = 4, free = -1}

[run_retries]
max_retries = 2
retry_on_asset_or_op_failure = false
delay = "30s"
backoff = "exponential"

[run_monitoring]
start_timeout_seconds = 60
max_runtime_seconds = 7200

[retention.runs]
purge_after_days = {success = 30}

[retention.sensor]
purge_after_days = 7

[server]
prefix = "/data/"
allowed_hosts = ["earmark.example"]
login_required = true
session_hours = 8
requests_per_minute = 600
max_body_bytes = 65536
metric_tags = ["team"]

[telemetry]
traces = true

[tags]
flow = {team = "same"}

[tags.policy.tier]
required_on = ["asset"]
values = ["gold", "silver"]
"""

DAGSTERS = """
storage:
  postgres:
    postgres_db: {}
run_launcher: {module: a, class: B}
run_coordinator: {module: a, class: B}
concurrency:
  runs:
    max_concurrent_runs: 15
    tag_concurrency_limits:
      - key: database
        value: redshift
        limit: 4
      - key: customer
        value:
          applyLimitPerUniqueValue: true
        limit: 2
  pools:
    default_limit: 3
run_retries:
  enabled: true
  max_retries: 3
run_monitoring:
  enabled: true
  start_timeout_seconds: 90
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days:
      skipped: 7
      failure: 30
"""


def settings_of(
    folder: Path, project: Path | None = None, environ: dict[str, str] | None = None, **files: str
) -> Settings:
    for name, text in files.items():
        (folder / name.replace("_toml", ".toml").replace("_yaml", ".yaml")).write_text(text)
    return read_settings(Home(folder, "EARMARK_HOME", folder, project), environ or {})


def refusal(folder: Path, **files: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        settings_of(folder, folder, **files)
    return caught.value


def test_nothing_said_is_the_defaults(tmp_path: Path):
    assert settings_of(tmp_path) == Settings()
    assert Settings().queue.max_concurrent_runs == 10


def test_the_own_file_says_everything(tmp_path: Path):
    found = settings_of(tmp_path, environ={"DATABASE": "postgresql://db/x"}, earmark_toml=OWN)
    assert (found.storage, found.durability) == ("postgresql://db/x", "full")
    assert found.queue.max_concurrent_runs == 25
    assert found.queue.ageing == 600_000_000
    assert found.queue.fair_by == FairShare("team", {"ml": 2, "core": 0.5})
    assert [limit.name for limit in found.queue.limits] == [
        "database=redshift",
        "each customer",
        "ml",
        "tag:api by calls in 1h",
    ]
    assert found.queue.limits[2] == RunLimit(name="ml", where="tag:team=ml not tag:tier=gold", per=("env",), limit=5)
    assert (found.pools.of("warehouse"), found.pools.of("free"), found.pools.of("other")) == (4, -1, 1)
    assert found.pools.by_run
    assert (found.run_retries.max_retries, found.run_retries.backoff) == (2, Backoff.EXPONENTIAL)
    assert found.run_retries.delay == 30_000_000
    assert found.run_monitoring.start_timeout == 60_000_000
    assert found.run_monitoring.max_runtime == 7_200_000_000
    assert found.retention.runs == {"success": 30}
    assert found.retention.sensor == dict.fromkeys(("started", "skipped", "failure", "success"), 7)
    assert found.server == ServerSettings(
        prefix="/data/",
        allowed_hosts=("earmark.example",),
        login_required=True,
        session_hours=8,
        requests_per_minute=600,
        max_body_bytes=65_536,
        metric_tags=("team",),
    )
    assert found.traces is True
    assert found.tag_flow["team"].merge is TagFlow.SAME
    assert found.tag_policies[0].values == ("gold", "silver")
    assert found.sources == (tmp_path / "earmark.toml",)


def test_the_file_of_a_dagster_instance_is_read_where_there_is_no_other(tmp_path: Path):
    found = settings_of(tmp_path, dagster_yaml=DAGSTERS)
    assert found.storage is None
    assert found.queue.max_concurrent_runs == 15
    assert [limit.name for limit in found.queue.limits] == ["database=redshift", "each customer"]
    assert found.pools.default == 3
    assert found.run_retries.max_retries == 3
    assert found.run_monitoring.start_timeout == 90_000_000
    assert found.retention.schedule["success"] == 90
    assert found.retention.sensor == {"skipped": 7, "failure": 30}
    (warning,) = found.warnings
    assert warning.endswith("not used: storage, run_launcher, run_coordinator, run_monitoring.enabled.")


def test_older_names_of_dagster_are_read_too(tmp_path: Path):
    older = "run_queue: {max_concurrent_runs: {env: MOST}, dequeue_interval_seconds: 5}\n"
    found = settings_of(tmp_path, environ={"MOST": "7"}, dagster_yaml=older)
    assert found.queue.max_concurrent_runs == 7
    assert "run_queue.dequeue_interval_seconds" in found.warnings[0]


def test_the_own_file_keeps_dagsters_from_being_read(tmp_path: Path):
    found = settings_of(tmp_path, earmark_toml="[concurrency.runs]\nmax_concurrent_runs = 3\n", dagster_yaml=DAGSTERS)
    assert found.queue.max_concurrent_runs == 3
    assert found.queue.limits == ()
    assert found.run_retries.max_retries == 0


def test_the_home_wins_over_the_project_section_by_section(tmp_path: Path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[tool.earmark]\nmodule = "shop"\ndagster-alias = true\n[tool.earmark.tags]\nflow = {tier = "max"}\n'
        "[tool.earmark.run_retries]\nmax_retries = 9\n[tool.earmark.concurrency.runs]\nmax_concurrent_runs = 99\n"
    )
    found = settings_of(tmp_path, project, earmark_toml="[concurrency.runs]\nmax_concurrent_runs = 3\n")
    assert found.queue.max_concurrent_runs == 3
    assert found.run_retries.max_retries == 9
    assert found.tag_flow["tier"].merge is TagFlow.MAX


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("storag = 'x'", "There is no setting 'storag'. Did you mean 'storage'", 1),
        ("\n[concurency]\nx = 1", "There is no setting 'concurency'. Did you mean 'concurrency'?", 2),
        ("[concurrency.runs]\nmax_concurent_runs = 1", "Did you mean 'max_concurrent_runs'", 2),
        ("[concurrency.runs]\nmax_concurrent_runs = 'many'", "a whole number of -1 or more, not 'many'", 2),
        ("[concurrency.runs]\nmax_concurrent_runs = -2", "of -1 or more, not -2", 2),
        ("[run_retries]\nmax_retries = -1", "run_retries.max_retries is a whole number of 0 or more", 2),
        ("durability = 'ful'", "one of normal, full, not 'ful'. Did you mean 'full'?", 1),
        ("[tags]\nflow = {team = 'sam'}", "Did you mean 'same'?", 2),
        ("[concurrency.runs]\nageing = 'soon'", "Ageing is a duration such as 90s", 2),
        ("[concurrency.runs]\nfair_weights = {ml = 2}", "needs fair_by", 2),
        ("[concurrency.runs]\nlimits = [{key = 'a', limit = 1}, {limt = 1}]", "Limit 2: A limit has no option", 2),
        ("[concurrency.runs]\nlimits = [{key = 'a'}]", "it has no 'limit'", 2),
        ("[concurrency.runs]\nlimits = [{key = 'a', limit = -1}]", "0 or more, not -1", 2),
        ("[concurrency.runs]\nlimits = [{where = 'tag:', limit = 1}]", "no query over runs", 2),
        ("[concurrency.runs]\nlimits = [{where = 'status:queued', limit = 1}]", "changes while a run waits", 2),
        ("[concurrency.runs]\nlimits = [{where = 'ml', limit = 1}]", "write tag:KEY", 2),
        ("[concurrency.runs]\nlimits = [{limit = 1}]", "neither 'key' nor 'where'", 2),
        ("[concurrency.runs]\nlimits = [{key = 'a', limit = 1}, {key = 'a', limit = 2}]", "two limits named 'a'", 1),
        ("[concurrency.runs]\nlimits = [{key = 'a', value = {perValue = true}, limit = 1}]", "no option 'perValue'", 2),
        ("[concurrency.runs]\nlimits = [{key = 'my key', limit = 1}]", "holds ' '", 2),
        ("[concurrency.pools]\nlimits = {db = 'x'}", "concurrency.pools.limits.db is a whole number", 2),
        ("storage = {env = 'NOWHERE'}", "the environment variable NOWHERE, which is not set", 1),
        ("run_queue.max_concurrent_runs = 1\nconcurrency.runs.max_concurrent_runs = 1", "say the same twice", 2),
        ("storage = ", "cannot be read", None),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, message: str, line: int | None):
    error = refusal(tmp_path, earmark_toml=text)
    assert message in str(error)
    if line is not None:
        assert error.where is not None
        assert (error.where.file, error.where.line) == (str(tmp_path / "earmark.toml"), line)


def test_a_mistake_in_a_dagster_file_is_named_with_its_line(tmp_path: Path):
    error = refusal(tmp_path, dagster_yaml="run_retries:\n  enabled: true\n  max_retrys: 3\n")
    assert "[run_retries] has no setting 'max_retrys'. Did you mean 'max_retries'?" in str(error)
    assert error.where is not None and error.where.line == 3


def test_a_mistake_in_the_project_is_named_too(tmp_path: Path):
    error = refusal(tmp_path, pyproject_toml='[tool.earmark]\nmodle = "shop"\n')
    assert "[tool.earmark] has no setting 'modle'. Did you mean 'module'?" in str(error)


PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "settings.md"


def test_the_file_on_the_page_is_good(tmp_path: Path):
    shown = PAGE.read_text().partition('```toml title="earmark.toml"\n')[2].partition("```")[0]
    found = settings_of(tmp_path, earmark_toml=shown)
    assert [limit.name for limit in found.queue.limits][2:] == ["ml", "tag:memory_gb by memory_gb", "tag:api in 1h"]
    assert found.warnings == ()


SECTIONS = {
    "Store": "",
    "`concurrency.runs`": "concurrency.runs",
    "`concurrency.pools`": "concurrency.pools",
    "`run_retries`": "run_retries",
    "`run_monitoring`": "run_monitoring",
    "`server`": "server",
    "`telemetry`": "telemetry",
}


@pytest.mark.parametrize(("heading", "section"), SECTIONS.items())
def test_the_page_documents_every_key_of_a_section_and_no_other(tmp_path: Path, heading: str, section: str):
    part = PAGE.read_text().partition(f"### {heading}")[2].partition("\n### ")[0].partition("A limit is a table")[0]
    documented = {line.split("`")[1] for line in part.splitlines() if line.startswith("| `")}
    error = refusal(tmp_path, earmark_toml=f"[{section}]\nZZZZZZ = 1\n" if section else "ZZZZZZ = 1\n")
    known = set(str(error).partition("It may hold: ")[2].partition(". (at")[0].split(", "))
    sections = {"concurrency", "run_queue", "run_retries", "run_monitoring", "retention", "tags", "server", "telemetry"}
    assert documented == known - sections
