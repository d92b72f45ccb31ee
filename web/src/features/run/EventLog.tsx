import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useDeferredValue, useEffect, useRef, useState } from "react";
import { api, type Params } from "@/api/client";
import type { EventLevel, RunDetail, RunEvent, RunEvents } from "@/api/types";
import { isFinished } from "@/model/status";
import { clockTime, localTime, utcTime } from "@/model/time";
import { Icon } from "@/ui/Icon";
import { Failure, Loading } from "@/ui/Panel";
import { AssetLink, ErrorText, Metadata } from "@/ui/parts";
import { useUrl } from "@/ui/url";

const LEVELS: EventLevel[] = ["debug", "info", "warning", "error"];
const MOST = 100_000;
const LEVEL_CLASS: Record<EventLevel, string> = {
  debug: "text-faint",
  info: "text-soft",
  warning: "text-wait",
  error: "text-bad-ink",
  critical: "text-bad-ink",
};

/** Reads on from the cursor, showing what it has, and again while the run lives, so that an open log grows by itself. */
function useEvents(run: RunDetail, params: Params) {
  const isOver = isFinished(run.status);
  return useQuery<{ items: RunEvent[]; last: RunEvents }>({
    queryKey: ["run_events", run.id, params],
    queryFn: async ({ signal, client, queryKey }) => {
      const known = client.getQueryData<{ items: RunEvent[]; last: RunEvents }>(queryKey);
      let items = known?.items ?? [];
      let cursor = known?.last.next_cursor ?? null;
      for (;;) {
        const part = await api.get<RunEvents>(
          `runs/${run.id}/events`,
          { ...params, cursor, limit: 1000 },
          signal,
        );
        items = part.items.length ? [...items, ...part.items] : items;
        if (part.at_end || items.length >= MOST) return { items, last: part };
        client.setQueryData(queryKey, { items, last: part });
        cursor = part.next_cursor;
      }
    },
    refetchInterval: isOver ? false : 2000,
    staleTime: isOver ? 60_000 : 0,
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
              {data && <span className="text-faint text-xs">{data.last.levels[each]?.toLocaleString()}</span>}
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
        <Rows items={data.items} isLive={!isFinished(run.status)} />
      ) : (
        <Loading />
      )}
    </div>
  );
}

function Rows({ items, isLive }: { items: readonly RunEvent[]; isLive: boolean }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [isFollowing, setFollowing] = useState(isLive);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 24,
    getItemKey: (index) => items[index]?.seq ?? index,
    overscan: 20,
  });
  useEffect(() => {
    if (isFollowing && items.length > 0) virtual.scrollToIndex(items.length - 1);
  }, [isFollowing, items.length, virtual]);
  const toggle = (seq: number) => {
    const next = new Set(open);
    if (!next.delete(seq)) next.add(seq);
    setOpen(next);
  };
  if (items.length === 0) return <p className="p-6 text-center text-faint">No events with these filters.</p>;
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        role="log"
        aria-label="Events"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keys
        tabIndex={0}
        className="h-full overflow-auto font-mono text-[12px]"
        onScroll={(event) => {
          const box = event.currentTarget;
          setFollowing(isLive && box.scrollTop + box.clientHeight > box.scrollHeight - 40);
        }}
      >
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const event = items[item.index];
            if (!event) return null;
            return (
              <div
                key={item.key}
                data-index={item.index}
                ref={virtual.measureElement}
                className="absolute inset-x-0"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <EventLine event={event} isOpen={open.has(event.seq)} onToggle={() => toggle(event.seq)} />
              </div>
            );
          })}
        </div>
      </div>
      {isLive && !isFollowing && (
        <button
          type="button"
          className="btn btn-small absolute right-5 bottom-3 shadow"
          onClick={() => setFollowing(true)}
        >
          <Icon name="arrowDown" size={13} /> Follow
        </button>
      )}
    </div>
  );
}

function EventLine({ event, isOpen, onToggle }: { event: RunEvent; isOpen: boolean; onToggle: () => void }) {
  const hasMore = event.error !== null || event.metadata.length > 0;
  return (
    <div className={`border-line/60 border-b ${event.level === "error" ? "bg-bad-tint" : ""}`}>
      <div className="flex min-h-[23px] items-baseline gap-3 px-3 py-px hover:bg-hover">
        <time
          className="w-[92px] flex-none text-faint"
          title={`${localTime(event.at)}\n${utcTime(event.at)}`}
        >
          {clockTime(event.at)}
        </time>
        <span className={`w-[60px] flex-none ${LEVEL_CLASS[event.level]}`}>{event.level}</span>
        <span className="w-[130px] flex-none truncate text-soft" title={event.step ?? ""}>
          {event.step ?? "run"}
        </span>
        <span
          className={`min-w-0 flex-1 whitespace-pre-wrap break-words ${event.level === "error" ? "text-bad-ink" : ""}`}
        >
          {event.message}
          {event.is_late && <span className="text-wait"> (after the end)</span>}
        </span>
        {event.asset && <AssetLink assetKey={event.asset} />}
        {hasMore && (
          <button
            type="button"
            className="flex-none text-faint hover:text-ink"
            aria-expanded={isOpen}
            aria-label="Details"
            onClick={onToggle}
          >
            <Icon name="chevron" size={12} className={isOpen ? "rotate-90" : ""} />
          </button>
        )}
        <span className="w-[118px] flex-none truncate text-faint text-xs">{event.kind}</span>
      </div>
      {isOpen && (
        <div className="border-line border-t bg-sunken px-4 py-2 font-sans">
          {event.error && <ErrorText error={event.error} isOpen />}
          {event.metadata.length > 0 && <Metadata entries={event.metadata} />}
        </div>
      )}
    </div>
  );
}
