import { describe, expect, it } from "vitest";
import type { StepRow } from "@/api/types";
import { lineDiff, stepChanges, tagChanges } from "./compare";

function step(key: string, status: StepRow["status"], seconds: number | null): StepRow {
  return {
    key,
    op: key,
    status,
    tags: {},
    pool: null,
    assets: [],
    depends_on: [],
    ready_at: null,
    wait_reason: null,
    started_at: seconds === null ? null : 0,
    ended_at: seconds === null ? null : seconds * 1e6,
    attempts: [],
    error: null,
    skipped_because: null,
    metadata: [],
    last_good: null,
    has_output: false,
  };
}

describe("a run beside another", () => {
  it("shows the tags that differ, the system's last", () => {
    const here = { team: "ml", "dagster/priority": "3", env: "prod" };
    const there = { team: "core", env: "prod", ticket: "1" };
    expect(tagChanges(here, there)).toEqual([
      { key: "team", here: "ml", there: "core" },
      { key: "ticket", here: null, there: "1" },
      { key: "dagster/priority", here: "3", there: null },
    ]);
  });
  it("shows configuration line by line", () => {
    const shown = lineDiff("ops:\n  a: 1\n  b: 2\n", "ops:\n  a: 3\n  b: 2\n  c: 4\n").map(
      (line) => line.sign + line.text,
    );
    expect(shown).toEqual([" ops:", "-  a: 1", "+  a: 3", "   b: 2", "+  c: 4"]);
    expect(lineDiff("", "")).toEqual([]);
    expect(lineDiff("", "a: 1")).toEqual([{ sign: "+", text: "a: 1" }]);
  });
  it("puts steps that ended otherwise first, then the greatest differences of time", () => {
    const here = [
      step("a", "succeeded", 5),
      step("b", "failed", 1),
      step("c", "succeeded", 60),
      step("e", "skipped", null),
    ];
    const there = [
      step("a", "succeeded", 4),
      step("b", "succeeded", 1),
      step("c", "succeeded", 10),
      step("d", "succeeded", 2),
    ];
    const shown = stepChanges(here, there).map((change) => [change.key, change.longer]);
    expect(shown).toEqual([
      ["b", 0],
      ["e", null],
      ["d", null],
      ["c", 50],
      ["a", 1],
    ]);
  });
});
