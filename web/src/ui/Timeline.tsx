import { Link, useNavigate } from "@tanstack/react-router";
import { type PointerEvent, useRef, useState } from "react";
import { useRead } from "@/api/queries";
import type { Timeline as TimelineData } from "@/api/types";
import { shortId } from "@/model/paths";
import { addTerm, termText } from "@/model/query";
import { look } from "@/model/status";
import { duration, parseRange } from "@/model/time";
import { timelineBlocks } from "@/model/timeline";
import { useNow } from "./clock";
import { Empty, Loading } from "./Panel";
import { useTimes } from "./preferences";
import { HueDot } from "./TagChip";

export interface TimelineProps {
  q: string;
  /** `job`, `automation` or `tag:KEY`. */
  by: string;
  /** `24h`, or `FROM-TO` in microseconds after a zoom. */
  range: string;
  onRange: (range: string) => void;
  limit?: number;
}

const LABELS = 200;

/** Rows by job, automation or a tag's values; what ran, runs, and will run. Drag to zoom. */
export function Timeline({ q, by, range, onRange, limit = 60 }: TimelineProps) {
  const now = useNow();
  const times = useTimes();
  const { from, to } = bounds(range, now);
  const { data } = useRead<TimelineData>(
    "run",
    "timeline",
    { q, by, from: Math.round(from), to: Math.round(to), limit },
    { keep: true },
  );
  const area = useRef<HTMLElement>(null);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  if (!data) return <Loading />;
  if (data.rows.length === 0)
    return (
      <Empty title="Nothing ran in this time">
        {isZoomed(range) ? <ZoomOut onRange={onRange} /> : "Choose a longer range, or clear the filter."}
      </Empty>
    );
  const place = (at: number) => ((at - data.from) / (data.to - data.from)) * 100;
  const axis = times.axisTicks(data.from, data.to, 9);
  const fraction = (event: PointerEvent) => {
    const box = area.current?.getBoundingClientRect();
    if (!box) return 0;
    return Math.min(1, Math.max(0, (event.clientX - box.left - LABELS) / (box.width - LABELS)));
  };
  const finish = () => {
    if (drag && Math.abs(drag[1] - drag[0]) > 0.01) {
      const [a, b] = drag[0] < drag[1] ? drag : [drag[1], drag[0]];
      const at = (share: number) => Math.round(data.from + share * (data.to - data.from));
      onRange(`${at(a)}-${at(b)}`);
    }
    setDrag(null);
  };
  return (
    <section
      aria-label="Timeline"
      ref={area}
      className="relative select-none"
      onPointerDown={(event) => {
        if ((event.target as Element).closest("a")) return;
        if (event.clientX - (area.current?.getBoundingClientRect().left ?? 0) < LABELS) return;
        setDrag([fraction(event), fraction(event)]);
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => drag && setDrag([drag[0], fraction(event)])}
      onPointerUp={finish}
    >
      <div className="sticky top-0 z-2 flex h-7 border-line border-b bg-surface text-faint text-xs">
        <div style={{ width: LABELS }} className="flex flex-none items-center gap-2 px-3">
          <span className="min-w-0 flex-1 truncate">{by.replace(/^tag:/, "")}</span>
          {isZoomed(range) && <ZoomOut onRange={onRange} />}
        </div>
        <div className="relative flex-1">
          {axis.at.map((at) => (
            <span key={at} className="absolute top-1.5 -translate-x-1/2" style={{ left: `${place(at)}%` }}>
              {times.axisLabel(at, axis.step)}
            </span>
          ))}
        </div>
      </div>
      <div className="relative">
        <div className="pointer-events-none absolute inset-y-0 right-0" style={{ left: LABELS }}>
          {axis.at.map((at) => (
            <span key={at} className="absolute inset-y-0 w-px bg-line" style={{ left: `${place(at)}%` }} />
          ))}
          {place(now) <= 100 && (
            <span
              className="absolute inset-y-0 z-1 w-px bg-accent"
              style={{ left: `${place(now)}%` }}
              title="Now"
            />
          )}
          {drag && (
            <span
              className="absolute inset-y-0 bg-accent/15"
              style={{ left: `${Math.min(...drag) * 100}%`, width: `${Math.abs(drag[1] - drag[0]) * 100}%` }}
            />
          )}
        </div>
        {data.rows.map((row) => (
          <div
            key={row.value ?? ""}
            className="flex h-8 items-center border-line border-b last:border-b-0 hover:bg-hover/50"
          >
            <div style={{ width: LABELS }} className="flex flex-none items-center gap-2 px-3">
              <RowLabel by={by} value={row.value} q={q} />
              {row.failed > 0 && <span className="text-bad-ink text-xs">{row.failed}</span>}
              <span className="text-faint text-xs">{row.total}</span>
            </div>
            <div className="relative h-full flex-1">
              {timelineBlocks(row.runs, data.from, data.to, now, 0.0012).map((block) => (
                <RunBlock key={block.runs[0]?.id} block={block} q={q} />
              ))}
              {row.future
                .filter((tick) => tick.at <= data.to)
                .map((tick) => (
                  <span
                    key={tick.at}
                    title={`${tick.name}: ${times.full(tick.at)}`}
                    className="absolute top-2 h-4 w-1.5 rounded-[2px] border border-faint border-dashed"
                    style={{ left: `${place(tick.at)}%` }}
                  />
                ))}
            </div>
          </div>
        ))}
        {data.omitted_rows > 0 && <p className="px-3 py-2 text-faint">{data.omitted_rows} rows more</p>}
      </div>
    </section>
  );
}

function ZoomOut({ onRange }: Pick<TimelineProps, "onRange">) {
  return (
    <button type="button" className="btn btn-small" onClick={() => onRange("24h")}>
      Zoom out
    </button>
  );
}

const ZOOM = /^(\d+)-(\d+)$/;

function isZoomed(range: string): boolean {
  return ZOOM.test(range);
}

/** The instants of a range; an eighth more lies ahead of a relative range, for what will run. */
function bounds(range: string, now: number): { from: number; to: number } {
  const zoom = ZOOM.exec(range);
  if (zoom) return { from: Number(zoom[1]), to: Number(zoom[2]) };
  const span = (parseRange(range) ?? 86400) * 1e6;
  const minute = 60e6;
  const rounded = Math.ceil(now / minute) * minute;
  return { from: rounded - span, to: rounded + span / 8 };
}

function RowLabel({ by, value, q }: { by: string; value: string | null; q: string }) {
  const navigate = useNavigate();
  if (value === null) return <span className="flex-1 truncate text-faint italic">without</span>;
  const isTag = by.startsWith("tag:");
  const field = by === "automation" ? "schedule" : by;
  return (
    <button
      type="button"
      className="link flex min-w-0 flex-1 items-center gap-2 text-left font-medium"
      onClick={() => void navigate({ to: "/runs", search: { q: addTerm(q, termText(field, [value])) } })}
    >
      {isTag && <HueDot tagKey={by.slice(4)} />}
      <span className="truncate">{value}</span>
    </button>
  );
}

// Blocks may be a few pixels wide: they are for the pointer. By keys, the row's label opens the same runs as a list.
function RunBlock({ block, q }: { block: ReturnType<typeof timelineBlocks>[number]; q: string }) {
  const { word, tone } = look(block.status);
  const style = {
    left: `${block.from * 100}%`,
    width: `max(4px, ${(block.to - block.from) * 100}%)`,
    background: "var(--tone)",
  };
  const className = `tone-${tone} absolute top-2 h-4 rounded-[3px] hover:brightness-115 ${tone === "run" ? "opacity-80" : ""}`;
  const only = block.runs.length === 1 ? block.runs[0] : undefined;
  if (only) {
    const seconds = only.end === null ? null : (only.end - only.start) / 1e6;
    const title = `${only.job ?? "assets"} ${shortId(only.id)}: ${word}${seconds === null ? "" : ` in ${duration(seconds)}`}`;
    return (
      <Link
        to="/runs/$id"
        params={{ id: only.id }}
        tabIndex={-1}
        aria-label={title}
        title={title}
        className={className}
        style={style}
      />
    );
  }
  const failed = block.runs.filter((run) => run.status === "FAILURE").length;
  const title = `${block.runs.length} runs${failed ? `, ${failed} failed` : ""}`;
  return (
    <Link
      to="/runs"
      tabIndex={-1}
      search={{
        q: addTerm(
          q,
          termText(
            "id",
            block.runs.map((run) => run.id),
          ),
        ),
      }}
      aria-label={title}
      title={title}
      className={className}
      style={style}
    />
  );
}
