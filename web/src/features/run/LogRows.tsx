import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { EventLevel, RunEvent } from "@/api/types";
import { fitsOneLine } from "@/model/log";
import type { Times } from "@/model/time";
import { Icon } from "@/ui/Icon";
import { AssetLink, ErrorText, Metadata } from "@/ui/parts";
import { useTimes } from "@/ui/preferences";

// A log is scrolled by thousands of lines. A line that is sure to stand on one has a fixed height and is never
// measured; a line that stays in sight is not drawn again.

const ROW = 24;
const LEVEL_CLASS: Record<EventLevel, string> = {
  debug: "text-faint",
  info: "text-soft",
  warning: "text-wait",
  error: "text-bad-ink",
  critical: "text-bad-ink",
};

export function LogRows({ items, isLive }: { items: readonly RunEvent[]; isLive: boolean }) {
  const scroller = useRef<HTMLDivElement>(null);
  const times = useTimes();
  const [isFollowing, setFollowing] = useState(isLive);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const characters = useCharacters(scroller);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    getItemKey: useCallback((index: number) => items[index]?.seq ?? index, [items]),
    overscan: 12,
  });
  useEffect(() => {
    if (isFollowing && items.length > 0) virtual.scrollToIndex(items.length - 1);
  }, [isFollowing, items.length, virtual]);
  const toggle = useCallback(
    (seq: number) =>
      setOpen((old) => {
        const next = new Set(old);
        if (!next.delete(seq)) next.add(seq);
        return next;
      }),
    [],
  );
  if (items.length === 0) return <p className="p-6 text-center text-faint">No events with these filters.</p>;
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        role="log"
        aria-label="Events"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keys
        tabIndex={0}
        className="log"
        onScroll={
          isLive
            ? ({ currentTarget: box }) =>
                setFollowing(box.scrollTop + box.clientHeight > virtual.getTotalSize() - 40)
            : undefined
        }
      >
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const event = items[item.index];
            if (!event) return null;
            const isOpen = open.has(event.seq);
            const isFixed = !isOpen && fitsOneLine(event.message, characters(event));
            return (
              <LogLine
                key={item.key}
                event={event}
                times={times}
                top={item.start}
                index={item.index}
                measure={isFixed ? null : virtual.measureElement}
                isOpen={isOpen}
                onToggle={toggle}
              />
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

interface LogLineProps {
  event: RunEvent;
  times: Times;
  top: number;
  index: number;
  /** Takes the line's height; null for one whose height is known. */
  measure: ((line: HTMLElement | null) => void) | null;
  isOpen: boolean;
  onToggle: (seq: number) => void;
}

const LogLine = memo(function LogLine({ event, times, top, index, measure, isOpen, onToggle }: LogLineProps) {
  const hasMore = hasDetails(event);
  const isError = event.level === "error";
  return (
    <div
      ref={measure}
      data-index={index}
      className={`log-line ${measure ? "" : "log-line-fixed"} ${isOpen ? "log-line-open" : ""} ${isError ? "bg-bad-tint" : ""}`}
      style={{ top }}
    >
      <time className="text-faint" title={times.title(event.at)}>
        {times.clock(event.at)}
      </time>
      <span className={LEVEL_CLASS[event.level]}>{event.level}</span>
      <span className="truncate text-soft" title={event.step ?? ""}>
        {event.step ?? "run"}
      </span>
      <span className={`log-message ${isError ? "text-bad-ink" : ""}`}>
        {event.message}
        {event.is_late && <span className="text-wait">{LATE}</span>}
      </span>
      {event.asset && <AssetLink assetKey={event.asset} />}
      {hasMore && (
        <button
          type="button"
          className="flex h-[18px] flex-none items-center text-faint hover:text-ink"
          aria-expanded={isOpen}
          aria-label="Details"
          onClick={() => onToggle(event.seq)}
        >
          <Icon name="chevron" size={12} className={isOpen ? "rotate-90" : ""} />
        </button>
      )}
      <span className="log-kind" title={event.kind}>
        {event.kind}
      </span>
      {isOpen && (
        <div className="log-details">
          {event.error && <ErrorText error={event.error} isOpen />}
          {event.metadata.length > 0 && <Metadata entries={event.metadata} />}
        </div>
      )}
    </div>
  );
});

const LATE = " (after the end)";
const hasDetails = (event: RunEvent) => event.error !== null || event.metadata.length > 0;

// What stands beside a message, as `.log-line` of theme.css has it: characters, and pixels between them.
const CHARACTERS = { time: 15, level: 8, step: 18, kind: 17, asset: 30 };
const GAP = 12;

/** How many characters of a message have room on a line, by the width of the log and of a character. */
function useCharacters(scroller: RefObject<HTMLElement | null>): (event: RunEvent) => number {
  const [room, setRoom] = useState({ width: 0, character: 1 });
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const pen = document.createElement("canvas").getContext("2d");
    if (pen) pen.font = getComputedStyle(box).font;
    const character = pen?.measureText("0").width ?? 8;
    const observer = new ResizeObserver(() => setRoom({ width: box.clientWidth, character }));
    observer.observe(box);
    return () => observer.disconnect();
  }, [scroller]);
  return (event) => {
    const beside = CHARACTERS.time + CHARACTERS.level + CHARACTERS.step + CHARACTERS.kind;
    const optional =
      (event.asset ? CHARACTERS.asset : 0) + (hasDetails(event) ? 1 : 0) + (event.is_late ? LATE.length : 0);
    return Math.floor((room.width - 8 * GAP) / room.character) - beside - optional;
  };
}
