import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";

/** Every state of every page lies in these parameters of the address; all are plain text. */
export const SEARCH_KEYS = [
  "q",
  "view",
  "cols",
  "sort",
  "by",
  "color",
  "range",
  "group",
  "focus",
  "expand",
  "hops",
  "step",
  "log",
  "find",
  "tick",
  "tags",
  "from",
  "mode",
  "partition",
  "only",
  "config",
  "select",
  "panel",
  "with",
  "text",
  "next",
  "metric",
  "tab",
  "box",
] as const;
export type SearchKey = (typeof SEARCH_KEYS)[number];
export type Search = Partial<Record<SearchKey, string>>;

export function validateSearch(raw: Record<string, unknown>): Search {
  const search: Search = {};
  for (const key of SEARCH_KEYS) {
    const value = raw[key];
    if (typeof value === "string" && value !== "") search[key] = value;
  }
  return search;
}

/** The page's search parameters, and a setter that merges; `undefined` takes one out. */
export function useUrl(): [Search, (change: Search, options?: { replace?: boolean }) => void] {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const set = useCallback(
    (change: Search, options: { replace?: boolean } = {}) => {
      void navigate({
        to: ".",
        search: (old: Search) => ({ ...old, ...change }),
        replace: options.replace ?? false,
        resetScroll: false,
      } as never);
    },
    [navigate],
  );
  return useMemo(() => [search, set], [search, set]);
}
