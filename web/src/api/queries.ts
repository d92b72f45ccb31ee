import {
  type InfiniteData,
  keepPreviousData,
  QueryClient,
  useInfiniteQuery,
  useQuery,
} from "@tanstack/react-query";
import { useMemo } from "react";
import { ApiError, api, type Params } from "./client";
import type { Page } from "./types";

/** What a cached answer is about; the stream of changes names the same kinds. */
export type Subject =
  | "run"
  | "run_events"
  | "asset"
  | "job"
  | "tick"
  | "automation"
  | "backfill"
  | "limit"
  | "location"
  | "daemon"
  | "tag"
  | "view"
  | "session"
  | "query";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      gcTime: 120_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => count < 2 && !(error instanceof ApiError && error.problem.status >= 400),
    },
  },
});

export interface ReadOptions {
  enabled?: boolean;
  /** Shows the last answer until the next is there. */
  keep?: boolean;
  /** Milliseconds between reads, for what has no place in the stream. */
  every?: number;
}

/** Reads one answer; cached under its subject, path and parameters. */
export function useRead<T>(subject: Subject, path: string, params: Params = {}, options: ReadOptions = {}) {
  return useQuery<T, ApiError>({
    queryKey: [subject, path, params],
    queryFn: ({ signal }) => api.get<T>(path, params, signal),
    enabled: options.enabled ?? true,
    ...(options.keep ? { placeholderData: keepPreviousData } : {}),
    ...(options.every ? { refetchInterval: options.every } : {}),
  });
}

export interface Pages<T> {
  items: T[];
  total: number;
  isLoading: boolean;
  isStale: boolean;
  error: ApiError | null;
  hasMore: boolean;
  more: () => void;
  reload: () => void;
}

/** Reads a list page by page as the table is scrolled. */
export function usePages<T>(subject: Subject, path: string, params: Params = {}, enabled = true): Pages<T> {
  const query = useInfiniteQuery<Page<T>, ApiError, InfiniteData<Page<T>>, readonly unknown[], string | null>(
    {
      queryKey: [subject, path, params, "pages"],
      queryFn: ({ pageParam, signal }) => api.get<Page<T>>(path, { ...params, cursor: pageParam }, signal),
      initialPageParam: null,
      getNextPageParam: (last) => last.next_cursor,
      placeholderData: keepPreviousData,
      enabled,
    },
  );
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  return {
    items,
    total: query.data?.pages[0]?.total ?? 0,
    isLoading: query.isPending && enabled,
    isStale: query.isPlaceholderData,
    error: query.error,
    hasMore: query.hasNextPage,
    more: () => {
      if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
    },
    reload: () => void query.refetch(),
  };
}

/** Marks everything about these subjects as out of date. */
export function refresh(...subjects: Subject[]): void {
  for (const subject of subjects) void queryClient.invalidateQueries({ queryKey: [subject] });
}
