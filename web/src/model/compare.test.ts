import { describe, expect, it } from "vitest";
import type { RunComparisonStep } from "@/api/types";
import { byDifference } from "./compare";

function step(key: string, status: RunComparisonStep["status"], change: number | null): RunComparisonStep {
  return {
    key,
    status,
    other_status: "succeeded",
    seconds: null,
    other_seconds: null,
    change,
    attempts: 1,
    other_attempts: 1,
  };
}

describe("steps of a run beside another", () => {
  it("stand first that ended otherwise, then those whose times differ most, either way", () => {
    const steps = [
      step("a", "succeeded", 1),
      step("b", "failed", 0),
      step("c", "succeeded", -50),
      step("d", null, null),
    ];
    expect(byDifference(steps).map((each) => each.key)).toEqual(["b", "d", "c", "a"]);
  });
});
