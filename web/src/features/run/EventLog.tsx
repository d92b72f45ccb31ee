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
const MOST = 100_000;
/** The first part is small, so that there is something to see at once. */
const FIRST_PART = 200;
const PART = 1000;

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
function useEvents(run: RunDetail, params: Params) {
  const isOver = isFinished(run.status);
  return useQuery<Log>({
    queryKey: ["run_events", run.id, params],
    queryFn: async ({ signal, client, queryKey }) => {
      let log = client.getQueryData<Log>(queryKey) ?? NOTHING;
      while (!log.isCut) {
        const limit = log.items.length === 0 ? FIRST_PART : PART;
        const part = await api.get<RunEvents>(
          `runs/${run.id}/events`,
          { ...params, cursor: log.cursor, limit },
          signal,
        );
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
  const { data, error } = useEvents(run, {
    level,
    step: search.step ?? null,
    text: asked,
    noise: hasNoise,
  });
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
          {data.isCut && (
            <p className="flex-none border-line border-t bg-wait-tint px-3 py-1 text-wait">
              These are the first {MOST.toLocaleString()} events. Choose a level, a step or a word to find the
              others.
            </p>
          )}
        </>
      ) : (
        <Loading />
      )}
    </div>
  );
}
