import { expect, it } from "vitest";
import { fitsOneLine } from "./log";

it("is sure only of short plain text", () => {
  expect(fitsOneLine("line 5 of 100000", 16)).toBe(true);
  expect(fitsOneLine("line 5 of 100000", 15)).toBe(false);
  expect(fitsOneLine("two\nlines", 80)).toBe(false);
  expect(fitsOneLine("幅の広い文字", 80)).toBe(false);
});
