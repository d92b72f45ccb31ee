import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { api, type Params } from "@/api/client";
import type { EventLevel, RunDetail, RunEvent, RunEvents } from "@/api/types";
import { isFinished } from "@/model/status";
import { Failure, Loading } from "@/ui/Panel";
import { useUrl } from "@/ui/url";
import { LogRows } from "./LogRows";

const LEVELS: EventLevel[] = ["debug", "info", "warning", "error"];
const ALL_LEVELS: EventLevel[] = [...LEVELS, "critical"];
/** So many events are shown at once; a longer log is read in stretches. */
const MOST = 100_000;
const LATEST = 1000;
/** The first part is small, so that there is something to see at once. */
const FIRST_PART = 200;
const PART = 1000;

/** Where a stretch of a log begins: after an event and so many of those that match, or with the last ones. */
type Begin = { after: string | null; before: number } | "latest";

interface Log {
  items: RunEvent[];
  levels: Partial<Record<EventLevel, number>>;
  cursor: string | null;
  isCut: boolean;
}

const NOTHING: Log = { items: [], levels: {}, cursor: null, isCut: false };

function joined(log: Log, part: RunEvents): Log {
  const levels = { ...log.levels };
  for (const level of ALL_LEVELS) levels[level] = (levels[level] ?? 0) + (part.levels[level] ?? 0);
  return {
    items: part.items.length ? [...log.items, ...part.items] : log.items,
    levels,
    cursor: part.next_cursor,
    isCut: !part.at_end && log.items.length + part.items.length >= MOST,
  };
}

/** Reads on from the cursor, showing what it has, and again while the run lives, so that an open log grows by itself. */
function useEvents(run: RunDetail, params: Params, begin: Begin) {
  const isOver = isFinished(run.status);
  return useQuery<Log>({
    queryKey: ["run_events", run.id, params, begin],
    queryFn: async ({ signal, client, queryKey }) => {
      let log = client.getQueryData<Log>(queryKey) ?? NOTHING;
      while (!log.isCut) {
        const limit = begin !== "latest" && log.items.length === 0 ? FIRST_PART : PART;
        const from =
          log.cursor === null && begin === "latest"
            ? { tail: LATEST }
            : { cursor: log.cursor ?? (begin === "latest" ? null : begin.after) };
        const part = await api.get<RunEvents>(`runs/${run.id}/events`, { ...params, ...from, limit }, signal);
        log = joined(log, part);
        if (part.at_end) break;
        client.setQueryData(queryKey, log);
      }
      return log;
    },
    refetchInterval: isOver ? false : 2000,
    staleTime: isOver ? 60_000 : 0,
    // Events never change: to compare each part with all that is there would take longer than to read it.
    structuralSharing: false,
  });
}

export function EventLog({ run }: { run: RunDetail }) {
  const [search, setSearch] = useUrl();
  const level = LEVELS.find((each) => each === search.log) ?? "debug";
  const [hasNoise, setNoise] = useState(false);
  const [find, setFind] = useState(search.find ?? "");
  const asked = useDeferredValue(find);
  const params = { level, step: search.step ?? null, text: asked, noise: hasNoise };
  const stretch = useStretches(JSON.stringify(params));
  const { data, error } = useEvents(run, params, stretch.begin);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-none items-center gap-2 border-line border-b px-3 py-1.5">
        <fieldset className="flex gap-1" aria-label="Least level">
          {LEVELS.map((each) => (
            <button
              key={each}
              type="button"
              className="btn btn-small"
              aria-pressed={each === level}
              onClick={() => setSearch({ log: each })}
            >
              {each}
              {data && <span className="text-faint text-xs">{data.levels[each]?.toLocaleString()}</span>}
            </button>
          ))}
        </fieldset>
        <label className="flex items-center gap-1.5 text-soft">
          <input
            type="checkbox"
            className="accent-accent"
            checked={hasNoise}
            onChange={(event) => setNoise(event.target.checked)}
          />
          Housekeeping
        </label>
        <span className="flex-1" />
        <input
          className="field h-6 w-56"
          placeholder="Find in messages"
          aria-label="Find in messages"
          data-filter
          value={find}
          onChange={(event) => setFind(event.target.value)}
          onBlur={() => setSearch({ find: find || undefined } as never)}
        />
      </div>
      {error ? (
        <Failure error={error} />
      ) : data ? (
        <>
          <LogRows items={data.items} isLive={!isFinished(run.status)} />
          {(data.isCut || stretch.number > 0) && (
            <Stretches stretch={stretch} next={data.isCut ? data.cursor : null} count={data.items.length} />
          )}
        </>
      ) : (
        <Loading />
      )}
    </div>
  );
}

interface StretchState {
  /** How many stretches lie before this one. */
  number: number;
  begin: Begin;
  show: (begins: readonly Begin[]) => void;
  begins: readonly Begin[];
}

const START: readonly Begin[] = [{ after: null, before: 0 }];

/** Which stretch of a long log is shown; other filters begin anew. */
function useStretches(filters: string): StretchState {
  const [state, setState] = useState<{ filters: string; begins: readonly Begin[] }>({
    filters,
    begins: START,
  });
  const begins = state.filters === filters ? state.begins : START;
  return {
    number: begins.length - 1,
    begin: begins.at(-1) ?? { after: null, before: 0 },
    begins,
    show: (next) => setState({ filters, begins: next }),
  };
}

function Stretches({ stretch, next, count }: { stretch: StretchState; next: string | null; count: number }) {
  const { begin, begins, number, show } = stretch;
  const before = begin === "latest" ? 0 : begin.before;
  return (
    <nav
      aria-label="Stretches of the log"
      className="flex flex-none items-center gap-2 border-line border-t bg-sunken px-3 py-1 text-soft"
    >
      <span className="mr-auto">
        {begin === "latest"
          ? `The latest ${count.toLocaleString()} events`
          : `Events ${(before + 1).toLocaleString()} to ${(before + count).toLocaleString()}`}
      </span>
      {number > 0 && (
        <button type="button" className="btn btn-small" onClick={() => show(begins.slice(0, -1))}>
          {begin === "latest" ? "Back" : "Earlier"}
        </button>
      )}
      {next !== null && (
        <button
          type="button"
          className="btn btn-small"
          onClick={() => show([...begins, { after: next, before: before + count }])}
        >
          Later
        </button>
      )}
      {begin !== "latest" && next !== null && (
        <button type="button" className="btn btn-small" onClick={() => show([...begins, "latest"])}>
          Latest
        </button>
      )}
    </nav>
  );
}
