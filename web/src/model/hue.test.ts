import { expect, it } from "vitest";
import { HUES, hueOf } from "./hue";

it("gives a key the same hue every time, out of the twelve", () => {
  for (const key of ["team", "domain", "dagster/priority", "größe"]) {
    expect(hueOf(key)).toBe(hueOf(key));
    expect(HUES).toContain(hueOf(key));
  }
});

it("spreads keys over most of the hues", () => {
  const seen = new Set(Array.from({ length: 60 }, (_, i) => hueOf(`key-${i}`)));
  expect(seen.size).toBeGreaterThanOrEqual(10);
});

it("follows a person's choice", () => expect(hueOf("team", 3)).toBe(HUES[3]));

it("keeps clear of the red and green of states", () => {
  for (const hue of HUES) {
    expect(Math.min(Math.abs(hue - 27), Math.abs(hue - 387))).toBeGreaterThan(15);
    expect(Math.abs(hue - 150)).toBeGreaterThan(25);
  }
});
