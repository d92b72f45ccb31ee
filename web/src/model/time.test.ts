import { describe, expect, it } from "vitest";
import { duration, isZone, parseRange, Times, utcTime } from "./time";

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

const here = new Times({ zone: "", hours: "24", locale: "en" });
const utc = new Times({ zone: "UTC", hours: "24", locale: "en" });
const kolkata = new Times({ zone: "Asia/Kolkata", hours: "12", locale: "en" });
const berlin = new Times({ zone: "Europe/Berlin", hours: "24", locale: "en" });
const HOUR = 3600e6;
const NEW_YEAR = Date.UTC(2026, 0, 1) * 1000;

describe("age", () => {
  const now = 1_760_000_000_000_000;
  it("names one unit in the past and in the future", () => {
    expect(here.age(now - 12e6, now)).toBe("12 s ago");
    expect(here.age(now - 3 * HOUR, now)).toBe("3 h ago");
    expect(here.age(now + 240e6, now)).toBe("in 4 m");
  });
  it("is a date beyond a day", () => expect(utc.age(now - 25 * HOUR, now)).toBe("Oct 8, 07:53"));
  it("names the year if it is another", () => {
    expect(utc.age(now - 400 * 24 * HOUR, now)).toBe("Sep 4, 2024");
    expect(utc.age(NEW_YEAR - HOUR, NEW_YEAR + 48 * HOUR)).toBe("Dec 31, 2025");
    expect(berlin.age(NEW_YEAR - HOUR, NEW_YEAR + 48 * HOUR)).toBe("Jan 1, 00:00");
  });
});

it("writes in the zone and with the hours a person chose", () => {
  expect(utc.clock(NEW_YEAR + 13 * HOUR + 120e3)).toBe("13:00:00.120");
  expect(kolkata.clock(NEW_YEAR + 13 * HOUR)).toMatch(/^06:30:00\.000\sPM$/);
  expect(utc.full(NEW_YEAR + 13 * HOUR)).toBe("Jan 1, 2026, 13:00:00");
  expect(kolkata.full(NEW_YEAR + 13 * HOUR)).toMatch(/^Jan 1, 2026, 6:30:00\sPM$/);
  expect(berlin.title(NEW_YEAR)).toBe("Jan 1, 2026, 01:00:00\n2026-01-01 00:00:00 UTC");
});

it("knows how far a zone is ahead, in winter and in summer", () => {
  expect(utc.ahead(NEW_YEAR)).toBe(0);
  expect(kolkata.ahead(NEW_YEAR)).toBe(5.5 * 3600);
  expect(berlin.ahead(NEW_YEAR)).toBe(3600);
  expect(berlin.ahead(Date.UTC(2026, 6, 1) * 1000)).toBe(7200);
  expect(here.ahead(NEW_YEAR)).toBe(-new Date(NEW_YEAR / 1000).getTimezoneOffset() * 60);
});

it("reads a time of its zone, on either side of a change of the clock", () => {
  expect(utc.instant("2026-01-01T00:00")).toBe(NEW_YEAR);
  expect(berlin.instant("2026-01-01T01:00")).toBe(NEW_YEAR);
  expect(berlin.instant("2026-03-29T00:30")).toBe(Date.UTC(2026, 2, 28, 23, 30) * 1000);
  expect(berlin.instant("2026-03-29T03:30")).toBe(Date.UTC(2026, 2, 29, 1, 30) * 1000);
});

it("tells a zone from another word", () => {
  expect(isZone("Europe/Berlin")).toBe(true);
  expect(isZone("Berlin/Europe")).toBe(false);
});

it("reads a range", () => {
  expect(parseRange("24h")).toBe(86400);
  expect(parseRange("soon")).toBeNull();
});

it("writes UTC", () => expect(utcTime(0)).toBe("1970-01-01 00:00:00 UTC"));

it("gives round ticks of the zone, no more than asked for", () => {
  const { at, step } = utc.axisTicks(1_000_000, 24 * HOUR + 1_000_000, 8);
  expect(step).toBe(3 * 3600);
  expect(at.length).toBe(8);
  expect(at.every((tick) => (tick / 1e6) % step === 0)).toBe(true);
  expect(
    kolkata.axisTicks(NEW_YEAR, NEW_YEAR + 24 * HOUR, 8).at.map((tick) => kolkata.axisLabel(tick, step))[0],
  ).toMatch(/^06:00\sAM$/);
  expect(berlin.axisLabel(NEW_YEAR - HOUR, step)).toBe("Jan 1");
  expect(utc.axisLabel(NEW_YEAR - HOUR, step)).toBe("23:00");
});
