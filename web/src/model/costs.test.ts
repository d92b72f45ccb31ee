import { expect, test } from "vitest";
import type { CostPeriod, CostReport } from "@/api/types";
import { amountText, change, runsOf, termOfRow, withoutShare } from "./costs";

const DAY = 86_400_000_000;
const PERIODS: CostPeriod[] = [0, 1, 2].map((at) => ({
  start: at * DAY,
  end: (at + 1) * DAY,
  is_over: at < 2,
}));

test("the last period that is over is compared with the one before it, not with the one that goes on", () => {
  expect(change([4, 6, 1], PERIODS)).toBe(0.5);
  expect(change([0, 6, 1], PERIODS)).toBeNull();
  expect(change([4], PERIODS.slice(2))).toBeNull();
});

test("what carries no tag is a share of everything", () => {
  const report = {
    totals: { value: null, amounts: [5, 5], runs: [1, 1] },
    rows: [
      { value: "ml", amounts: [5, 3], runs: [1, 1] },
      { value: null, amounts: [0, 2], runs: [0, 1] },
    ],
  } as unknown as CostReport;
  expect(withoutShare(report)).toBe(0.2);
});

test("amounts are written as their measure is read", () => {
  expect(amountText("run_time", 5400)).toBe("1.5 h");
  expect(amountText("metadata:cost_usd", 12.345)).toBe("12.35");
  expect(amountText("cost", 1240)).toBe("1,240");
  expect(amountText("runs", 0)).toBe("–");
});

test("a figure leads to the runs it is made of", () => {
  expect(runsOf("tag:env=prod created:>-7d", "tag:team", "ml ops", 0, DAY)).toBe(
    'tag:env=prod tag:team="ml ops" created:>=1970-01-01T00:00:00.000Z created:<1970-01-02T00:00:00.000Z',
  );
  expect(termOfRow("tag:team", null)).toBe("-tag:team");
  expect(termOfRow("job", null)).toBe("job:__ASSET_JOB");
  expect(termOfRow("location", "shop")).toBe("code_location:shop");
  expect(termOfRow("source", "manual")).toBeNull();
  expect(termOfRow("tag:team", "(other)")).toBeNull();
});
