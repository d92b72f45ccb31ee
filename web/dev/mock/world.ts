// A made-up instance: 2,000 assets, 40 jobs, 600 runs, the same at every start but for the clock.
import type {
  AssetRow,
  AssetStatus,
  AutomationRow,
  BackfillRow,
  ErrorInfo,
  JobRow,
  LimitRow,
  OpRow,
  RunRow,
  RunStatus,
  Tags,
  TickRow,
} from "../../src/api/types.ts";
import { Dice } from "./random.ts";

export const START = Date.now() * 1000;
const SECOND = 1e6;
const HOUR = 3600 * SECOND;
const dice = new Dice(20261123);

export const TEAMS = ["growth", "platform", "ml", "finance", "core-data", "risk"];
export const DOMAINS = ["marketing", "sales", "finance", "product", "logistics", "risk", "ml", "core"];
const GROUPS: [string, string, string[]][] = [
  ["raw_events", "product", ["python", "s3"]],
  ["raw_crm", "sales", ["python", "postgres"]],
  ["raw_ads", "marketing", ["python", "s3"]],
  ["staging", "core", ["dbt", "duckdb"]],
  ["sessions", "product", ["python", "polars"]],
  ["customers", "sales", ["dbt", "snowflake"]],
  ["attribution", "marketing", ["python", "polars"]],
  ["billing", "finance", ["dbt", "snowflake"]],
  ["ledger", "finance", ["sql", "snowflake"]],
  ["inventory", "logistics", ["python", "duckdb"]],
  ["shipments", "logistics", ["python", "postgres"]],
  ["fraud", "risk", ["python", "sklearn"]],
  ["credit", "risk", ["python", "polars"]],
  ["features", "ml", ["python", "polars"]],
  ["models", "ml", ["python", "pytorch"]],
  ["marts", "core", ["dbt", "snowflake"]],
  ["reports", "finance", ["python", "pandas"]],
  ["exports", "marketing", ["python", "s3"]],
];
const NOUNS = [
  "orders",
  "clicks",
  "accounts",
  "invoices",
  "sessions",
  "payments",
  "items",
  "users",
  "visits",
  "refunds",
  "leads",
  "campaigns",
  "shipments",
  "prices",
  "scores",
  "labels",
  "quotes",
  "margins",
  "stock",
  "churn",
];
const FORMS = [
  "raw",
  "clean",
  "daily",
  "hourly",
  "joined",
  "dedup",
  "enriched",
  "agg",
  "wide",
  "snapshot",
  "delta",
  "latest",
];

export const ERROR: ErrorInfo = {
  kind: "KeyError",
  message: "'discount_rate'",
  where: "jaffle/attribution/weights.py:48",
  source: [
    { line: 46, text: '    weights = context.resources.warehouse.read("weights")', is_cause: false },
    { line: 47, text: '    by_channel = {row["channel"]: row for row in weights}', is_cause: false },
    { line: 48, text: '    rate = by_channel[channel]["discount_rate"]', is_cause: true },
    { line: 49, text: '    return clicks.with_columns(pl.col("spend") * (1 - rate))', is_cause: false },
  ],
  traceback:
    'Traceback (most recent call last):\n  File "jaffle/attribution/weights.py", line 31, in weighted_clicks\n    return apply_rate(context, clicks)\n  File "jaffle/attribution/weights.py", line 48, in apply_rate\n    rate = by_channel[channel]["discount_rate"]\nKeyError: \'discount_rate\'',
  causes: [],
};

function makeAssets(): AssetRow[] {
  const rows: AssetRow[] = [];
  for (let i = 0; i < 2000; i++) {
    const [group, domain, kinds] = GROUPS[i % GROUPS.length] ?? ["raw_events", "product", ["python"]];
    const round = Math.floor(i / GROUPS.length);
    const noun = NOUNS[round % NOUNS.length] ?? "orders";
    const form = FORMS[Math.floor(round / NOUNS.length) % FORMS.length] ?? "raw";
    const key = `${group.startsWith("raw_") ? "raw" : group === "marts" || group === "reports" ? "marts" : "int"}/${group}/${noun}_${form}`;
    const tags: Tags = { domain };
    if (!dice.chance(0.07)) tags.team = dice.pick(TEAMS);
    if (dice.chance(0.72)) tags.tier = dice.pick(["gold", "silver", "bronze"]);
    if (dice.chance(0.3)) tags.pii = dice.chance(0.5) ? "true" : "false";
    if (dice.chance(0.2)) tags.sla = dice.pick(["1h", "6h", "24h"]);
    if (dice.chance(0.01)) tags.Team = "growth";
    const roll = dice.next();
    const status: AssetStatus =
      roll < 0.02
        ? "failed"
        : roll < 0.045
          ? "skipped"
          : roll < 0.055
            ? "running"
            : roll < 0.16
              ? "stale"
              : roll < 0.22
                ? "missing"
                : "materialized";
    const isPartitioned = dice.chance(0.35);
    const total = isPartitioned ? dice.pick([30, 90, 365, 1096]) : 0;
    const failedParts = status === "failed" ? 1 + dice.int(4) : 0;
    const missingParts = isPartitioned ? dice.int(Math.max(1, Math.floor(total / 12))) : 0;
    rows.push({
      key: rows.some((row) => row.key === key) ? `${key}_${i}` : key,
      group,
      location: domain === "ml" || domain === "risk" ? "science" : "warehouse",
      kinds,
      owners: tags.team ? [`team:${tags.team}`] : [],
      tags,
      status,
      materialized_at:
        status === "missing" ? null : START - Math.floor(dice.next() ** 2 * 60 * HOUR) - 30 * SECOND,
      run_id: null,
      partitions: isPartitioned
        ? {
            total,
            materialized: total - failedParts - missingParts,
            failed: failedParts,
            running: 0,
            missing: missingParts,
          }
        : null,
      checks: dice.chance(0.3)
        ? { total: 3, passed: status === "failed" ? 2 : 3, failed: status === "failed" ? 1 : 0, warned: 0 }
        : null,
      error:
        status === "failed"
          ? "KeyError: 'discount_rate'"
          : status === "skipped"
            ? "Upstream int/attribution/clicks_clean failed"
            : null,
    });
  }
  return rows;
}
export const assets = makeAssets();
export const assetByKey = new Map(assets.map((row) => [row.key, row]));

/** Upstream keys: two or three earlier assets, mostly of the same or the group before. */
export const upstream = new Map<string, string[]>();
export const downstream = new Map<string, string[]>(assets.map((row) => [row.key, []]));
for (const [index, row] of assets.entries()) {
  const place = index % GROUPS.length;
  const found = new Set<string>();
  if (place > 2) {
    for (let n = 0; n < 2 + dice.int(2); n++) {
      const other = Math.floor(index / GROUPS.length) * GROUPS.length + Math.max(0, place - 1 - dice.int(4));
      const key = assets[other]?.key;
      if (key && key !== row.key) found.add(key);
    }
  }
  upstream.set(row.key, [...found]);
  for (const key of found) downstream.get(key)?.push(row.key);
}

const JOB_NAMES = [
  "daily_marketing",
  "hourly_sessions",
  "ledger_close",
  "train_churn",
  "score_fraud",
  "sync_crm",
  "rebuild_marts",
  "export_ads",
  "refresh_features",
  "inventory_snapshot",
  "credit_review",
  "billing_run",
  "attribution_weekly",
  "quality_sweep",
  "gdpr_erase",
  "price_update",
  "send_reports",
  "shipments_sync",
  "retrain_ranker",
  "vacuum_warehouse",
];
export const jobs: JobRow[] = Array.from({ length: 40 }, (_, i) => {
  const base = JOB_NAMES[i % JOB_NAMES.length] ?? "job";
  const team = dice.pick(TEAMS);
  return {
    name: i < JOB_NAMES.length ? base : `${base}_eu`,
    location: i % 5 === 0 ? "science" : "warehouse",
    description: i % 3 === 0 ? "Builds what the morning reports read." : null,
    kind: i % 4 === 3 ? "op" : "asset",
    tags: {
      team,
      tier: dice.pick(["gold", "silver", "bronze"]),
      ...(i >= JOB_NAMES.length ? { region: "eu" } : {}),
    },
    ops: 3 + dice.int(16),
    assets: i % 4 === 3 ? 0 : 4 + dice.int(60),
    recent: [],
    p50: 20 + dice.int(900),
    failure_rate: dice.chance(0.4) ? dice.next() * 0.12 : 0,
    automation: i % 2 === 0 ? [`${base}_schedule`] : [],
    next_at: i % 2 === 0 ? START + dice.int(20) * HOUR + 600 * SECOND : null,
  };
});
export const STEP_NAMES = [
  "extract_clicks",
  "extract_costs",
  "clean_clicks",
  "weighted_clicks",
  "join_accounts",
  "load_marts",
  "check_totals",
  "train_model",
  "score",
  "publish",
];
export const ops: OpRow[] = jobs.flatMap((job) =>
  STEP_NAMES.slice(0, Math.min(job.ops, 10)).map((name, i) => ({
    name,
    kind: "op" as const,
    job: job.name,
    location: job.location,
    description: null,
    tags: {
      ...(i % 3 === 0 ? { engine: "duckdb" } : {}),
      ...(i === 7 ? { gpu: "a100", "dagster/priority": "5" } : {}),
    },
    pool: i === 5 ? "snowflake" : i === 7 ? "gpu" : null,
    retries: i % 3,
    p50: 2 + i * 7,
  })),
);

export const REASONS = ["hotfix", "backfill", "audit"];
function makeRun(i: number): RunRow {
  const job = dice.chance(0.88) ? dice.pick(jobs) : null;
  const roll = dice.next();
  const age =
    i < 26 ? i * 40 * SECOND + 8 * SECOND : Math.floor((i - 20) * 0.32 * HOUR * (0.6 + dice.next()));
  const status: RunStatus =
    i < 14
      ? "QUEUED"
      : i < 15
        ? "STARTING"
        : i < 23
          ? "STARTED"
          : roll < 0.09
            ? "FAILURE"
            : roll < 0.12
              ? "CANCELED"
              : "SUCCESS";
  const created = START - age - 20 * SECOND;
  const queuedFor = dice.next() ** 3 * 180;
  const took = status === "QUEUED" ? null : Math.max(1.2, (job?.p50 ?? 60) * (0.5 + dice.next()));
  const isDone = status === "SUCCESS" || status === "FAILURE" || status === "CANCELED";
  const started =
    status === "QUEUED" || status === "STARTING" ? null : created + Math.floor(queuedFor * SECOND);
  const total = Math.min(job?.ops ?? 6, 10);
  const failed = status === "FAILURE" ? 1 : 0;
  const priority = dice.chance(0.1) ? 10 : dice.chance(0.06) ? -5 : 0;
  const schedule = job?.automation[0];
  const byHand = !schedule || dice.chance(0.4);
  const team = job?.tags.team ?? dice.pick(TEAMS);
  const partition = dice.chance(0.4)
    ? new Date((created - dice.int(5) * 24 * HOUR) / 1000).toISOString().slice(0, 10)
    : null;
  const position = status === "QUEUED" ? i + 1 : 0;
  const tags: Tags = {
    ...(job?.tags ?? {}),
    team,
    env: dice.chance(0.85) ? "prod" : "staging",
    ...(dice.chance(0.08) ? { reason: dice.pick(REASONS) } : {}),
    ...(dice.chance(0.02) ? { teem: "growth" } : {}),
    ...(partition ? { "dagster/partition": partition } : {}),
    ...(byHand ? {} : { "dagster/schedule_name": schedule ?? "" }),
    ...(priority ? { "dagster/priority": String(priority) } : {}),
  };
  const sorted = Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    id: `019ab${dice.hex(3)}-${dice.hex(4)}-7${dice.hex(3)}-9${dice.hex(3)}-${dice.hex(12)}`,
    job: job?.name ?? null,
    location: job?.location ?? "warehouse",
    status,
    tags: sorted,
    priority,
    created_at: created,
    started_at: started,
    ended_at:
      isDone && started && took ? Math.min(started + Math.floor(took * SECOND), START - 5 * SECOND) : null,
    duration: isDone ? took : null,
    queued: started ? queuedFor : null,
    partition,
    assets: job?.kind === "op" ? [] : assets.slice(i * 3, i * 3 + 3).map((row) => row.key),
    asset_count: job ? job.assets : 3,
    source: byHand
      ? { kind: i % 7 === 0 ? "cli" : "manual", name: i % 7 === 0 ? null : "ana", tick: null }
      : { kind: "schedule", name: schedule ?? null, tick: `tick-${i}` },
    steps: {
      total,
      succeeded:
        status === "SUCCESS"
          ? total
          : status === "QUEUED" || status === "STARTING"
            ? 0
            : Math.floor(total / 2),
      failed,
      running: status === "STARTED" ? 2 : 0,
      skipped: status === "FAILURE" ? total - Math.floor(total / 2) - 1 : 0,
    },
    wait:
      status === "QUEUED"
        ? {
            sentence: `team=${team} 2/2, held by `,
            limit_id: "team-each",
            label: `team=${team}`,
            used: 2,
            limit: 2,
            holder: null,
            position,
          }
        : null,
    failure:
      status === "FAILURE"
        ? dice.chance(0.8)
          ? {
              step: STEP_NAMES[Math.floor(total / 2)] ?? null,
              message: "KeyError: 'discount_rate'",
              reason: "STEP_FAILURE",
            }
          : { step: null, message: "Past its 3600 s (dagster/max_runtime)", reason: "RUN_TIMEOUT" }
        : null,
    parent: null,
    root: null,
    actions:
      status === "QUEUED"
        ? ["cancel", "tag", "prioritise"]
        : isDone
          ? ["retry", "tag", "delete", ...(failed ? (["retry_from_failure"] as const) : [])]
          : ["cancel", "tag"],
  };
}
export const runs = Array.from({ length: 600 }, (_, i) => makeRun(i)).sort(
  (a, b) => b.created_at - a.created_at,
);
const holders = runs.filter((run) => run.status === "STARTED");
for (const [i, run] of runs.filter((each) => each.wait).entries()) {
  const holder = holders[i % Math.max(1, holders.length)];
  if (run.wait) run.wait = { ...run.wait, holder: holder?.id ?? null, position: i + 1 };
}
const firstFailed = runs.find((run) => run.status === "FAILURE" && run.failure?.step);
const child = runs.find((run) => run.status === "SUCCESS");
if (firstFailed && child) {
  child.parent = firstFailed.id;
  child.root = firstFailed.id;
  child.job = firstFailed.job;
}
for (const job of jobs) {
  job.recent = runs
    .filter((run) => run.job === job.name)
    .slice(0, 10)
    .reverse()
    .map((run) => ({ id: run.id, status: run.status, duration: run.duration, at: run.created_at }));
}
for (const [i, asset] of assets.entries()) asset.run_id = runs[((i * 7) % 500) + 30]?.id ?? null;

export const ticks: TickRow[] = [];
export const automations: AutomationRow[] = Array.from({ length: 26 }, (_, i) => {
  const job = jobs[i] ?? jobs[0];
  const kind = i % 5 === 3 ? "sensor" : i % 9 === 8 ? "automation" : "schedule";
  const name =
    kind === "schedule"
      ? `${job?.name}_schedule`
      : kind === "sensor"
        ? `${job?.name}_on_file`
        : `${job?.name}_conditions`;
  const isFailing = i === 3 || i === 11;
  const recent = Array.from({ length: 20 }, (_, t) => {
    const status = isFailing && t > 15 ? "failed" : kind !== "schedule" && t % 3 ? "skipped" : "succeeded";
    const tick: TickRow = {
      id: `tick-${i}-${t}`,
      automation: name,
      kind,
      at: START - (20 - t) * (kind === "schedule" ? HOUR : 30 * SECOND),
      ended_at: START - (20 - t) * (kind === "schedule" ? HOUR : 30 * SECOND) + 400_000,
      status,
      run_ids: status === "succeeded" ? [runs[(i * 20 + t) % 600]?.id ?? ""] : [],
      requested: status === "succeeded" ? 1 : 0,
      refused: 0,
      skip_reason: status === "skipped" ? "No new files since incoming/2026-11-22/part-0041.parquet" : null,
      error:
        status === "failed"
          ? { ...ERROR, kind: "PermissionError", message: "incoming/ cannot be listed" }
          : null,
      cursor: kind === "sensor" ? "incoming/2026-11-22/part-0041.parquet" : null,
    };
    ticks.push(tick);
    return { id: tick.id, status: tick.status, at: tick.at, runs: tick.run_ids.length };
  });
  return {
    name,
    kind,
    location: job?.location ?? "warehouse",
    is_running: i % 6 !== 5,
    tags: job?.tags ?? {},
    rhythm: kind === "schedule" ? (i % 2 ? "0 * * * *" : "30 6 * * *") : "every 30 s",
    rhythm_words: kind === "schedule" ? (i % 2 ? "Every hour" : "At 06:30 every day") : "Every 30 seconds",
    timezone: kind === "schedule" ? "Europe/Berlin" : null,
    targets: [job?.name ?? ""],
    last_tick: ticks.at(-1) ?? null,
    next_at: i % 6 === 5 ? null : START + (kind === "schedule" ? 1800 : 20) * SECOND,
    recent,
    runs_today: dice.int(24),
  } satisfies AutomationRow;
}).sort((a, b) => Number(b.last_tick?.status === "failed") - Number(a.last_tick?.status === "failed"));

export const backfills: BackfillRow[] = Array.from({ length: 7 }, (_, i) => {
  const status =
    i === 0 ? "running" : i === 1 ? "paused" : i === 4 ? "failed" : i === 5 ? "canceled" : "succeeded";
  const total = [365, 90, 30, 1096, 60, 30, 12][i] ?? 30;
  const done =
    status === "running"
      ? Math.floor(total * 0.46)
      : status === "paused"
        ? Math.floor(total * 0.2)
        : total - (status === "succeeded" ? 0 : 9);
  return {
    id: `bf-${dice.hex(8)}`,
    status,
    title: i % 2 ? "attribution_weekly" : "marts/finance from 2025-11-23",
    job: i % 2 ? "attribution_weekly" : null,
    asset_count: i % 2 ? 0 : 4 + i,
    tags: { team: dice.pick(TEAMS), reason: "backfill", "dagster/priority": "-10" },
    priority: -10,
    created_at: START - (i * 9 + 1) * HOUR,
    ended_at: i < 2 ? null : START - i * 8 * HOUR,
    author: "ana",
    partitions: {
      total,
      materialized: done,
      failed: i === 0 ? 6 : i === 4 ? 9 : 0,
      running: i === 0 ? 8 : 0,
      missing: i === 0 ? total - done - 14 : i === 1 ? total - done : i === 5 ? 9 : 0,
    },
    runs: done + 6,
    in_flight: i === 0 ? 8 : 0,
    error: i === 4 ? "9 partitions failed" : null,
    actions: i === 0 ? ["pause", "cancel", "tag"] : i === 1 ? ["resume", "cancel", "tag"] : ["retry_failed"],
  } satisfies BackfillRow;
});

function limit(id: string, part: Partial<LimitRow>): LimitRow {
  const queue = runs.filter((run) => run.status === "QUEUED");
  const waiting = part.waiting ?? 0;
  return {
    id,
    kind: "tag",
    label: id,
    key: null,
    value: null,
    per_unique_value: false,
    where: null,
    per: [],
    limit: 2,
    period: null,
    used: 0,
    groups: [],
    holders: holders.slice(0, part.used ?? 0).map((run) => ({
      run_id: run.id,
      job: run.job,
      step: null,
      since: run.created_at,
      value: run.tags.team ?? null,
    })),
    waiters: queue.slice(0, waiting).map((run, i) => ({
      run_id: run.id,
      job: run.job,
      priority: run.priority,
      position: i + 1,
      since: run.created_at,
    })),
    source: "settings",
    note: null,
    updated_by: null,
    updated_at: null,
    ...part,
    waiting,
  };
}
export const limits: LimitRow[] = [
  limit("runs", { kind: "runs", label: "All runs", limit: 10, used: 8, waiting: 0 }),
  limit("team-each", {
    label: "team=*",
    key: "team",
    per_unique_value: true,
    limit: 2,
    used: 8,
    waiting: 12,
    groups: TEAMS.map((value, i) => ({ value, used: i < 4 ? 2 : 0, waiting: i < 4 ? 3 : 0 })),
  }),
  limit("env-staging", {
    label: "env=staging",
    key: "env",
    value: "staging",
    limit: 3,
    used: 1,
    source: "edited",
    updated_by: "ana",
    updated_at: START - 5 * HOUR,
    note: "The staging warehouse is small",
  }),
  limit("ml-not-gold", {
    kind: "query",
    label: "tag:team=ml not tag:tier=gold",
    where: "tag:team=ml not tag:tier=gold",
    per: ["env"],
    limit: 4,
    used: 2,
    waiting: 2,
  }),
  limit("pool-snowflake", {
    kind: "pool",
    label: "snowflake",
    key: "snowflake",
    limit: 8,
    used: 5,
    waiting: 0,
  }),
  limit("pool-gpu", { kind: "pool", label: "gpu", key: "gpu", limit: 1, used: 1, waiting: 3 }),
  limit("crm-rate", {
    kind: "rate",
    label: "api=crm",
    key: "api",
    value: "crm",
    limit: 30,
    period: 60,
    used: 12,
  }),
];
