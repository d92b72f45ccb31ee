import { describe, expect, it } from "vitest";
import { ago, axisTicks, duration, parseRange, utcTime } from "./time";

describe("duration", () => {
  it.each([
    [null, "–"],
    [0.42, "420 ms"],
    [0.9996, "1.0 s"],
    [3.21, "3.2 s"],
    [9.96, "10 s"],
    [59.6, "1 m"],
    [250, "4 m 10 s"],
    [3600, "1 h"],
    [3599.7, "1 h"],
    [7500, "2 h 5 m"],
    [273600, "3 d 4 h"],
  ])("writes %s as %s", (seconds, text) => expect(duration(seconds)).toBe(text));
});

describe("ago", () => {
  const now = 1_760_000_000_000_000;
  it("names one unit in the past and in the future", () => {
    expect(ago(now - 12e6, now)).toBe("12 s ago");
    expect(ago(now - 3 * 3600e6, now)).toBe("3 h ago");
    expect(ago(now + 240e6, now)).toBe("in 4 m");
  });
  it("is a date beyond a day", () => expect(ago(now - 90000e6, now, "en")).toMatch(/^Oct \d+, \d\d:\d\d$/));
});

it("reads a range", () => {
  expect(parseRange("24h")).toBe(86400);
  expect(parseRange("soon")).toBeNull();
});

it("writes UTC", () => expect(utcTime(0)).toBe("1970-01-01 00:00:00 UTC"));

it("gives round ticks, no more than asked for", () => {
  const { at, step } = axisTicks(1_000_000, 24 * 3600e6 + 1_000_000, 8);
  expect(step).toBe(3 * 3600);
  expect(at.length).toBe(8);
  const offset = new Date(0).getTimezoneOffset() * 60;
  expect(at.every((tick) => (tick / 1e6 - offset) % step === 0)).toBe(true);
});
