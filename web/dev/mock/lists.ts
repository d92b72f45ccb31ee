// Lists, facets, completion: what every page with a filter asks.
import type {
  AssetRow,
  AutomationRow,
  BackfillRow,
  Completion,
  Completions,
  Facet,
  JobRow,
  OpRow,
  Page,
  RunRow,
  Scope,
  TickRow,
} from "../../src/api/types.ts";
import { removeTerm, terms } from "../../src/model/query.ts";
import { type Fields, matcher } from "./match.ts";
import { assets, automations, backfills, jobs, ops, runs, START, ticks } from "./world.ts";

type Row = AssetRow | JobRow | OpRow | RunRow | AutomationRow | TickRow | BackfillRow;

const RUN_WORD: Record<string, string> = {
  QUEUED: "queued",
  STARTING: "starting",
  STARTED: "running",
  SUCCESS: "succeeded",
  FAILURE: "failed",
  CANCELING: "canceling",
  CANCELED: "canceled",
};

const list = (...values: (string | number | null | undefined)[]) =>
  values.filter((value) => value !== null && value !== undefined).map(String);

function fieldsOf(row: Row): Fields {
  const any = row as unknown as Record<string, unknown>;
  const tags = (any.tags ?? {}) as Record<string, string>;
  const text = (name: string) =>
    typeof any[name] === "string" || typeof any[name] === "number" ? [String(any[name])] : [];
  const source = any.source as RunRow["source"] | undefined;
  return (field) => {
    if (field.startsWith("tag:")) return list(tags[field.slice(4)]);
    switch (field) {
      case "*":
        return [
          ...text("key"),
          ...text("name"),
          ...text("id"),
          ...text("job"),
          ...text("group"),
          ...text("title"),
          ...Object.entries(tags).map(([key, value]) => `${key}=${value}`),
        ];
      case "status":
        return any.source && typeof any.status === "string"
          ? [RUN_WORD[any.status] ?? any.status]
          : any.is_running === undefined
            ? text("status")
            : [any.is_running ? "running" : "stopped"];
      case "kind":
        return Array.isArray(any.kinds) ? (any.kinds as string[]) : text("kind");
      case "owner":
        return (any.owners as string[] | undefined) ?? [];
      case "created":
        return text("created_at");
      case "id":
        return text("id");
      case "source":
        return list(source?.kind);
      case "schedule":
      case "sensor":
        return list(source?.kind === field ? source.name : null);
      case "asset":
        return (any.assets as string[] | undefined) ?? [];
      default:
        return text(field);
    }
  };
}

export const rowsOf: Record<Scope, readonly Row[]> = {
  assets,
  jobs,
  ops,
  runs,
  automation: automations,
  ticks,
  backfills,
};

export function find<T extends Row>(scope: Scope, q: string): T[] {
  const matches = matcher(q, START);
  return rowsOf[scope].filter((row) => matches(fieldsOf(row))) as T[];
}

export function page<T>(items: readonly T[], params: URLSearchParams, usual = 50): Page<T> {
  const limit = Math.min(200, Number(params.get("limit") ?? usual));
  const from = Number(params.get("cursor") ?? 0);
  const sort = params.get("sort");
  const sorted = sort ? sortBy(items, sort) : items;
  return {
    items: sorted.slice(from, from + limit),
    next_cursor: from + limit < sorted.length ? String(from + limit) : null,
    total: sorted.length,
  };
}

function sortBy<T>(items: readonly T[], sort: string): T[] {
  const field = sort.replace(/^-/, "");
  const sign = sort.startsWith("-") ? -1 : 1;
  const value = (item: T) => (item as Record<string, string | number | null>)[field] ?? "";
  return [...items].sort((a, b) => (value(a) < value(b) ? -sign : value(a) > value(b) ? sign : 0));
}

const FACETS: Record<Scope, string[]> = {
  assets: ["status", "tag:team", "tag:domain", "tag:tier", "tag:pii", "group", "kind", "owner", "location"],
  jobs: ["tag:team", "tag:tier", "tag:region", "kind", "location"],
  ops: ["tag:engine", "tag:gpu", "pool", "job"],
  runs: ["status", "tag:team", "tag:env", "tag:tier", "tag:reason", "job", "source", "location"],
  automation: ["kind", "status", "tag:team", "tag:tier", "location"],
  ticks: ["status"],
  backfills: ["status", "tag:team"],
};

export function facets(scope: Scope, q: string, params: URLSearchParams): { total: number; facets: Facet[] } {
  const limit = Number(params.get("limit") ?? 8);
  const fields = params.get("fields")?.split(",") ?? FACETS[scope];
  return {
    total: find(scope, q).length,
    facets: fields.map((field) => {
      const own = terms(q).filter((term) => term.field === field);
      const without = own.reduceRight((text, term) => removeTerm(text, term), q);
      const counts = new Map<string, number>();
      let missing = 0;
      for (const row of find(scope, without)) {
        const values = fieldsOf(row)(field);
        if (values.length === 0) missing++;
        for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      const values = [...counts]
        .map(([value, count]) => ({ value, count }))
        .sort((a, b) => b.count - a.count);
      const name = field.replace(/^tag:/, "");
      return {
        field,
        label: field.startsWith("tag:") ? name : `${name[0]?.toUpperCase()}${name.slice(1)}`,
        values: values.slice(0, limit),
        more: Math.max(0, values.length - limit),
        missing,
      };
    }),
  };
}

export function complete(scope: Scope, q: string, at: number): Completions {
  const from = q.slice(0, at).search(/\S*$/);
  const word = q.slice(from, at).replace(/^-/, "").toLowerCase();
  const sign = q[from] === "-" ? "-" : "";
  const found: Completion[] = [];
  const tagCounts = new Map<string, number>();
  for (const row of rowsOf[scope]) {
    const tags = (row as { tags?: Record<string, string> }).tags ?? {};
    for (const [key, value] of Object.entries(tags)) {
      tagCounts.set(`${key}=${value}`, (tagCounts.get(`${key}=${value}`) ?? 0) + 1);
    }
  }
  for (const [tag, count] of [...tagCounts].sort((a, b) => b[1] - a[1])) {
    if (!`tag:${tag}`.toLowerCase().includes(word)) continue;
    found.push({ text: `${sign}tag:${tag}`, label: `tag:${tag}`, kind: "value", count, detail: null });
  }
  for (const field of FACETS[scope]) {
    if (field.startsWith("tag:")) continue;
    const values = new Map<string, number>();
    for (const row of rowsOf[scope])
      for (const value of fieldsOf(row)(field)) values.set(value, (values.get(value) ?? 0) + 1);
    for (const [value, count] of values) {
      if (word === "" || !`${field}:${value}`.includes(word)) continue;
      found.push({
        text: `${sign}${field}:${value}`,
        label: `${field}:${value}`,
        kind: "value",
        count,
        detail: null,
      });
    }
  }
  const names: Completion[] = [];
  if (word === "" || "tag:".includes(word)) {
    for (const field of ["tag:", "status:", "job:", "group:", "owner:", "created:>-24h", "duration:>10m"]) {
      names.push({ text: sign + field, label: field, kind: "field", count: null, detail: "field" });
    }
  }
  return {
    replace_from: from,
    replace_to: at,
    items: [...found.slice(0, 10), ...names.slice(0, word ? 2 : 6)].slice(0, 12),
  };
}
