import { describe, expect, it } from "vitest";
import { complete } from "./complete";
import type { Schema } from "./schema";

const SCHEMA: Schema = {
  type: "object",
  properties: {
    ops: {
      type: "object",
      properties: {
        bake: {
          type: "object",
          properties: {
            config: {
              type: "object",
              properties: {
                loaves: { type: "integer", description: "How many." },
                oven: {
                  type: "object",
                  properties: {
                    program: { enum: ["bread", "cake"], default: "bread" },
                    fan: { type: "boolean" },
                  },
                },
                rows: {
                  type: "array",
                  items: {
                    type: "object",
                    properties: { name: { type: "string" }, size: { type: "integer" } },
                  },
                },
                kinds: { type: "array", items: { enum: ["rye", "spelt"] } },
              },
              required: ["loaves"],
            },
          },
        },
        sell: { type: "object", properties: {} },
      },
    },
  },
};

/** `|` marks the caret. */
function at(marked: string) {
  return complete(marked.replace("|", ""), marked.indexOf("|"), SCHEMA);
}
const labels = (marked: string) => at(marked)?.items.map((each) => each.label) ?? null;

describe("completion in configuration", () => {
  it("offers the keys of the table that the caret stands in", () => {
    expect(labels("|")).toEqual(["ops"]);
    expect(labels("ops:\n  |")).toEqual(["bake", "sell"]);
    expect(labels("ops:\n  bake:\n    config:\n      |")).toEqual(["loaves", "oven", "rows", "kinds"]);
  });
  it("leaves out the keys that are there already, before and behind", () => {
    expect(
      labels("ops:\n  bake:\n    config:\n      |\n      loaves: 3\n      oven:\n        fan: true\n"),
    ).toEqual(["rows", "kinds"]);
  });
  it("goes by how far to the right the caret stands", () => {
    expect(labels("ops:\n  bake:\n    config:\n      loaves: 3\n  |")).toEqual(["sell"]);
  });
  it("offers values after a key", () => {
    expect(labels("ops:\n  bake:\n    config:\n      oven:\n        program: |")).toEqual(["bread", "cake"]);
    expect(labels("ops:\n  bake:\n    config:\n      oven:\n        program: ca|")).toEqual(["cake"]);
    expect(labels("ops:\n  bake:\n    config:\n      oven:\n        fan: |")).toEqual(["true", "false"]);
  });
  it("knows items of lists, indented or not", () => {
    expect(labels("ops:\n  bake:\n    config:\n      rows:\n        - na|")).toEqual(["name"]);
    expect(labels("ops:\n  bake:\n    config:\n      rows:\n      - name: a\n        |")).toEqual(["size"]);
    expect(
      labels("ops:\n  bake:\n    config:\n      rows:\n        - name: a\n          size: 1\n        - |"),
    ).toEqual(["name", "size"]);
    expect(labels("ops:\n  bake:\n    config:\n      kinds:\n        - |")).toEqual(["rye", "spelt"]);
  });
  it("writes a table with its next line, a value behind a blank", () => {
    const found = at("ops:\n  bake:\n    config:\n      |")?.items ?? [];
    expect(found.map((each) => [each.label, each.insert, each.isRequired])).toEqual([
      ["loaves", "loaves: ", true],
      ["oven", "oven:\n        ", false],
      ["rows", "rows: ", false],
      ["kinds", "kinds: ", false],
    ]);
  });
  it("replaces what is typed of the word", () => {
    expect(at("ops:\n  bake:\n    config:\n      lo|")?.from).toBe(31);
  });
  it("says nothing in a comment, in free text, or where nothing is known", () => {
    expect(labels("# o|")).toBeNull();
    expect(labels("ops:\n  roast:\n    |")).toBeNull();
    expect(labels("ops:\n  bake:\n    config:\n      loaves: |")).toBeNull();
  });
});
