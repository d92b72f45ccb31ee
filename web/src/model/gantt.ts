import type { Micros, StepRow } from "@/api/types";

export interface Bar {
  step: StepRow;
  /** Fractions of the whole, 0..1. */
  waitFrom: number;
  workFrom: number;
  workTo: number;
  isOpen: boolean;
}
export interface GanttLayout {
  from: Micros;
  to: Micros;
  bars: Bar[];
  /** Steps that never became ready. */
  unplaced: StepRow[];
}

/** Steps in order of start; each bar has a thin part of waiting and a full part of work. */
export function ganttLayout(
  steps: readonly StepRow[],
  runStart: Micros,
  runEnd: Micros | null,
  now: Micros,
): GanttLayout {
  const to = Math.max(runEnd ?? now, runStart + 1, ...steps.map((step) => step.ended_at ?? 0));
  const span = to - runStart;
  const place = (at: Micros) => Math.min(1, Math.max(0, (at - runStart) / span));
  const bars: Bar[] = [];
  const unplaced: StepRow[] = [];
  for (const step of steps) {
    const start = step.started_at;
    const ready = step.ready_at ?? start;
    if (ready === null) {
      unplaced.push(step);
      continue;
    }
    const end = step.ended_at ?? to;
    bars.push({
      step,
      waitFrom: place(ready),
      workFrom: place(start ?? end),
      workTo: place(end),
      isOpen: step.ended_at === null,
    });
  }
  bars.sort(
    (a, b) => a.waitFrom - b.waitFrom || a.workFrom - b.workFrom || a.step.key.localeCompare(b.step.key),
  );
  return { from: runStart, to, bars, unplaced };
}
