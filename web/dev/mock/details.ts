// One thing at a time: an asset, a run, a job, a launch.
import type {
  AssetDetail,
  AssetEvent,
  AssetRow,
  Explanation,
  Gate,
  JobDetail,
  JobRow,
  LaunchPreview,
  LaunchRequest,
  MetadataEntry,
  PartitionSpan,
  RunDetail,
  RunEvent,
  RunRow,
  StepRow,
  TagOrigin,
  Tags,
  TagWithOrigin,
} from "../../src/api/types.ts";
import { Dice } from "./random.ts";
import { assetByKey, downstream, ERROR, limits, runs, START, STEP_NAMES, upstream } from "./world.ts";

const SECOND = 1e6;
const DAY = 86400 * SECOND;

export function origins(tags: Tags, origin: TagOrigin, name: string | null): TagWithOrigin[] {
  return Object.entries(tags).map(([key, value]) => {
    const isSystem = key.startsWith("dagster/");
    const isEditable = !isSystem || key === "dagster/priority";
    const from: TagOrigin =
      key === "env" ? "project" : key === "reason" ? "request" : isSystem && !isEditable ? "system" : origin;
    return {
      key,
      value,
      origin: from,
      origin_name: from === origin ? name : null,
      is_system: isSystem,
      is_editable: isEditable,
      overrides:
        key === "team" && origin === "job"
          ? [{ value: "core-data", origin: "graph", origin_name: "base" }]
          : [],
      warning: null,
    };
  });
}

export function metadata(seed: number): MetadataEntry[] {
  return [
    { name: "row_count", kind: "int", value: 18233 + seed * 37, text: String(18233 + seed * 37) },
    {
      name: "path",
      kind: "path",
      value: "s3://lake/int/attribution/clicks.parquet",
      text: "s3://lake/int/attribution/clicks.parquet",
    },
    { name: "duration_seconds", kind: "float", value: 4.2, text: "4.2" },
    { name: "dashboard", kind: "url", value: "https://example.com/d/42", text: "https://example.com/d/42" },
    {
      name: "preview",
      kind: "table",
      value: [
        { channel: "search", clicks: 1204, spend: 310.5 },
        { channel: "social", clicks: 844, spend: 122.0 },
        { channel: "email", clicks: 97, spend: 4.1 },
      ],
      text: "3 rows",
    },
  ];
}

export function assetDetail(row: AssetRow): AssetDetail {
  const run = runs.find((each) => each.id === row.run_id);
  const pick = (keys: string[] = []) =>
    keys.map((key) => assetByKey.get(key)).filter((each) => each !== undefined);
  const n = row.key.length;
  return {
    ...row,
    description:
      "One row per click and account, with the channel it is credited to.\n\nBuilt every morning from the cleaned clicks; late clicks of up to three days are taken in by the next run.",
    code_version: "2026.11.3",
    definition_at: "jaffle/attribution/assets.py:112",
    is_executable: true,
    is_stale_definition: false,
    tag_rows: origins(row.tags, "asset", null).map((tag) =>
      tag.key === "domain" ? { ...tag, origin: "group", origin_name: row.group } : tag,
    ),
    metadata: [{ name: "schema", kind: "text", value: "clicks_v3", text: "clicks_v3" }],
    upstream: pick(upstream.get(row.key)),
    downstream: pick(downstream.get(row.key)),
    jobs: ["daily_marketing", "quality_sweep"],
    automation: ["daily_marketing_schedule"],
    op: row.key.replaceAll("/", "__"),
    pool: row.group === "marts" ? "snowflake" : null,
    io_manager: "parquet",
    partition_dimensions: row.partitions
      ? [
          {
            name: "date",
            kind: "daily",
            total: row.partitions.total,
            first: "2023-11-24",
            last: "2026-11-22",
          },
        ]
      : [],
    latest: row.materialized_at ? (assetEvents(row)[0] ?? null) : null,
    failure:
      row.status === "failed"
        ? { run_id: run?.id ?? "", at: START - 2400 * SECOND, step: "weighted_clicks", error: ERROR }
        : null,
    skipped_because:
      row.status === "skipped" ? (upstream.get(row.key)?.[0] ?? "int/attribution/clicks_clean") : null,
    stale_causes:
      row.status === "stale"
        ? [{ asset: upstream.get(row.key)?.[0] ?? row.key, reason: "has newer data", partitions: null }]
        : [],
    freshness: row.tags.sla
      ? { state: "fresh", policy: `within ${row.tags.sla}`, deadline: START + 3600 * SECOND }
      : null,
    trends: ["row_count", "null_share"].map((name, t) => ({
      name,
      at: Array.from({ length: 40 }, (_, i) => START - (40 - i) * DAY),
      values: Array.from({ length: 40 }, (_, i) =>
        t ? Math.abs(Math.sin(i / 3 + n)) * 0.04 : 18000 + i * 120 + Math.round(Math.sin(i + n) * 900),
      ),
    })),
  };
}

export function assetEvents(row: AssetRow): AssetEvent[] {
  return Array.from({ length: 60 }, (_, i) => ({
    seq: 9000 - i,
    at: (row.materialized_at ?? START) - i * DAY,
    kind: i === 4 ? "failure" : i % 9 === 5 ? "observation" : "materialization",
    run_id: runs[(i * 5 + 40) % 600]?.id ?? null,
    job: "daily_marketing",
    partition: row.partitions ? new Date((START - (i + 1) * DAY) / 1000).toISOString().slice(0, 10) : null,
    tags: { quality: i % 3 ? "ok" : "checked" },
    metadata: metadata(i),
    message: i === 4 ? "KeyError: 'discount_rate'" : null,
  }));
}

export function spans(total: number, seed: number, failed: number, running: number): PartitionSpan[] {
  const dice = new Dice(seed);
  const key = (i: number) => new Date((START - (total - i) * DAY) / 1000).toISOString().slice(0, 10);
  const found: PartitionSpan[] = [];
  const add = (from: number, to: number, status: PartitionSpan["status"]) => {
    if (to > from) found.push({ from, to, status, first: key(from), last: key(to - 1) });
  };
  let at = 0;
  while (at < total) {
    const good = Math.min(total, at + 4 + dice.int(Math.max(5, total / 5)));
    add(at, good, "materialized");
    const gap = Math.min(total, good + 1 + dice.int(4));
    add(
      good,
      gap,
      failed > 0 && dice.chance(0.5) ? "failed" : running > 0 && gap > total * 0.4 ? "running" : "missing",
    );
    at = gap;
  }
  return found;
}

export function steps(run: RunRow): StepRow[] {
  const count = run.steps.total;
  const from = run.started_at ?? run.created_at;
  const whole = (run.duration ?? (run.started_at ? (START - run.started_at) / SECOND : 60)) * SECOND;
  return STEP_NAMES.slice(0, count).map((key, i) => {
    const share = whole / count;
    const failedAt = run.status === "FAILURE" ? Math.floor(count / 2) : -1;
    const isFailed = i === failedAt;
    const isSkipped = failedAt >= 0 && i > failedAt;
    const isOpen = run.status === "STARTED" && i >= Math.floor(count / 2);
    const isNew = run.status === "QUEUED" || run.status === "STARTING";
    const start = i < 2 ? from + i * SECOND : from + share * i * 0.9;
    const status: StepRow["status"] = isNew
      ? "waiting"
      : isSkipped
        ? "skipped"
        : isFailed
          ? "failed"
          : isOpen
            ? i < Math.floor(count / 2) + 2
              ? "running"
              : "waiting"
            : "succeeded";
    const begun = !isNew && !isSkipped && status !== "waiting";
    return {
      key,
      op: key,
      status,
      tags: (i === 7 ? { gpu: "a100" } : i % 3 === 0 ? { engine: "duckdb" } : {}) as Tags,
      pool: i === 5 ? "snowflake" : null,
      assets: run.assets[i] ? [run.assets[i] ?? ""] : [],
      depends_on: i < 2 ? [] : [STEP_NAMES[i - 1] ?? "", ...(i % 3 === 2 ? [STEP_NAMES[i - 2] ?? ""] : [])],
      ready_at: begun ? start - (i === 5 ? share * 0.8 : share * 0.06) : null,
      wait_reason: i === 5 ? "pool snowflake 8/8" : null,
      started_at: begun ? start : null,
      ended_at: begun && status !== "running" ? start + share * (i < 2 ? 1.7 : 0.85) : null,
      attempts: begun
        ? [
            ...(i === 3
              ? [{ number: 1, started_at: start, ended_at: start + share * 0.3, status: "failed" as const }]
              : []),
            {
              number: i === 3 ? 2 : 1,
              started_at: i === 3 ? start + share * 0.4 : start,
              ended_at: status === "running" ? null : start + share * 0.85,
              status,
            },
          ]
        : [],
      error: isFailed ? ERROR : null,
      skipped_because: isSkipped ? (STEP_NAMES[failedAt] ?? null) : null,
      metadata: status === "succeeded" ? metadata(i).slice(0, 2) : [],
      last_good: (share / SECOND) * (i === failedAt ? 0.4 : 0.8),
      has_output: begun,
    };
  });
}

export function runDetail(run: RunRow): RunDetail {
  const root = run.root ?? run.id;
  const rows = steps(run);
  const failed = rows.find((step) => step.error);
  return {
    ...run,
    trace_id: null,
    tag_rows: origins(run.tags, "job", run.job),
    step_rows: rows,
    first_failure: run.failure
      ? { step: run.failure.step, at: failed?.ended_at ?? run.ended_at ?? START, error: ERROR }
      : null,
    config:
      "ops:\n  extract_clicks:\n    config:\n      since: 2026-11-20\n      channels: [search, social, email]\n",
    op_selection: [],
    asset_selection: run.assets,
    family: runs
      .filter((each) => each.id === root || each.root === root)
      .sort((a, b) => a.created_at - b.created_at),
    last_good: {
      id: runs.find((each) => each.job === run.job && each.status === "SUCCESS")?.id ?? "",
      duration: 84,
    },
    flow_conflicts: [],
    tag_history: [],
    worker: run.started_at ? { pid: 48213, host: "build-2", image: null } : null,
  };
}

export function runEvents(run: RunRow): RunEvent[] {
  const rows: RunEvent[] = [];
  const add = (
    at: number,
    kind: string,
    level: RunEvent["level"],
    step: string | null,
    message: string,
    extra: Partial<RunEvent> = {},
  ) =>
    rows.push({
      seq: rows.length + 1,
      at: Math.round(at),
      kind,
      level,
      step,
      message,
      error: null,
      metadata: [],
      asset: null,
      is_late: false,
      is_noise: false,
      ...extra,
    });
  add(run.created_at, "RUN_QUEUED", "info", null, "Queued");
  if (!run.started_at) return rows;
  add(run.started_at - 90_000, "RUN_STARTING", "info", null, "Worker 48213 claimed the run");
  add(run.started_at, "RUN_STARTED", "info", null, "Started");
  for (const step of steps(run)) {
    if (!step.started_at) {
      if (step.skipped_because)
        add(
          run.ended_at ?? START,
          "STEP_SKIPPED",
          "warning",
          step.key,
          `Skipped: ${step.skipped_because} failed`,
        );
      continue;
    }
    add(step.started_at, "RESOURCE_INIT", "debug", step.key, "Resource warehouse is up in 12 ms", {
      is_noise: true,
    });
    add(step.started_at + 20_000, "STEP_STARTED", "info", step.key, `Step ${step.key} started`);
    for (let n = 0; n < 12; n++)
      add(
        step.started_at + 60_000 * (n + 1),
        "LOG",
        n % 5 === 4 ? "warning" : n % 2 ? "debug" : "info",
        step.key,
        n % 5 === 4
          ? "3 rows without a channel were put aside"
          : `Read part-${String(n).padStart(4, "0")}.parquet: ${4000 + n * 37} rows`,
      );
    if (step.error)
      add(
        step.ended_at ?? START,
        "STEP_FAILURE",
        "error",
        step.key,
        `${step.error.kind}: ${step.error.message}`,
        { error: step.error },
      );
    else if (step.ended_at)
      add(step.ended_at, "STEP_SUCCESS", "info", step.key, `Step ${step.key} done`, {
        metadata: step.metadata,
        asset: step.assets[0] ?? null,
      });
  }
  if (run.ended_at)
    add(
      run.ended_at,
      run.status === "SUCCESS" ? "RUN_SUCCESS" : "RUN_FAILURE",
      run.status === "SUCCESS" ? "info" : "error",
      null,
      run.status === "SUCCESS" ? "Succeeded" : `Failed: ${run.failure?.message ?? "canceled"}`,
    );
  return rows.sort((a, b) => a.at - b.at).map((row, i) => ({ ...row, seq: i + 1 }));
}

function gates(run: { tags: Tags; position: number }): Gate[] {
  return [limits[1], limits[0]].flatMap((limit, i) =>
    limit
      ? [
          {
            limit_id: limit.id,
            kind: limit.kind,
            label: i === 0 ? `team=${run.tags.team ?? "growth"}` : limit.label,
            used: i === 0 ? 2 : limit.used,
            limit: limit.limit,
            is_open: i !== 0,
            holders: limit.holders.slice(0, 2),
            position: i === 0 ? run.position : null,
            would_open: i === 0 ? "when one of the two runs that hold it ends" : "is open",
          },
        ]
      : [],
  );
}

export function explain(run: RunRow): Explanation {
  const position = run.wait?.position ?? null;
  return {
    run_id: run.id,
    status: run.status,
    sentence: run.wait
      ? `Waits for a slot of ${run.wait.label}: ${run.wait.used} of ${run.wait.limit} are taken.`
      : "Nothing is in its way.",
    decided_at: START - 2 * SECOND,
    priority: run.priority,
    effective_priority: run.priority + 1,
    position,
    ahead: runs
      .filter((each) => each.status === "QUEUED")
      .slice(0, Math.max(0, (position ?? 1) - 1))
      .map((each) => ({ run_id: each.id, job: each.job, priority: each.priority })),
    gates: run.wait ? gates({ tags: run.tags, position: position ?? 1 }) : [],
  };
}

export function jobDetail(job: JobRow): JobDetail {
  return {
    ...job,
    tag_rows: origins(job.tags, "job", null),
    config_schema: {
      type: "object",
      properties: {
        ops: {
          type: "object",
          properties: {
            extract_clicks: {
              type: "object",
              properties: {
                config: {
                  type: "object",
                  required: ["since"],
                  properties: {
                    since: {
                      type: "string",
                      format: "date",
                      description: "First day to read",
                      default: "2026-11-20",
                    },
                    limit: { type: "integer", minimum: 1, description: "Rows at most", default: 100000 },
                    dry_run: { type: "boolean", default: false, description: "Read, but write nothing" },
                    engine: { type: "string", enum: ["duckdb", "polars"], default: "duckdb" },
                    channels: { type: "array", items: { type: "string" }, default: ["search", "social"] },
                  },
                },
              },
            },
          },
        },
      },
    },
    default_config:
      "ops:\n  extract_clicks:\n    config:\n      since: 2026-11-20\n      limit: 100000\n      engine: duckdb\n",
    selection: job.kind === "asset" ? `tag:team=${job.tags.team}` : null,
    asset_keys: [...assetByKey.keys()].slice(10, 10 + job.assets),
    partition_dimensions: job.name.startsWith("daily")
      ? [{ name: "date", kind: "daily", total: 365, first: "2025-11-23", last: "2026-11-22" }]
      : [],
    resources: [
      { name: "warehouse", kind: "SnowflakeResource" },
      { name: "lake", kind: "S3Resource" },
    ],
    hooks: [],
  };
}

export function preview(request: LaunchRequest, job: JobRow | undefined): LaunchPreview {
  const parent = runs.find((run) => run.id === request.parent);
  const inherited = origins(
    parent?.tags ?? job?.tags ?? {},
    parent ? "parent" : "job",
    parent ? null : (job?.name ?? null),
  );
  const kept = inherited.filter(
    (tag) =>
      !request.remove_tags.includes(tag.key) && !(tag.key in request.tags) && (tag.is_editable || !parent),
  );
  const own: TagWithOrigin[] = Object.entries(request.tags).map(([key, value]) => {
    const over = inherited.find((tag) => tag.key === key);
    return {
      key,
      value,
      origin: "request",
      origin_name: null,
      is_system: key.startsWith("dagster/"),
      is_editable: true,
      overrides: over ? [{ value: over.value, origin: over.origin, origin_name: over.origin_name }] : [],
      warning: key === "teem" ? "Did you mean team?" : null,
    };
  });
  const tags = [...kept, ...own].sort((a, b) => (a.key < b.key ? -1 : 1));
  const priority = Number(tags.find((tag) => tag.key === "dagster/priority")?.value ?? 0);
  const line = request.config.split("\n").findIndex((text) => text.includes("\t"));
  return {
    tags,
    faults:
      line >= 0
        ? [{ path: "config", message: "YAML is not indented with tabs", line: line + 1, column: 1 }]
        : [],
    warnings: [],
    priority,
    gates: gates({
      tags: Object.fromEntries(tags.map((tag) => [tag.key, tag.value])),
      position: priority > 0 ? 1 : 13,
    }),
    position: priority > 0 ? 1 : 13,
    estimated_wait: priority > 0 ? 40 : 620,
    steps: request.mode === "from_failure" ? STEP_NAMES.slice(4) : STEP_NAMES,
    assets: request.assets,
    partitions: request.partition ? 1 : 0,
    flow_conflicts: [],
    refused: [],
  };
}
