import { describe, expect, it } from "vitest";
import type { RunStatus, StepRow, TimelineRun } from "@/api/types";
import { ganttLayout } from "./gantt";
import { timelineBlocks } from "./timeline";

const step = (key: string, ready: number | null, start: number | null, end: number | null): StepRow => ({
  key,
  op: key,
  status: end === null ? "running" : "succeeded",
  tags: {},
  pool: null,
  assets: [],
  depends_on: [],
  ready_at: ready,
  wait_reason: null,
  started_at: start,
  ended_at: end,
  attempts: [],
  error: null,
  skipped_because: null,
  metadata: [],
  last_good: null,
  has_output: false,
});

describe("ganttLayout", () => {
  it("draws waiting apart from work", () => {
    const { bars } = ganttLayout([step("a", 100, 150, 200)], 100, 200, 999);
    expect(bars[0]).toMatchObject({ waitFrom: 0, workFrom: 0.5, workTo: 1, isOpen: false });
  });
  it("lets an open step reach the present", () => {
    const { bars, to } = ganttLayout([step("a", 0, 50, null)], 0, null, 200);
    expect(to).toBe(200);
    expect(bars[0]).toMatchObject({ workFrom: 0.25, workTo: 1, isOpen: true });
  });
  it("sets steps that never became ready aside", () => {
    const { bars, unplaced } = ganttLayout([step("a", null, null, null), step("b", 1, 2, 3)], 0, 10, 10);
    expect(bars.map((bar) => bar.step.key)).toEqual(["b"]);
    expect(unplaced.map((each) => each.key)).toEqual(["a"]);
  });
});

describe("timelineBlocks", () => {
  const run = (start: number, end: number | null, status: RunStatus = "SUCCESS"): TimelineRun => ({
    id: `${start}`,
    status,
    job: null,
    start,
    end,
  });
  it("joins runs that touch and shows the failure among them", () => {
    const blocks = timelineBlocks([run(0, 10), run(10, 20, "FAILURE"), run(60, 70)], 0, 100, 100, 0.01);
    expect(blocks).toHaveLength(2);
    expect(blocks[0]).toMatchObject({ from: 0, to: 0.2, status: "FAILURE" });
  });
  it("draws a run that goes on up to now", () => {
    expect(timelineBlocks([run(50, null, "STARTED")], 0, 100, 80, 0)[0]).toMatchObject({
      from: 0.5,
      to: 0.8,
    });
  });
  it("leaves out what lies outside the range", () => {
    expect(timelineBlocks([run(-20, -10), run(120, 130)], 0, 100, 100, 0)).toEqual([]);
  });
});
