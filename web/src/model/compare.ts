import type { RunComparisonStep } from "@/api/types";

export function endedOtherwise(step: RunComparisonStep): boolean {
  return step.status !== step.other_status;
}

/** First the steps that ended otherwise, then by how much their times differ. */
export function byDifference(steps: readonly RunComparisonStep[]): RunComparisonStep[] {
  return [...steps].sort(
    (a, b) =>
      Number(endedOtherwise(b)) - Number(endedOtherwise(a)) ||
      Math.abs(b.change ?? 0) - Math.abs(a.change ?? 0),
  );
}
