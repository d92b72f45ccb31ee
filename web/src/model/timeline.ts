import type { Micros, RunStatus, TimelineRun } from "@/api/types";

export interface Block {
  /** Fractions of the range. */
  from: number;
  to: number;
  status: RunStatus;
  runs: TimelineRun[];
}

const WORST: RunStatus[] = [
  "FAILURE",
  "STARTED",
  "STARTING",
  "CANCELING",
  "QUEUED",
  "NOT_STARTED",
  "CANCELED",
  "SUCCESS",
];

/** The state to show for many runs drawn as one block: failures win, then what is in motion. */
export function worstStatus(runs: readonly TimelineRun[]): RunStatus {
  return WORST.find((status) => runs.some((run) => run.status === status)) ?? "SUCCESS";
}

/** Runs of one row as blocks; those nearer than `gap` (a fraction of the range) are drawn as one. */
export function timelineBlocks(
  runs: readonly TimelineRun[],
  from: Micros,
  to: Micros,
  now: Micros,
  gap: number,
): Block[] {
  const span = Math.max(1, to - from);
  const placed = runs
    .map((run) => ({
      run,
      from: Math.max(0, (run.start - from) / span),
      to: Math.min(1, ((run.end ?? Math.max(now, run.start)) - from) / span),
    }))
    .filter((each) => each.to >= 0 && each.from <= 1)
    .sort((a, b) => a.from - b.from);
  const blocks: Block[] = [];
  for (const each of placed) {
    const last = blocks.at(-1);
    if (last && each.from - last.to < gap) {
      last.to = Math.max(last.to, each.to);
      last.runs.push(each.run);
      last.status = worstStatus(last.runs);
      continue;
    }
    blocks.push({ from: each.from, to: each.to, status: each.run.status, runs: [each.run] });
  }
  return blocks;
}
