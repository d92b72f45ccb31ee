import { describe, expect, it } from "vitest";
import { getAt, readYaml, setAt, writeYaml, YamlError } from "./yaml";

const TEXT = `ops:
  load:
    config:
      since: 2026-11-20   # a day
      limit: 100000
      share: .5
      dry_run: false
      note: "a: b # c"
      none: ~
      channels: [search, "so, cial"]
      days:
        - mon
        - tue
`;

describe("readYaml", () => {
  it("reads maps, lists and scalars as YAML has them", () => {
    expect(getAt(readYaml(TEXT), ["ops", "load", "config"])).toEqual({
      since: "2026-11-20",
      limit: 100000,
      share: 0.5,
      dry_run: false,
      note: "a: b # c",
      none: null,
      channels: ["search", "so, cial"],
      days: ["mon", "tue"],
    });
  });
  it("is an empty map for an empty text", () => expect(readYaml(" \n# nothing\n")).toEqual({}));
  it.each([
    ["a:\n\tb: 1", 2],
    ["a: |\n  text", 1],
    ["a: [1, 2", 1],
    ["a:\n  - b: 1", 2],
    ["a: 1\n   b: 2", 2],
  ])("says at which line it stops: %j", (text, line) => {
    try {
      readYaml(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(YamlError);
      expect((error as YamlError).line).toBe(line);
    }
  });
});

it("brings every value back through text", () => {
  const value = {
    a: {
      b: "true",
      c: "12",
      d: "",
      e: "x: y",
      f: [1, "two", true],
      g: null,
      h: {},
      "k k": -0.5,
      i: "2026-01-01",
    },
  };
  expect(readYaml(writeYaml(value))).toEqual(value);
});

it("sets and takes out a value at a path without touching the rest", () => {
  const value = readYaml("a:\n  b: 1\n  c: 2\n");
  expect(setAt(value, ["a", "b"], 5)).toEqual({ a: { b: 5, c: 2 } });
  expect(setAt(value, ["a", "b"], undefined)).toEqual({ a: { c: 2 } });
  expect(setAt(value, ["x", "y"], "z")).toEqual({ a: { b: 1, c: 2 }, x: { y: "z" } });
  expect(value).toEqual({ a: { b: 1, c: 2 } });
});
