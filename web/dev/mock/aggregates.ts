// Things counted over many: graph, timeline, insights, tags.
import type {
  AssetRow,
  AssetTreeRow,
  Graph,
  GraphEdge,
  GraphGroup,
  GraphNode,
  Insights,
  InsightTotals,
  RunRow,
  TagKeyRow,
  TagValueRow,
  Timeline,
} from "../../src/api/types.ts";
import { find } from "./lists.ts";
import {
  assetByKey,
  assets,
  automations,
  downstream,
  jobs,
  limits,
  ops,
  runs,
  START,
  upstream,
} from "./world.ts";

const median = (numbers: number[]) =>
  numbers.length ? ([...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? null) : null;
const groupBy = <T>(items: readonly T[], key: (item: T) => string | null) => {
  const found = new Map<string | null, T[]>();
  for (const item of items) {
    const value = key(item);
    const rows = found.get(value);
    if (rows) rows.push(item);
    else found.set(value, [item]);
  }
  return found;
};

export function tree(q: string, prefix: string): AssetTreeRow[] {
  const head = prefix ? `${prefix}/` : "";
  const inside = find<AssetRow>("assets", q).filter((row) => row.key.startsWith(head));
  return [...groupBy(inside, (row) => row.key.slice(head.length).split("/")[0] ?? "")].map(([name, rows]) => {
    const whole = `${head}${name}`;
    const asset = assetByKey.get(whole) ?? null;
    return {
      prefix: whole,
      name: name ?? "",
      count: rows.length,
      failed: rows.filter((row) => row.status === "failed").length,
      stale: rows.filter((row) => row.status === "stale").length,
      asset: rows.length === 1 && asset ? asset : null,
      has_children: !(rows.length === 1 && asset),
    };
  });
}

function layer(
  names: string[],
  edges: { source: string; target: string }[],
): Map<string, { rank: number; order: number }> {
  const rank = new Map(names.map((name) => [name, 0]));
  for (let round = 0; round < 12; round++) {
    for (const { source, target } of edges) {
      const next = Math.min(11, (rank.get(source) ?? 0) + 1);
      if (source !== target && next > (rank.get(target) ?? 0)) rank.set(target, next);
    }
  }
  const used = new Map<number, number>();
  return new Map(
    names.map((name) => {
      const at = rank.get(name) ?? 0;
      const order = used.get(at) ?? 0;
      used.set(at, order + 1);
      return [name, { rank: at, order }];
    }),
  );
}

export function graph(params: URLSearchParams): Graph {
  const by = params.get("by") ?? "group";
  const focus = params.get("focus");
  const expand = new Set((params.get("expand") ?? "").split(",").filter(Boolean).map(decodeURIComponent));
  let rows = find<AssetRow>("assets", params.get("q") ?? "");
  if (focus) {
    const near = new Set([focus]);
    const walk = (links: Map<string, string[]>, hops: number) => {
      let edge = [focus];
      for (let i = 0; i < hops; i++) {
        edge = edge.flatMap((key) => links.get(key) ?? []);
        for (const key of edge) near.add(key);
      }
    };
    walk(upstream, Number(params.get("up") ?? 2));
    walk(downstream, Number(params.get("down") ?? 2));
    rows = assets.filter((row) => near.has(row.key));
  }
  const groupOf = (row: AssetRow) =>
    by.startsWith("tag:") ? (row.tags[by.slice(4)] ?? "(none)") : row.group;
  const shown = new Set(rows.map((row) => row.key));
  const isOpen = (row: AssetRow) => Boolean(focus) || expand.has(groupOf(row));
  const idOf = (row: AssetRow) => (isOpen(row) ? row.key : `group:${groupOf(row)}`);
  const counts = new Map<string, GraphEdge>();
  for (const row of rows) {
    for (const key of upstream.get(row.key) ?? []) {
      const other = assetByKey.get(key);
      if (!other || !shown.has(key)) continue;
      const edge = { source: idOf(other), target: idOf(row), count: 1 };
      if (edge.source === edge.target) continue;
      const name = `${edge.source}>${edge.target}`;
      const known = counts.get(name);
      if (known) known.count++;
      else counts.set(name, edge);
    }
  }
  const edges = [...counts.values()];
  const open = rows.filter(isOpen);
  const closed = groupBy(
    rows.filter((row) => !isOpen(row)),
    groupOf,
  );
  const places = layer(
    [...open.map((row) => row.key), ...[...closed.keys()].map((name) => `group:${name}`)],
    edges,
  );
  const groups: GraphGroup[] = [...closed].map(([name, members]) => {
    const statuses: GraphGroup["statuses"] = {};
    for (const row of members) statuses[row.status] = (statuses[row.status] ?? 0) + 1;
    return {
      id: name ?? "",
      label: name ?? "",
      count: members.length,
      statuses,
      ...(places.get(`group:${name}`) ?? { rank: 0, order: 0 }),
    };
  });
  const nodes: GraphNode[] = open.map((row) => ({
    key: row.key,
    group: groupOf(row),
    status: row.status,
    kinds: row.kinds,
    tags: row.tags,
    materialized_at: row.materialized_at,
    partitions: row.partitions,
    checks: row.checks,
    upstream: upstream.get(row.key)?.length ?? 0,
    downstream: downstream.get(row.key)?.length ?? 0,
    ...(places.get(row.key) ?? { rank: 0, order: 0 }),
  }));
  return {
    version: "v1",
    by,
    groups,
    nodes: nodes.slice(0, 1500),
    edges,
    total: rows.length,
    truncated: nodes.length > 1500,
  };
}

const groupOfRun = (by: string) => (run: RunRow) =>
  by.startsWith("tag:")
    ? (run.tags[by.slice(4)] ?? null)
    : by === "automation"
      ? run.source.kind === "schedule"
        ? run.source.name
        : null
      : by === "source"
        ? run.source.kind
        : by === "location"
          ? run.location
          : (run.job ?? "(assets)");

export function timeline(params: URLSearchParams): Timeline {
  const by = params.get("by") ?? "job";
  const from = Number(params.get("from"));
  const to = Number(params.get("to"));
  const inside = find<RunRow>("runs", params.get("q") ?? "").filter(
    (run) => (run.ended_at ?? START) > from && run.created_at < to,
  );
  const rows = [...groupBy(inside, groupOfRun(by))].sort((a, b) => b[1].length - a[1].length);
  const limit = Number(params.get("limit") ?? 60);
  return {
    by,
    from,
    to,
    now: START,
    omitted_rows: Math.max(0, rows.length - limit),
    rows: rows.slice(0, limit).map(([value, members]) => ({
      value,
      runs: members.slice(0, 200).map((run) => ({
        id: run.id,
        status: run.status,
        job: run.job,
        start: run.started_at ?? run.created_at,
        end: run.ended_at,
      })),
      omitted: Math.max(0, members.length - 200),
      future: automations
        .filter(
          (each) =>
            each.next_at &&
            each.is_running &&
            (by === "job"
              ? each.targets[0] === value
              : by.startsWith("tag:")
                ? each.tags[by.slice(4)] === value
                : each.name === value),
        )
        .slice(0, 5)
        .map((each, i) => ({ at: (each.next_at ?? 0) + i * 420e6, name: each.name })),
      total: members.length,
      failed: members.filter((run) => run.status === "FAILURE").length,
    })),
  };
}

function totals(members: readonly RunRow[]): InsightTotals {
  const done = members.filter((run) => run.duration !== null);
  const failed = done.filter((run) => run.status === "FAILURE").length;
  const lengths = done.map((run) => run.duration ?? 0).sort((a, b) => a - b);
  return {
    runs: members.length,
    failed,
    failure_rate: done.length ? failed / done.length : null,
    queue_p50: median(members.map((run) => run.queued).filter((each) => each !== null)),
    duration_p50: median(lengths),
    duration_p95: lengths[Math.floor(lengths.length * 0.95)] ?? null,
    duration_total: lengths.reduce((sum, each) => sum + each, 0),
    cost: null,
  };
}

export function insights(params: URLSearchParams): Insights {
  const by = params.get("by") ?? "job";
  const from = Number(params.get("from"));
  const to = Number(params.get("to"));
  const count = Number(params.get("buckets") ?? 28);
  const size = (to - from) / count;
  const inside = find<RunRow>("runs", params.get("q") ?? "").filter(
    (run) => run.created_at >= from && run.created_at <= to,
  );
  return {
    by,
    buckets: Array.from({ length: count }, (_, i) => Math.round(from + i * size)),
    bucket_size: size / 1e6,
    totals: totals(inside),
    omitted: 0,
    series: [...groupBy(inside, groupOfRun(by))]
      .sort((a, b) => b[1].length - a[1].length)
      .slice(0, 12)
      .map(([value, members]) => {
        const cells = Array.from({ length: count }, (_, i) =>
          members.filter((run) => Math.min(count - 1, Math.floor((run.created_at - from) / size)) === i),
        );
        const figures = cells.map(totals);
        return {
          value,
          totals: totals(members),
          runs: figures.map((each) => each.runs),
          failed: figures.map((each) => each.failed),
          queue_p50: figures.map((each) => each.queue_p50),
          duration_p50: figures.map((each) => each.duration_p50),
          cost: figures.map(() => null),
        };
      }),
  };
}

const hues = new Map<string, number | null>();
export function setHue(key: string, hue: number | null): void {
  hues.set(key, hue);
}

export function tagKeys(): TagKeyRow[] {
  const keys = new Map<string, TagKeyRow>();
  const values = new Map<string, Map<string, number>>();
  const outcome = new Map<string, { done: number; failed: number }>();
  const count = (
    rows: readonly { tags: Record<string, string> }[],
    field: "assets" | "jobs" | "ops" | "runs",
  ) => {
    for (const row of rows) {
      for (const [key, value] of Object.entries(row.tags)) {
        const known = keys.get(key) ?? {
          key,
          hue: hues.get(key) ?? null,
          description:
            key === "team" ? "Who answers for it" : key === "tier" ? "How bad it is when it fails" : null,
          is_system: key.startsWith("dagster/"),
          values: 0,
          assets: 0,
          jobs: 0,
          ops: 0,
          runs: 0,
          failure_rate: null,
          limits: limits.filter((limit) => limit.key === key || limit.where?.includes(`tag:${key}`)).length,
          top_values: [],
          near: key === "Team" || key === "teem" ? ["team"] : key === "team" ? ["Team", "teem"] : [],
        };
        known[field]++;
        keys.set(key, known);
        const seen = values.get(key) ?? new Map<string, number>();
        seen.set(value, (seen.get(value) ?? 0) + 1);
        values.set(key, seen);
      }
    }
  };
  count(assets, "assets");
  count(jobs, "jobs");
  count(ops, "ops");
  count(runs, "runs");
  for (const run of runs) {
    if (run.duration === null) continue;
    for (const key of Object.keys(run.tags)) {
      const known = outcome.get(key) ?? { done: 0, failed: 0 };
      known.done++;
      if (run.status === "FAILURE") known.failed++;
      outcome.set(key, known);
    }
  }
  return [...keys.values()].map((row) => {
    const seen = [...(values.get(row.key) ?? [])].sort((a, b) => b[1] - a[1]);
    const known = outcome.get(row.key);
    return {
      ...row,
      values: seen.length,
      top_values: seen.slice(0, 5).map(([value]) => value),
      failure_rate: known?.done ? known.failed / known.done : null,
    };
  });
}

export function tagValues(key: string): TagValueRow[] {
  const found = new Map<string, TagValueRow>();
  const at = (value: string) => {
    const known = found.get(value) ?? {
      value,
      assets: 0,
      jobs: 0,
      ops: 0,
      runs: 0,
      running: 0,
      queued: 0,
      failure_rate: null,
      near: [],
    };
    found.set(value, known);
    return known;
  };
  for (const row of assets) if (row.tags[key] !== undefined) at(row.tags[key]).assets++;
  for (const row of jobs) if (row.tags[key] !== undefined) at(row.tags[key]).jobs++;
  for (const row of ops) if (row.tags[key] !== undefined) at(row.tags[key]).ops++;
  for (const run of runs) {
    const value = run.tags[key];
    if (value === undefined) continue;
    const row = at(value);
    row.runs++;
    if (run.status === "STARTED") row.running++;
    if (run.status === "QUEUED") row.queued++;
  }
  for (const row of found.values())
    row.failure_rate = totals(runs.filter((run) => run.tags[key] === row.value)).failure_rate;
  return [...found.values()].sort((a, b) => b.runs - a.runs);
}
