import { expect, test } from "vitest";
import { howManyFit } from "./chips";

test("all fit where there is room for all", () => {
  expect(howManyFit([50, 50], 0, 104, 30, 4)).toBe(2);
});
test("the last one gives way to the sign when something is left over", () => {
  expect(howManyFit([50, 50], 1, 104, 30, 4)).toBe(1);
  expect(howManyFit([50, 50, 50], 0, 138, 30, 4)).toBe(2);
});
test("none fits beside the sign in too small a room", () => {
  expect(howManyFit([50], 1, 60, 30, 4)).toBe(0);
  expect(howManyFit([], 3, 0, 30, 4)).toBe(0);
});
