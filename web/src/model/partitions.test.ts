import { describe, expect, it } from "vitest";
import type { PartitionMap } from "@/api/types";
import { boxOf, boxParams, boxText, gridOf, labelled, moved, outline, readBox, statusAt } from "./partitions";

const days = ["d1", "d2", "d3", "d4"];
const shops = ["a", "b"];
const dimension = (name: string, keys: string[]) => ({
  name,
  total: keys.length,
  first: keys[0] ?? "",
  last: keys.at(-1) ?? "",
  keys,
});
const COUNTS = { total: 8, materialized: 1, failed: 1, running: 0, missing: 6 };

const LONG: PartitionMap = {
  dimensions: [dimension("day", days), dimension("shop", shops)],
  rows: days.map((key) => ({
    key,
    spans:
      key === "d3"
        ? [
            { from: 0, to: 1, status: "materialized", first: "a", last: "a" },
            { from: 1, to: 2, status: "failed", first: "b", last: "b" },
          ]
        : [{ from: 0, to: 2, status: "missing", first: "a", last: "b" }],
    lengths: null,
  })),
  counts: COUNTS,
};
const FLAT: PartitionMap = {
  dimensions: [dimension("partition", days)],
  rows: [
    {
      key: null,
      spans: [{ from: 1, to: 3, status: "failed", first: "d2", last: "d3" }],
      lengths: null,
    },
  ],
  counts: COUNTS,
};

describe("partitions as a grid", () => {
  it("run from left to right along the longer dimension", () => {
    const grid = gridOf(LONG);
    expect([grid.columns, grid.rows, grid.isTurned, grid.columnName, grid.rowName]).toEqual([
      4,
      2,
      true,
      "day",
      "shop",
    ]);
    expect([grid.columnKeys, grid.rowKeys]).toEqual([days, shops]);
    expect(statusAt(grid, { column: 2, row: 0 })).toBe("materialized");
    expect(statusAt(grid, { column: 2, row: 1 })).toBe("failed");
    expect(statusAt(grid, { column: 3, row: 1 })).toBe("missing");
  });
  it("keep a chosen box in the address, if it lies inside", () => {
    const grid = gridOf(LONG);
    const box = { left: 1, right: 3, top: 0, bottom: 1 };
    expect(readBox(boxText(box), grid)).toEqual(box);
    for (const text of [undefined, "", "3-1,0-1", "0-4,0-1", "0-1,0-2", "a-b,c-d"])
      expect(readBox(text, grid)).toBeNull();
  });
  it("leave open what is in no span", () => {
    const grid = gridOf(FLAT);
    expect(statusAt(grid, { column: 0, row: 0 })).toBeNull();
    expect(outline(grid, null)).toBe("M0 0H1V1H0ZM3 0H4V1H3Z");
  });
  it("are one row for one dimension", () => {
    const grid = gridOf(FLAT);
    expect([grid.columns, grid.rows, grid.isTurned]).toEqual([4, 1, false]);
    expect(outline(grid, "failed")).toBe("M1 0H3V1H1Z");
    expect(outline(grid, "materialized")).toBe("");
  });
  it("are read from lengths where there are too many spans", () => {
    const grid = gridOf({ ...FLAT, rows: [{ key: null, spans: [], lengths: "wf2s" }] });
    expect([0, 1, 2, 3].map((column) => statusAt(grid, { column, row: 0 }))).toEqual([
      "materialized",
      "failed",
      "failed",
      "stale",
    ]);
  });
  it("are asked for by place and by key, turned or not", () => {
    const box = boxOf({ column: 3, row: 1 }, { column: 1, row: 0 });
    expect(box).toEqual({ left: 1, right: 3, top: 0, bottom: 1 });
    expect(boxParams(LONG, gridOf(LONG), box)).toEqual({ start: 0, end: 2, first_row: "d2", last_row: "d4" });
    expect(boxParams(FLAT, gridOf(FLAT), { ...box, bottom: 0 })).toEqual({
      start: 1,
      end: 4,
      first_row: null,
      last_row: null,
    });
  });
  it("are walked by arrow keys, and not left", () => {
    const grid = gridOf(LONG);
    expect(moved(grid, { column: 0, row: 0 }, "ArrowLeft")).toEqual({ column: 0, row: 0 });
    expect(moved(grid, { column: 0, row: 0 }, "End")).toEqual({ column: 3, row: 0 });
    expect(moved(grid, { column: 0, row: 0 }, "ArrowDown")).toEqual({ column: 0, row: 1 });
    expect(moved(grid, { column: 0, row: 0 }, "a")).toBeNull();
  });
  it("have labels that do not crowd", () => {
    expect(labelled(4, 8)).toEqual([0, 1, 2, 3]);
    expect(labelled(92, 8)).toEqual([0, 12, 24, 36, 48, 60, 72]);
    expect(labelled(0, 8)).toEqual([]);
  });
});
