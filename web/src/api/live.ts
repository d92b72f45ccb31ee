import type { InfiniteData, QueryKey } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { api, apiUrl } from "./client";
import { queryClient, refresh, type Subject } from "./queries";
import type { Change, Changes, Page, RunRow } from "./types";

// One stream for the whole page. It says which objects changed; what is on screen is read again. New runs do
// not push rows away under the pointer: they are counted, and a press on "12 new" brings them in.

type Connection = "connecting" | "live" | "polling";

const POLL_EVERY = 5000;
const RETRY_AFTER = 10_000;
/** Changes are taken in at once, but no more often than this: a busy instance must not keep the page busy. */
const LEAST_APART = 250;

const isRunList = (key: QueryKey) => key[0] === "run" && key[1] === "runs";

function runLists() {
  return queryClient.getQueriesData<InfiniteData<Page<RunRow>>>({
    predicate: (query) => isRunList(query.queryKey),
  });
}

function shownRuns(): Set<string> {
  return new Set(
    runLists().flatMap(([, data]) => data?.pages.flatMap((page) => page.items.map((run) => run.id)) ?? []),
  );
}

class LiveStream {
  #connection: Connection = "connecting";
  #source: EventSource | null = null;
  #poll: ReturnType<typeof setInterval> | undefined;
  #pending: Change[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #flushed = -LEAST_APART;
  #listeners = new Set<() => void>();
  #changeListeners = new Set<(changes: Change[]) => void>();
  #newRuns = new Set<string>();
  #unsubscribe: (() => void) | undefined;

  start(): void {
    if (this.#source) return;
    const source = new EventSource(apiUrl("stream"), { withCredentials: true });
    this.#source = source;
    this.#unsubscribe ??= queryClient.getQueryCache().subscribe((event) => {
      if (event.type === "updated" && event.action.type === "success" && isRunList(event.query.queryKey))
        this.#forgetShown();
    });
    source.addEventListener("open", () => this.#settle("live"));
    source.addEventListener("change", (event: MessageEvent<string>) => {
      this.#pending.push(...(JSON.parse(event.data) as Changes).changes);
      this.#timer ??= setTimeout(() => this.#flush(), this.#flushed + LEAST_APART - performance.now());
    });
    source.addEventListener("reset", () => void queryClient.invalidateQueries());
    source.addEventListener("error", () => {
      this.#settle("polling");
      if (source.readyState !== EventSource.CLOSED) return;
      this.#source = null;
      setTimeout(() => this.start(), RETRY_AFTER);
    });
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  onChange(listener: (changes: Change[]) => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  connection = (): Connection => this.#connection;
  newRuns = (): number => this.#newRuns.size;

  showNewRuns(): void {
    this.#newRuns.clear();
    refresh("run");
    this.#tell();
  }

  /** A run that a list has brought in is not new any more, whatever else was heard of it meanwhile. */
  #forgetShown(): void {
    if (this.#newRuns.size === 0) return;
    const before = this.#newRuns.size;
    for (const id of shownRuns()) this.#newRuns.delete(id);
    if (this.#newRuns.size !== before) this.#tell();
  }

  #settle(connection: Connection): void {
    if (connection === this.#connection) return;
    this.#connection = connection;
    clearInterval(this.#poll);
    if (connection === "polling")
      this.#poll = setInterval(() => void queryClient.invalidateQueries(), POLL_EVERY);
    this.#tell();
  }

  #flush(): void {
    const changes = this.#pending;
    this.#pending = [];
    this.#timer = undefined;
    this.#flushed = performance.now();
    const runs = new Set(changes.filter((change) => change.kind === "run").map((change) => change.id));
    if (runs.size > 0) void this.#patchRuns([...runs]);
    const rest = new Set(
      changes.filter((change) => change.kind !== "run").map((change) => change.kind as Subject),
    );
    refresh(...rest);
    for (const listener of this.#changeListeners) listener(changes);
  }

  async #patchRuns(ids: string[]): Promise<void> {
    const lists = runLists();
    const shown = shownRuns();
    const known = ids.filter((id) => shown.has(id));
    if (shown.size > 0) for (const id of ids) if (!shown.has(id)) this.#newRuns.add(id);
    this.#tell();
    void queryClient.invalidateQueries({
      predicate: (query) => query.queryKey[0] === "run" && !isRunList(query.queryKey),
    });
    // An empty list has no rows that could jump: it is read again at once.
    for (const [queryKey, data] of lists)
      if (data?.pages.every((page) => page.items.length === 0))
        void queryClient.invalidateQueries({ queryKey, exact: true });
    if (known.length === 0) return;
    const fresh = await api.get<Page<RunRow>>("runs", { ids: known.slice(0, 200), limit: 200 });
    const byId = new Map(fresh.items.map((run) => [run.id, run]));
    for (const [key, data] of lists) {
      if (!data) continue;
      queryClient.setQueryData<InfiniteData<Page<RunRow>>>(key, {
        ...data,
        pages: data.pages.map((page) => ({
          ...page,
          items: page.items.map((run) => byId.get(run.id) ?? run),
        })),
      });
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

export const live = new LiveStream();

export function useConnection(): Connection {
  return useSyncExternalStore(live.subscribe, live.connection);
}

export function useNewRuns(): number {
  return useSyncExternalStore(live.subscribe, live.newRuns);
}
