// One run beside another: which tags, which lines of the configuration and which steps differ.

import type { StepRow, StepStatus, Tags } from "@/api/types";
import { isSystemKey } from "./hue";

export interface TagChange {
  key: string;
  here: string | null;
  there: string | null;
}

/** Tags that are not the same in both, a person's own before those of the system. */
export function tagChanges(here: Tags, there: Tags): TagChange[] {
  const keys = [...new Set([...Object.keys(here), ...Object.keys(there)])];
  return keys
    .map((key) => ({ key, here: here[key] ?? null, there: there[key] ?? null }))
    .filter((change) => change.here !== change.there)
    .sort(
      (a, b) => Number(isSystemKey(a.key)) - Number(isSystemKey(b.key)) || a.key.localeCompare(b.key, "en"),
    );
}

export interface Line {
  sign: " " | "+" | "-";
  text: string;
}

/** The lines of both texts in order: `-` only before, `+` only after. */
export function lineDiff(before: string, after: string): Line[] {
  const a = before.trimEnd() === "" ? [] : before.trimEnd().split("\n");
  const b = after.trimEnd() === "" ? [] : after.trimEnd().split("\n");
  // longest[i][j]: how many lines the rests from i and from j have in common.
  const longest = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const common = (i: number, j: number) => longest[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      (longest[i] as Uint32Array)[j] =
        a[i] === b[j] ? common(i + 1, j + 1) + 1 : Math.max(common(i + 1, j), common(i, j + 1));
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ sign: " ", text: a[i] ?? "" });
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && common(i + 1, j) >= common(i, j + 1)))
      lines.push({ sign: "-", text: a[i++] ?? "" });
    else lines.push({ sign: "+", text: b[j++] ?? "" });
  }
  return lines;
}

export interface StepSide {
  status: StepStatus;
  /** Null while it works, or where it never did. */
  seconds: number | null;
}

export interface StepChange {
  key: string;
  here: StepSide | null;
  there: StepSide | null;
  /** Seconds longer than there; null where either has no time. */
  longer: number | null;
}

function sideOf(step: StepRow | undefined): StepSide | null {
  if (!step) return null;
  const isTimed = step.started_at !== null && step.ended_at !== null;
  return {
    status: step.status,
    seconds: isTimed ? ((step.ended_at ?? 0) - (step.started_at ?? 0)) / 1e6 : null,
  };
}

/** All steps of both: first those that ended otherwise, then by how much their times differ. */
export function stepChanges(here: readonly StepRow[], there: readonly StepRow[]): StepChange[] {
  const mine = new Map(here.map((step) => [step.key, step]));
  const other = new Map(there.map((step) => [step.key, step]));
  const keys = [...new Set([...mine.keys(), ...other.keys()])];
  const changes = keys.map((key): StepChange => {
    const [a, b] = [sideOf(mine.get(key)), sideOf(other.get(key))];
    const isTimed = typeof a?.seconds === "number" && typeof b?.seconds === "number";
    return { key, here: a, there: b, longer: isTimed ? (a?.seconds ?? 0) - (b?.seconds ?? 0) : null };
  });
  return changes.sort(
    (a, b) =>
      Number(endedOtherwise(b)) - Number(endedOtherwise(a)) ||
      Math.abs(b.longer ?? 0) - Math.abs(a.longer ?? 0),
  );
}

export function endedOtherwise(change: StepChange): boolean {
  return change.here?.status !== change.there?.status;
}
