import { expect, test } from "vitest";
import { counted } from "./words";

test("one thing is singular, none and many are not", () => {
  expect(counted(1, "op")).toBe("1 op");
  expect(counted(0, "op")).toBe("0 ops");
  expect(counted(2, "asset")).toBe("2 assets");
});
