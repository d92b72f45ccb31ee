import { type ReactNode, useCallback, useMemo } from "react";
import type { ApiError } from "@/api/client";
import type { Scope } from "@/api/types";
import { FacetRail } from "./FacetRail";
import { FilterBar } from "./FilterBar";
import { FilterScopeContext, scopeFor } from "./filter-scope";
import { Boundary, PageHead } from "./Panel";
import { listOf, usePreferences } from "./preferences";
import { SaveView } from "./SaveView";
import { useUrl } from "./url";

type ColumnsPreference = "columnsAssets" | "columnsJobs" | "columnsRuns";

/** The tag keys chosen as columns, kept in `cols` of the address: `tag:team,tag:tier`; a person's own if it has none. */
export function useTagColumns(preference: ColumnsPreference): {
  keys: string[];
  add: (key: string) => void;
  remove: (key: string) => void;
} {
  const [search, setSearch] = useUrl();
  const usual = usePreferences()[preference];
  const keys = useMemo(
    () =>
      search.cols === undefined
        ? listOf(usual)
        : search.cols
            .split(",")
            .filter((col) => col.startsWith("tag:"))
            .map((col) => col.slice(4)),
    [search.cols, usual],
  );
  const write = (next: string[]) =>
    setSearch({ cols: next.length ? next.map((key) => `tag:${key}`).join(",") : "none" });
  return {
    keys,
    add: (key) => keys.includes(key) || write([...keys, key]),
    remove: (key) => write(keys.filter((other) => other !== key)),
  };
}

export interface ListPageProps {
  title: string;
  scope: Scope;
  placeholder: string;
  head?: ReactNode;
  actions?: ReactNode;
  /** A line below the filter: tabs, quick choices. */
  toolbar?: ReactNode;
  filterAside?: ReactNode;
  facets?: string | false;
  addColumn?: ((key: string) => void) | null;
  error?: ApiError | null;
  children: ReactNode;
}

/** A page of one list: title, the one filter, facets to the left, and the list. */
export function ListPage(props: ListPageProps) {
  const [search, setSearch] = useUrl();
  const q = search.q ?? "";
  const setQ = useCallback(
    (next: string, isTyping = false) => setSearch({ q: next || undefined } as never, { replace: isTyping }),
    [setSearch],
  );
  const addColumn = props.addColumn ?? null;
  const scope = useMemo(() => scopeFor(q, setQ, addColumn), [q, setQ, addColumn]);
  const fault = props.error?.problem.type === "/problems/query" ? props.error.problem.detail : null;
  return (
    <FilterScopeContext.Provider value={scope}>
      <PageHead title={props.title} actions={props.actions}>
        {props.head}
      </PageHead>
      <div className="flex flex-none items-center gap-2 border-line border-b bg-surface px-4 py-2">
        <FilterBar scope={props.scope} q={q} onChange={setQ} placeholder={props.placeholder} error={fault} />
        {props.filterAside}
        <SaveView />
      </div>
      {props.toolbar}
      <div className="flex min-h-0 flex-1">
        {props.facets !== false && (
          <FacetRail
            scope={props.scope}
            q={q}
            onChange={setQ}
            {...(props.facets ? { fields: props.facets } : {})}
          />
        )}
        <div className="flex min-w-0 flex-1 flex-col bg-surface">
          <Boundary>{props.children}</Boundary>
        </div>
      </div>
    </FilterScopeContext.Provider>
  );
}
