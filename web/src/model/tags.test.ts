import { expect, it } from "vitest";
import { keyFault, middle, parseTag, tagsFromText, tagsToText, valueWarning } from "./tags";

it("cuts a tag at its first equals sign", () => {
  expect(parseTag("note=a=b")).toEqual({ key: "note", value: "a=b" });
  expect(parseTag(" team ")).toEqual({ key: "team", value: null });
});

it("says what is wrong with a key", () => {
  expect(keyFault("team")).toBeNull();
  expect(keyFault("dagster/partition/date")).toBeNull();
  expect(keyFault("a/b/c")).toMatch(/slash/);
  expect(keyFault("two words")).toMatch(/63/);
  expect(keyFault("")).toMatch(/needs/);
});

it("warns of a value outside the rule, and allows the empty one", () => {
  expect(valueWarning("")).toBeNull();
  expect(valueWarning('{"a": 1}')).not.toBeNull();
});

it("brings tags through a link unharmed", () => {
  const tags = { reason: "hotfix", note: "50%, or so" };
  expect(tagsFromText(tagsToText(tags))).toEqual(tags);
});

it("leaves out the middle of a long value", () => {
  const short = middle(`${"a".repeat(40)}z`, 11);
  expect(short).toHaveLength(11);
  expect(short.endsWith("z")).toBe(true);
});
