import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, useMemo, useRef, useState } from "react";
import type { RunDetail, StepRow } from "@/api/types";
import { type Bar, ganttLayout } from "@/model/gantt";
import { look } from "@/model/status";
import { duration } from "@/model/time";
import { useNow } from "@/ui/clock";
import { Icon } from "@/ui/Icon";
import { StatusShape } from "@/ui/Status";
import { StaticChip } from "@/ui/TagChip";
import { useUrl } from "@/ui/url";

const ROW = 26;
const LABELS = 250;

/** Steps against time: thin is waiting, full is work, hatched is where the last good run ended. */
export function Gantt({ run }: { run: RunDetail }) {
  const [search, setSearch] = useUrl();
  const [find, setFind] = useState("");
  const [isTall, setTall] = useState(false);
  const isLive = run.ended_at === null && run.started_at !== null;
  const now = useNow(isLive);
  const layout = useMemo(
    () => ganttLayout(run.step_rows, run.started_at ?? run.created_at, run.ended_at, now),
    [run, now],
  );
  const wanted = find.toLowerCase();
  const rows: (Bar | { step: StepRow })[] = [
    ...layout.bars,
    ...layout.unplaced.map((step) => ({ step })),
  ].filter(({ step }) => wanted === "" || step.key.toLowerCase().includes(wanted));
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 8,
  });
  const skipped = run.step_rows.filter((step) => step.status === "skipped").length;
  const seconds = (layout.to - layout.from) / 1e6;
  return (
    <section aria-label="Steps" className="flex flex-none flex-col border-line border-b bg-surface">
      <div className="flex h-9 flex-none items-center gap-3 border-line border-b px-3">
        <h2 className="font-semibold">Steps</h2>
        <span className="text-faint">
          {run.steps.succeeded} of {run.steps.total} done
          {run.steps.failed > 0 && <span className="text-bad-ink">, {run.steps.failed} failed</span>}
          {skipped > 0 && `, ${skipped} skipped`}
        </span>
        <span className="flex-1" />
        <Legend />
        <input
          className="field h-6 w-36"
          placeholder="Find a step"
          aria-label="Find a step"
          value={find}
          onChange={(event) => setFind(event.target.value)}
        />
        <button
          type="button"
          className="btn btn-quiet btn-small btn-icon"
          aria-label={isTall ? "Show fewer steps" : "Show more steps"}
          onClick={() => setTall(!isTall)}
        >
          <Icon name={isTall ? "minus" : "plus"} size={13} />
        </button>
      </div>
      <Scale seconds={seconds} />
      <div ref={scroller} className="overflow-auto" style={{ maxHeight: isTall ? 520 : 10.5 * ROW }}>
        <ul className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            const isChosen = search.step === row.step.key;
            return (
              <li
                key={row.step.key}
                className={`absolute inset-x-0 flex items-center ${isChosen ? "bg-accent-tint" : "hover:bg-hover"}`}
                style={{ transform: `translateY(${item.start}px)`, height: ROW }}
              >
                <button
                  type="button"
                  aria-pressed={isChosen}
                  aria-label={describe(row.step)}
                  title={describe(row.step)}
                  className="flex h-full w-full items-center text-left"
                  onClick={() => setSearch({ step: isChosen ? undefined : row.step.key } as never)}
                >
                  <StepLabel step={row.step} />
                  <span className="relative h-full min-w-0 flex-1">
                    {"waitFrom" in row && <BarShape bar={row} seconds={seconds} />}
                  </span>
                </button>
              </li>
            );
          })}
        </ul>
      </div>
    </section>
  );
}

function describe(step: StepRow): string {
  const parts = [`${step.key}: ${look(step.status).word}`];
  if (step.skipped_because) parts.push(step.skipped_because);
  if (step.started_at !== null && step.ended_at !== null)
    parts.push(`worked ${duration((step.ended_at - step.started_at) / 1e6)}`);
  if (step.ready_at !== null && step.started_at !== null && step.started_at - step.ready_at > 5e5) {
    parts.push(
      `waited ${duration((step.started_at - step.ready_at) / 1e6)}${step.wait_reason ? ` for ${step.wait_reason}` : ""}`,
    );
  }
  if (step.last_good !== null) parts.push(`last good ${duration(step.last_good)}`);
  return parts.join(" · ");
}

function StepLabel({ step }: { step: StepRow }) {
  const tag = Object.entries(step.tags)[0];
  return (
    <span
      className="flex h-full flex-none items-center gap-2 overflow-hidden pr-2 pl-3"
      style={{ width: LABELS }}
    >
      <StatusShape tone={look(step.status).tone} size={13} />
      <span
        className={`min-w-0 truncate font-mono text-[12px] ${step.status === "skipped" ? "text-faint" : ""}`}
      >
        {step.key}
      </span>
      {step.attempts.length > 1 && <span className="count">×{step.attempts.length}</span>}
      {step.pool && <span className="flex-none text-faint text-xs">{step.pool}</span>}
      {tag && !step.pool && <StaticChip tagKey={tag[0]} value={tag[1]} isBare />}
    </span>
  );
}

const percent = (share: number) => `${share * 100}%`;

/** Words stand after the bar, before it, or, where neither has room, in it. */
function wordsPlace(bar: Bar): { style: CSSProperties; isInside: boolean } {
  if (bar.workTo <= 0.8) return { style: { left: percent(bar.workTo) }, isInside: false };
  if (bar.workFrom >= 0.25) return { style: { right: percent(1 - bar.workFrom) }, isInside: false };
  return { style: { right: percent(1 - bar.workTo) }, isInside: true };
}

function BarShape({ bar, seconds }: { bar: Bar; seconds: number }) {
  const { step } = bar;
  const { tone } = look(step.status);
  const place = wordsPlace(bar);
  const took = step.started_at === null ? null : (bar.workTo - bar.workFrom) * seconds;
  const isLate =
    step.last_good !== null && took !== null && took > step.last_good * 1.5 && took - step.last_good > 2;
  return (
    <>
      <span
        className="absolute top-[11px] h-1 rounded-full bg-wait/45"
        style={{ left: percent(bar.waitFrom), width: percent(bar.workFrom - bar.waitFrom) }}
      />
      {step.last_good !== null && seconds > 0 && (
        <span
          className="absolute top-[6px] h-3.5 rounded-[3px] border border-line-strong border-dashed"
          style={{
            left: percent(bar.workFrom),
            width: percent(Math.min(1 - bar.workFrom, step.last_good / seconds)),
          }}
        />
      )}
      <span
        className={`tone-${tone} absolute top-[6px] h-3.5 rounded-[3px] ${bar.isOpen ? "animate-pulse" : ""}`}
        style={{
          left: percent(bar.workFrom),
          width: `max(3px, ${percent(bar.workTo - bar.workFrom)})`,
          background: "var(--tone)",
        }}
      />
      <span
        className={`absolute top-[5px] whitespace-nowrap rounded px-1.5 text-xs ${place.isInside ? "" : "bg-surface/85"} ${place.isInside ? "font-semibold text-surface" : isLate ? "font-semibold text-wait" : "text-soft"}`}
        style={place.style}
      >
        {duration(took)}
        {isLate && ` (last good ${duration(step.last_good)})`}
      </span>
    </>
  );
}

function Scale({ seconds }: { seconds: number }) {
  return (
    <div aria-hidden="true" className="flex h-5 flex-none text-faint text-xs">
      <span style={{ width: LABELS }} className="flex-none" />
      <span className="relative flex-1">
        {[0, 0.25, 0.5, 0.75].map((share) => (
          <span
            key={share}
            className="absolute border-line border-l pl-1"
            style={{ left: `${share * 100}%` }}
          >
            {share === 0 ? "0" : duration(share * seconds)}
          </span>
        ))}
      </span>
    </div>
  );
}

function Legend() {
  return (
    <span className="hidden items-center gap-3 text-faint text-xs xl:flex" aria-hidden="true">
      <span className="flex items-center gap-1">
        <span className="h-1 w-4 rounded-full bg-wait/45" /> waits
      </span>
      <span className="flex items-center gap-1">
        <span className="h-2.5 w-4 rounded-[3px] bg-good" /> works
      </span>
      <span className="flex items-center gap-1">
        <span className="h-2.5 w-4 rounded-[3px] border border-line-strong border-dashed" /> last good run
      </span>
    </span>
  );
}
