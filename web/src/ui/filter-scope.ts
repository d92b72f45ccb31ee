import { useNavigate } from "@tanstack/react-router";
import { createContext, useContext, useMemo } from "react";
import { excludeValue, includeValue, termText } from "@/model/query";

export interface FilterScope {
  include: (field: string, value: string) => void;
  exclude: (field: string, value: string) => void;
  /** Shows the tag's key as a column, where there is a table. */
  addColumn: ((key: string) => void) | null;
}

export const FilterScopeContext = createContext<FilterScope | null>(null);

/** What a press on a chip does: edits the page's query, or, on a page without one, opens the list. */
export function useFilterScope(list: "runs" | "assets" | "jobs"): FilterScope {
  const scope = useContext(FilterScopeContext);
  const navigate = useNavigate();
  return useMemo(() => {
    if (scope) return scope;
    const open = (q: string) => void navigate({ to: `/${list}`, search: { q } });
    return {
      include: (field, value) => open(termText(field, [value])),
      exclude: (field, value) => open(`-${termText(field, [value])}`),
      addColumn: null,
    };
  }, [scope, navigate, list]);
}

export function scopeFor(
  q: string,
  setQ: (q: string) => void,
  addColumn: FilterScope["addColumn"],
): FilterScope {
  return {
    include: (field, value) => setQ(includeValue(q, field, value)),
    exclude: (field, value) => setQ(excludeValue(q, field, value)),
    addColumn,
  };
}
