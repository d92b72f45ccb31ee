// Every endpoint of docs/design/0031-api.md that the pages call, answered from the made-up world.
import type {
  BulkRuns,
  ConditionNode,
  LaunchRequest,
  LimitEdit,
  LimitRow,
  RunRow,
  SavedView,
  Scope,
  SearchHit,
  TagSuggestion,
} from "../../src/api/types.ts";
import { removeTerm, terms } from "../../src/model/query.ts";
import { graph, insights, setHue, tagKeys, tagValues, timeline, tree } from "./aggregates.ts";
import {
  assetDetail,
  assetEvents,
  explain,
  jobDetail,
  metadata,
  origins,
  preview,
  runDetail,
  runEvents,
  spans,
} from "./details.ts";
import { complete, facets, find, page } from "./lists.ts";
import {
  assetByKey,
  assets,
  automations,
  backfills,
  ERROR,
  jobs,
  limits,
  ops,
  runs,
  START,
  ticks,
} from "./world.ts";

export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}
export interface Call {
  params: URLSearchParams;
  body: unknown;
  ids: string[];
}
type Handler = (call: Call) => unknown;

const q = (call: Call) => call.params.get("q") ?? "";
const param = (call: Call, name: string) => call.params.get(name) ?? "";
const scope = (call: Call) => param(call, "scope") as Scope;
function node(label: string, is_true: boolean, children: ConditionNode[] = []): ConditionNode {
  return { label, is_true, partitions: null, keys: [], children };
}
function need<T>(thing: T | undefined, what: string): T {
  if (thing === undefined) throw new Refusal(404, `No ${what} has this name.`);
  return thing;
}
const assetOf = (call: Call) => need(assetByKey.get(param(call, "key")), "asset");
const runOf = (call: Call) =>
  need(
    runs.find((run) => run.id === call.ids[0]),
    "run",
  );
const list = <T>(rows: readonly T[], call: Call) => page(rows, call.params, 200);

const views: SavedView[] = [
  {
    id: "failed",
    name: "Failed today",
    url: "runs?q=status:failed+created:>-24h",
    owner: null,
    is_shared: true,
    is_pinned: true,
    is_built_in: true,
    count: find("runs", "status:failed created:>-24h").length,
  },
  {
    id: "waiting",
    name: "Waiting",
    url: "runs?q=status:queued",
    owner: null,
    is_shared: true,
    is_pinned: true,
    is_built_in: true,
    count: find("runs", "status:queued").length,
  },
  {
    id: "long",
    name: "Long runs",
    url: "runs?q=duration:>10m",
    owner: null,
    is_shared: true,
    is_pinned: true,
    is_built_in: true,
    count: find("runs", "duration:>10m").length,
  },
  {
    id: "untagged",
    name: "Untagged assets",
    url: "assets?q=-tag:team",
    owner: null,
    is_shared: true,
    is_pinned: true,
    is_built_in: true,
    count: find("assets", "-tag:team").length,
  },
];

function search(text: string): SearchHit[] {
  const word = text.toLowerCase();
  const hits: SearchHit[] = [];
  for (const row of tagKeys()) {
    for (const value of row.top_values) {
      if (`${row.key}=${value}`.toLowerCase().includes(word)) {
        const found = tagValues(row.key).find((each) => each.value === value);
        hits.push({
          kind: "tag",
          label: `${row.key}=${value}`,
          detail: `${found?.assets ?? 0} assets, ${found?.runs ?? 0} runs`,
          url: `tags/${encodeURIComponent(row.key)}/${encodeURIComponent(value)}`,
          count: null,
        });
      }
    }
  }
  for (const job of jobs)
    if (job.name.includes(word))
      hits.push(
        { kind: "job", label: job.name, detail: job.location, url: `jobs/${job.name}`, count: null },
        {
          kind: "action",
          label: `Launch ${job.name}`,
          detail: null,
          url: `jobs/${job.name}/launch`,
          count: null,
        },
      );
  for (const row of assets)
    if (row.key.includes(word))
      hits.push({
        kind: "asset",
        label: row.key,
        detail: row.group,
        url: `assets/${row.key}/-/overview`,
        count: null,
      });
  for (const run of runs)
    if (word.length >= 4 && run.id.includes(word))
      hits.push({ kind: "run", label: run.id, detail: run.job, url: `runs/${run.id}`, count: null });
  for (const op of ops.slice(0, 60))
    if (op.name.includes(word))
      hits.push({
        kind: "op",
        label: op.name,
        detail: op.job,
        url: `jobs/${op.job}?select=${op.name}`,
        count: null,
      });
  return hits.slice(0, 24);
}

function suggestions(call: Call): TagSuggestion[] {
  const key = param(call, "key").toLowerCase();
  const value = call.params.get("value");
  if (value === null) {
    return [
      ...tagKeys(),
      ...["dagster/priority", "dagster/max_runtime", "dagster/max_retries"].map((each) => ({
        key: each,
        runs: 0,
        description: "Steers how the run executes",
        is_system: true,
      })),
    ]
      .filter(
        (row) =>
          row.key.toLowerCase().includes(key) &&
          (!row.is_system ||
            ["dagster/priority", "dagster/max_runtime", "dagster/max_retries"].includes(row.key)),
      )
      .sort((a, b) => b.runs - a.runs)
      .map((row) => ({
        key: row.key,
        value: null,
        count: row.runs,
        description: row.description,
        is_system: row.is_system,
      }));
  }
  return tagValues(param(call, "key"))
    .filter((row) => value === "*" || row.value.toLowerCase().includes(value.toLowerCase()))
    .map((row) => ({
      key: param(call, "key"),
      value: row.value,
      count: row.runs,
      description: null,
      is_system: false,
    }));
}

function bulk(call: Call) {
  const order = call.body as BulkRuns;
  const chosen = order.ids
    ? runs.filter((run) => order.ids?.includes(run.id))
    : find<RunRow>("runs", order.q ?? "");
  const able = chosen.filter((run) => run.actions.includes(order.action));
  if (!order.dry_run && order.action === "cancel") {
    for (const run of able)
      Object.assign(run, {
        status: "CANCELED",
        ended_at: Date.now() * 1000,
        wait: null,
        actions: ["retry", "tag"],
      });
  }
  return {
    matched: chosen.length,
    done: able.length,
    run_ids: [],
    failed: chosen
      .filter((run) => !able.includes(run))
      .slice(0, 5)
      .map((run) => ({ id: run.id, detail: "It has ended already." })),
  };
}

function limitOf(edit: LimitEdit, id: string): LimitRow {
  return {
    ...edit,
    id,
    label:
      edit.where ??
      `${edit.key ?? ""}${edit.kind === "pool" ? "" : `=${edit.per_unique_value ? "*" : (edit.value ?? "")}`}`,
    used: 0,
    waiting: 0,
    groups: [],
    holders: [],
    waiters: [],
    source: "edited",
    updated_by: "ana",
    updated_at: Date.now() * 1000,
  };
}

const automationOf = (call: Call) =>
  need(
    automations.find((row) => row.name === param(call, "name")),
    "automation",
  );
const backfillOf = (call: Call) =>
  need(
    backfills.find((row) => row.id === call.ids[0]),
    "backfill",
  );

export const ROUTES: [string, RegExp, Handler][] = [
  [
    "GET",
    /^session$/,
    () => ({
      user: "ana",
      role: "admin",
      login_required: false,
      narrowed_to: null,
      version: "0.1.0",
      instance: "jaffle",
      now: Date.now() * 1000,
    }),
  ],
  ["POST", /^(login|logout)$/, () => undefined],
  [
    "GET",
    /^status$/,
    () => ({
      queued: find("runs", "status:queued").length,
      running: find("runs", "status:running").length,
      failed_today: find("runs", "status:failed created:>-24h").length,
      queue_paused: false,
      locations_failed: 1,
      daemons_unhealthy: 0,
      assets: assets.length,
      jobs: jobs.length,
    }),
  ],
  ["GET", /^search$/, (call) => ({ items: search(param(call, "text")) })],
  ["GET", /^complete$/, (call) => complete(scope(call), q(call), Number(param(call, "at")))],
  ["GET", /^facets$/, (call) => facets(scope(call), q(call), call.params)],
  [
    "GET",
    /^terms$/,
    (call) => ({
      terms: terms(q(call)).map((term) => ({
        text: term.text,
        total_without: find(scope(call), removeTerm(q(call), term)).length,
      })),
    }),
  ],
  ["GET", /^tags\/complete$/, (call) => list(suggestions(call), call)],
  ["GET", /^assets$/, (call) => page(find("assets", q(call)), call.params, 100)],
  ["GET", /^assets\/tree$/, (call) => list(tree(q(call), param(call, "prefix")), call)],
  ["GET", /^graph$/, (call) => graph(call.params)],
  ["GET", /^asset$/, (call) => assetDetail(assetOf(call))],
  ["GET", /^asset\/events$/, (call) => list(assetEvents(assetOf(call)), call)],
  [
    "GET",
    /^asset\/checks$/,
    (call) => {
      const row = assetOf(call);
      return list(
        ["not_null_account", "row_count_grows", "fresh_enough"].map((name, i) => ({
          asset: row.key,
          name,
          description: "Fails when the share of nulls is above 1 %",
          is_blocking: i === 0,
          status: i === 2 && row.status === "failed" ? "failed" : "passed",
          at: row.materialized_at,
          run_id: row.run_id,
          metadata: metadata(i).slice(0, 1),
          history: Array.from({ length: 20 }, (_, t) => ({
            at: START - t * 86400e6,
            passed: t % 9 !== 4,
            run_id: runs[t]?.id ?? "",
          })),
        })),
        call,
      );
    },
  ],
  [
    "GET",
    /^asset\/partitions\/map$/,
    (call) => {
      const row = assetOf(call);
      const total = row.partitions?.total ?? 0;
      return {
        dimensions: [{ name: "date", total, first: "2023-11-24", last: "2026-11-22", keys: [] }],
        rows: [
          {
            key: null,
            spans: spans(total, total + row.key.length, row.partitions?.failed ?? 0, 0),
            lengths: null,
          },
        ],
        counts: row.partitions ?? { total: 0, materialized: 0, failed: 0, running: 0, missing: 0 },
      };
    },
  ],
  [
    "GET",
    /^asset\/partitions$/,
    (call) => {
      const total = assetOf(call).partitions?.total ?? 0;
      return page(
        Array.from({ length: total }, (_, i) => ({
          key: new Date((START - (i + 1) * 86400e6) / 1000).toISOString().slice(0, 10),
          status: i % 17 === 5 ? "failed" : i % 23 === 7 ? "missing" : "materialized",
          at: START - i * 86400e6,
          run_id: runs[i % 600]?.id ?? null,
          run_tags: runs[i % 600]?.tags ?? {},
          error: i % 17 === 5 ? "KeyError: 'discount_rate'" : null,
        })),
        call.params,
        100,
      );
    },
  ],
  [
    "GET",
    /^asset\/automation$/,
    () => ({
      condition: "on_cron('0 6 * * *') & ~any_deps_missing",
      evaluations: Array.from({ length: 8 }, (_, i) => ({
        id: `ev-${i}`,
        at: START - i * 1800e6,
        requested: i % 3 ? 0 : 1,
        run_ids: i % 3 ? [] : [runs[i]?.id ?? ""],
        tree: node("and", i % 3 === 0, [
          node("cron tick passed since last request (0 6 * * *)", i % 3 === 0),
          node("not any_deps_missing", true, [node("any_deps_missing", false)]),
        ]),
      })),
    }),
  ],
  ["GET", /^jobs$/, (call) => page(find("jobs", q(call)), call.params)],
  [
    "GET",
    /^job$/,
    (call) =>
      jobDetail(
        need(
          jobs.find((job) => job.name === param(call, "name")),
          "job",
        ),
      ),
  ],
  [
    "GET",
    /^jobs\/graph$/,
    (call) => {
      const mine = ops.filter((op) => op.job === param(call, "name"));
      return {
        nodes: mine.map((op, i) => ({
          ...op,
          rank: i < 2 ? 0 : i - 1,
          order: i < 2 ? i : 0,
          inputs: [],
          outputs: ["result"],
          asset_keys: [],
        })),
        edges: mine
          .slice(2)
          .flatMap((op, i) => [
            { source: mine[i + 1]?.name ?? "", target: op.name, label: "result" },
            ...(i === 0 ? [{ source: mine[0]?.name ?? "", target: op.name, label: "costs" }] : []),
          ]),
      };
    },
  ],
  ["GET", /^ops$/, (call) => page(find("ops", q(call)), call.params)],
  [
    "GET",
    /^runs$/,
    (call) => {
      const ids = call.params.get("ids")?.split(",");
      return page(ids ? runs.filter((run) => ids.includes(run.id)) : find("runs", q(call)), call.params, 60);
    },
  ],
  [
    "GET",
    /^runs\/counts$/,
    (call) => {
      const text = terms(q(call))
        .filter((term) => term.field === "status")
        .reduceRight((each, term) => removeTerm(each, term), q(call));
      const rows = find<RunRow>("runs", text);
      const of = (...states: string[]) => rows.filter((run) => states.includes(run.status)).length;
      return {
        all: rows.length,
        queued: of("QUEUED"),
        running: of("STARTING", "STARTED"),
        failed: of("FAILURE"),
        succeeded: of("SUCCESS"),
        canceled: of("CANCELED"),
        backfills: backfills.length,
      };
    },
  ],
  ["POST", /^runs\/bulk$/, bulk],
  ["GET", /^runs\/([^/]+)$/, (call) => runDetail(runOf(call))],
  [
    "GET",
    /^runs\/([^/]+)\/events$/,
    (call) => {
      const order = ["debug", "info", "warning", "error", "critical"];
      const all = runEvents(runOf(call));
      const text = param(call, "text").toLowerCase();
      const from = Number(param(call, "cursor") || 0);
      const rows = all.filter(
        (event) =>
          (param(call, "noise") === "true" || !event.is_noise) &&
          order.indexOf(event.level) >= order.indexOf(param(call, "level") || "debug") &&
          (!param(call, "step") || event.step === param(call, "step")) &&
          (!text || event.message.toLowerCase().includes(text)) &&
          event.seq > from,
      );
      const levels = Object.fromEntries(
        order.map((level) => [level, all.filter((event) => event.level === level).length]),
      );
      return {
        items: rows,
        next_cursor: String(all.at(-1)?.seq ?? 0),
        total: rows.length,
        at_end: true,
        levels,
      };
    },
  ],
  [
    "GET",
    /^runs\/([^/]+)\/output$/,
    (call) => {
      const text = Array.from(
        { length: 60 },
        (_, i) =>
          `2026-11-23 06:0${i % 6}:${String(i).padStart(2, "0")} reading part-${String(i).padStart(4, "0")}.parquet: ${4000 + i * 31} rows`,
      ).join("\n");
      return {
        step: param(call, "step"),
        stream: param(call, "stream"),
        text: param(call, "stream") === "stderr" ? "UserWarning: 3 rows without a channel\n" : text,
        offset: 0,
        next_offset: text.length,
        size: text.length,
        at_end: true,
      };
    },
  ],
  ["GET", /^runs\/([^/]+)\/explain$/, (call) => explain(runOf(call))],
  [
    "POST",
    /^runs\/([^/]+)\/cancel$/,
    (call) =>
      void Object.assign(runOf(call), { status: "CANCELED", ended_at: Date.now() * 1000, wait: null }),
  ],
  [
    "PATCH",
    /^runs\/([^/]+)\/tags$/,
    (call) => {
      const run = runOf(call);
      const edit = call.body as { set: Record<string, string>; remove: string[] };
      run.tags = { ...run.tags, ...edit.set };
      for (const key of edit.remove) delete run.tags[key];
      return origins(run.tags, "job", run.job);
    },
  ],
  ["PATCH", /^runs\/([^/]+)\/priority$/, () => undefined],
  ["DELETE", /^runs\/([^/]+)$/, () => undefined],
  ["GET", /^timeline$/, (call) => timeline(call.params)],
  ["GET", /^insights$/, (call) => insights(call.params)],
  [
    "POST",
    /^launch\/preview$/,
    (call) => {
      const order = call.body as LaunchRequest;
      return preview(
        order,
        jobs.find((job) => job.name === order.job),
      );
    },
  ],
  ["GET", /^launch\/form$/, () => ({ config_schema: {}, default_config: "", partition_dimensions: [] })],
  ["POST", /^launch$/, () => ({ run_ids: [runs[0]?.id ?? ""], backfill_id: null })],
  ["GET", /^automation$/, (call) => page(find("automation", q(call)), call.params)],
  [
    "GET",
    /^automation\/one$/,
    (call) => {
      const row = automationOf(call);
      return {
        ...row,
        description: "Starts the job when the day's files are there.",
        cursor: row.last_tick?.cursor ?? null,
        minimum_interval: row.kind === "schedule" ? null : 30,
        default_status: "stopped",
        tag_rows: origins(row.tags, row.kind, row.name),
        upcoming: row.next_at ? Array.from({ length: 5 }, (_, i) => (row.next_at ?? 0) + i * 3600e6) : [],
      };
    },
  ],
  [
    "POST",
    /^automation\/set$/,
    (call) => {
      const order = call.body as { names: string[] | null; running: boolean };
      const chosen = automations.filter((row) => order.names?.includes(row.name) ?? true);
      for (const row of chosen) row.is_running = order.running;
      return { matched: chosen.length, done: chosen.length, run_ids: [], failed: [] };
    },
  ],
  [
    "POST",
    /^automation\/preview$/,
    (call) => ({
      ...(ticks.find((tick) => tick.automation === (call.body as { name: string }).name) ?? ticks[0]),
      logs: [{ at: START, level: "info", message: "Looked at incoming/2026-11-23/" }],
      requests: [
        {
          run_key: "part-0042",
          job: "sync_crm",
          partition: "2026-11-22",
          tags: { team: "growth" },
          run_config: {},
          refused: null,
        },
      ],
      partitions: [],
      output: "",
    }),
  ],
  ["POST", /^automation\/cursor$/, () => undefined],
  [
    "GET",
    /^ticks$/,
    (call) =>
      page(
        find<(typeof ticks)[number]>("ticks", q(call)).sort((a, b) => b.at - a.at),
        call.params,
      ),
  ],
  [
    "GET",
    /^ticks\/([^/]+)$/,
    (call) => ({
      ...need(
        ticks.find((tick) => tick.id === call.ids[0]),
        "tick",
      ),
      logs: [{ at: START, level: "info", message: "Looked at incoming/2026-11-23/" }],
      requests: [
        {
          run_key: "part-0042",
          job: "sync_crm",
          partition: "2026-11-22",
          tags: { team: "growth" },
          run_config: {},
          refused: null,
        },
      ],
      partitions: [],
      output: "",
    }),
  ],
  ["GET", /^backfills$/, (call) => page(find("backfills", q(call)), call.params)],
  [
    "GET",
    /^backfills\/([^/]+)$/,
    (call) => {
      const row = backfillOf(call);
      const strips = Array.from({ length: Math.max(1, row.asset_count) }, (_, i) => ({
        asset: row.job ? null : (assets[i * 18 + 11]?.key ?? null),
        dimensions: [],
        spans: spans(row.partitions.total, i + 3, row.partitions.failed, row.partitions.running),
        counts: row.partitions,
      }));
      return {
        ...row,
        error_info: row.error ? ERROR : null,
        first: "2025-11-23",
        last: "2026-11-22",
        max_in_flight: 8,
        strips,
      };
    },
  ],
  ["POST", /^backfills\/([^/]+)\/(\w+)$/, () => undefined],
  [
    "PATCH",
    /^backfills\/([^/]+)$/,
    (call) => {
      const row = backfillOf(call);
      const edit = call.body as {
        tags: { set: Record<string, string>; remove: string[] } | null;
        priority: number | null;
      };
      if (edit.tags) {
        row.tags = { ...row.tags, ...edit.tags.set };
        for (const key of edit.tags.remove) delete row.tags[key];
      }
      if (edit.priority !== null) row.priority = edit.priority;
      return row;
    },
  ],
  [
    "GET",
    /^tags$/,
    (call) =>
      page(
        tagKeys()
          .filter(
            (row) =>
              row.key.toLowerCase().includes(param(call, "text").toLowerCase()) &&
              (param(call, "system") === "true" || !row.is_system),
          )
          .sort((a, b) => b.assets + b.runs - a.assets - a.runs),
        call.params,
      ),
  ],
  [
    "GET",
    /^tag$/,
    (call) => {
      const row = need(
        tagKeys().find((each) => each.key === param(call, "key")),
        "tag key",
      );
      return {
        ...row,
        limit_rows: limits.filter(
          (limit) => limit.key === row.key || limit.where?.includes(`tag:${row.key}`),
        ),
        untagged: (["assets", "jobs", "ops"] as const).map((each) => ({
          scope: each,
          count: find(each, `-tag:${row.key}`).length,
          q: `-tag:${row.key}`,
        })),
      };
    },
  ],
  [
    "PATCH",
    /^tag$/,
    (call) => {
      setHue(param(call, "key"), (call.body as { hue: number | null }).hue);
      return tagKeys().find((row) => row.key === param(call, "key"));
    },
  ],
  [
    "GET",
    /^tag\/values$/,
    (call) =>
      page(
        tagValues(param(call, "key")).filter((row) => row.value.includes(param(call, "text"))),
        call.params,
      ),
  ],
  [
    "GET",
    /^tags\/near$/,
    (call) =>
      list(
        [
          {
            scope: "key",
            key: null,
            words: [
              { word: "team", count: 2418 },
              { word: "Team", count: 21 },
            ],
            reason: "differ by case",
          },
          {
            scope: "key",
            key: null,
            words: [
              { word: "team", count: 2418 },
              { word: "teem", count: 11 },
            ],
            reason: "one letter apart",
          },
          {
            scope: "value",
            key: "team",
            words: [
              { word: "core-data", count: 310 },
              { word: "core_data", count: 2 },
            ],
            reason: "differ by - and _",
          },
        ],
        call,
      ),
  ],
  [
    "GET",
    /^tags\/untagged$/,
    () => ({
      keys: ["team", "tier", "domain"].map((key) => ({
        key,
        assets: find("assets", `-tag:${key}`).length,
        jobs: find("jobs", `-tag:${key}`).length,
        asset_share: find("assets", `-tag:${key}`).length / assets.length,
      })),
      without_any: { assets: 0, jobs: 0 },
    }),
  ],
  [
    "GET",
    /^tags\/system$/,
    (call) =>
      list(
        [
          {
            key: "dagster/priority",
            description: "Higher leaves the queue first.",
            set_by: "you",
            is_editable: true,
            example: "10",
          },
        ],
        call,
      ),
  ],
  ["GET", /^limits$/, (call) => list(limits, call)],
  [
    "POST",
    /^limits$/,
    (call) => {
      const row = limitOf(call.body as LimitEdit, `limit-${limits.length}`);
      limits.push(row);
      return row;
    },
  ],
  [
    "PUT",
    /^limits\/([^/]+)$/,
    (call) =>
      Object.assign(
        need(
          limits.find((row) => row.id === call.ids[0]),
          "limit",
        ),
        { limit: (call.body as LimitEdit).limit, note: (call.body as LimitEdit).note, source: "edited" },
      ),
  ],
  [
    "DELETE",
    /^limits\/([^/]+)$/,
    (call) =>
      void limits.splice(
        limits.findIndex((row) => row.id === call.ids[0]),
        1,
      ),
  ],
  [
    "GET",
    /^limits\/([^/]+)\/history$/,
    (call) =>
      list(
        [
          {
            at: START - 5 * 3600e6,
            author: "ana",
            before: 2,
            after: 3,
            note: "The staging warehouse is small",
          },
        ],
        call,
      ),
  ],
  [
    "GET",
    /^locations$/,
    (call) =>
      list(
        [
          {
            name: "warehouse",
            origin: "module jaffle.warehouse",
            status: "loaded",
            loaded_at: START - 7200e6,
            load_time: 1.9,
            error: null,
            assets: 1480,
            jobs: 32,
            schedules: 14,
            sensors: 4,
            python: "3.12.8",
            version: "0.1.0",
            start_method: "fork",
            warnings: [],
            diff: {
              added: ["marts/finance/margins_daily"],
              removed: [],
              changed: ["int/attribution/clicks_clean", "int/customers/accounts_wide"],
              parts: {
                "int/attribution/clicks_clean": ["tags"],
                "int/customers/accounts_wide": ["deps", "description"],
              },
            },
          },
          {
            name: "science",
            origin: "module jaffle.science",
            status: "stale",
            loaded_at: START - 88000e6,
            load_time: 6.2,
            error: {
              ...ERROR,
              kind: "ImportError",
              message: "cannot import name 'weights' from 'jaffle.science.features'",
              where: "jaffle/science/models.py:7",
            },
            assets: 520,
            jobs: 8,
            schedules: 2,
            sensors: 6,
            python: "3.11.7",
            version: "0.1.0",
            start_method: "spawn",
            warnings: [
              "polars started 2 threads at import (jaffle/science/features.py:3): runs are spawned, not forked",
            ],
            diff: { added: [], removed: [], changed: [], parts: {} },
          },
        ],
        call,
      ),
  ],
  ["POST", /^locations\/reload$/, () => undefined],
  [
    "GET",
    /^daemons$/,
    (call) =>
      list(
        ["queue", "schedules", "sensors", "automation", "backfills", "rescue", "prune"].map((name, i) => ({
          name,
          is_healthy: true,
          is_leader: true,
          host: "build-2",
          last_beat: Date.now() * 1000 - (i + 1) * 1e6,
          interval: 5,
          detail: i === 0 ? "epoch 41, 1,204 runs started" : null,
          error: null,
        })),
        call,
      ),
  ],
  [
    "GET",
    /^config$/,
    () => ({
      home: "~/jaffle/.earmark",
      store: "sqlite (WAL)",
      file: "~/jaffle/earmark.toml",
      text: '[run_queue]\nmax_concurrent_runs = 10\n\n[[concurrency.limits]]\nkey = "team"\nlimit = 2\nvalue = { applyLimitPerUniqueValue = true }\n\n[tags]\nflow = { team = "same", tier = "max" }\n',
      settings: [
        {
          key: "run_queue.max_concurrent_runs",
          value: "10",
          default: "10",
          source: "earmark.toml",
          description: "Runs in progress at once; -1 is unlimited.",
        },
        {
          key: "run_queue.fair_by",
          value: "team",
          default: null,
          source: "earmark.toml",
          description: "The next run comes from the value that has had least.",
        },
        {
          key: "retention.runs",
          value: "90d",
          default: null,
          source: "earmark.toml",
          description: "Finished runs older than this are pruned.",
        },
      ],
      queue_paused: false,
    }),
  ],
  ["POST", /^queue\/\w+$/, () => undefined],
  [
    "GET",
    /^audit$/,
    (call) =>
      list(
        [
          {
            seq: 2,
            at: START - 5 * 3600e6,
            author: "ana",
            action: "limit.set",
            target: "env=staging",
            detail: "2 → 3",
          },
          {
            seq: 1,
            at: START - 9 * 3600e6,
            author: "token:ci",
            action: "run.launch",
            target: runs[30]?.id ?? "",
            detail: "daily_marketing",
          },
        ],
        call,
      ),
  ],
  ["GET", /^views$/, (call) => list(views, call)],
  [
    "POST",
    /^views$/,
    (call) => {
      const view = {
        ...(call.body as SavedView),
        id: `view-${views.length}`,
        owner: "ana",
        is_built_in: false,
        count: null,
      };
      views.push(view);
      return view;
    },
  ],
  [
    "DELETE",
    /^views\/([^/]+)$/,
    (call) =>
      void views.splice(
        views.findIndex((view) => view.id === call.ids[0]),
        1,
      ),
  ],
];
