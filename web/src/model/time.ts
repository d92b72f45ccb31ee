import type { Micros, Seconds } from "@/api/types";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

/** Two units at most: `420 ms`, `3.2 s`, `4 m 10 s`, `2 h 5 m`, `3 d 4 h`. */
export function duration(seconds: Seconds | null): string {
  if (seconds === null) return "–";
  if (seconds < 0) return `-${duration(-seconds)}`;
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return pair(Math.floor(whole / MINUTE), "m", whole % MINUTE, "s");
  const minutes = Math.round(seconds / MINUTE);
  if (minutes < 24 * 60) return pair(Math.floor(minutes / 60), "h", minutes % 60, "m");
  const hours = Math.round(seconds / HOUR);
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

function pair(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}

/** One unit, for ages: `now`, `12 s`, `4 m`, `3 h`. A day and more is a date. */
export function ago(at: Micros, now: Micros, locale?: string): string {
  const seconds = (now - at) / 1e6;
  const size = Math.abs(seconds);
  if (size < 1) return "now";
  const text =
    size < MINUTE
      ? `${Math.floor(size)} s`
      : size < HOUR
        ? `${Math.floor(size / MINUTE)} m`
        : size < DAY
          ? `${Math.floor(size / HOUR)} h`
          : null;
  if (text === null) return day(at, now, locale);
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

function day(at: Micros, now: Micros, locale?: string): string {
  const date = new Date(at / 1000);
  const sameYear = date.getFullYear() === new Date(now / 1000).getFullYear();
  return new Intl.DateTimeFormat(locale, {
    month: "short",
    day: "numeric",
    ...(sameYear ? { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } : { year: "numeric" }),
  }).format(date);
}

/** Local time in full. */
export function localTime(at: Micros, locale?: string): string {
  return new Intl.DateTimeFormat(locale, {
    dateStyle: "medium",
    timeStyle: "medium",
    hourCycle: "h23",
  }).format(new Date(at / 1000));
}

/** `2026-11-23 00:42:36 UTC`. */
export function utcTime(at: Micros): string {
  return `${new Date(at / 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** Clock time with milliseconds, for logs: `14:03:07.120`. */
export function clockTime(at: Micros): string {
  const date = new Date(at / 1000);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** `90m`, `24h`, `7d`, `2w` in seconds; null for anything else. */
export function parseRange(text: string): Seconds | null {
  const match = /^(\d+)([smhdw])$/.exec(text);
  if (!match) return null;
  const unit = { s: 1, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY }[match[2] ?? "s"] ?? 1;
  return Number(match[1]) * unit;
}

const STEPS = [
  1,
  5,
  15,
  30,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  14 * DAY,
  28 * DAY,
];

/** Round instants of an axis, at most `count` of them, with the step between in seconds. */
export function axisTicks(from: Micros, to: Micros, count: number): { at: Micros[]; step: Seconds } {
  const span = (to - from) / 1e6;
  const step = STEPS.find((each) => span / each <= count) ?? Math.ceil(span / count / DAY) * DAY;
  const offset = new Date(from / 1000).getTimezoneOffset() * MINUTE;
  const size = step * 1e6;
  const first = Math.ceil((from - offset * 1e6) / size) * size + offset * 1e6;
  const at: Micros[] = [];
  for (let tick = first; tick <= to; tick += size) at.push(tick);
  return { at, step };
}

/** The text of a tick: seconds, minutes or days by the axis' step. */
export function axisLabel(at: Micros, step: Seconds, locale?: string): string {
  const date = new Date(at / 1000);
  const isMidnight = date.getHours() === 0 && date.getMinutes() === 0 && step >= MINUTE;
  if (step >= DAY || isMidnight) {
    return new Intl.DateTimeFormat(locale, { month: "short", day: "numeric" }).format(date);
  }
  return new Intl.DateTimeFormat(locale, {
    hour: "2-digit",
    minute: "2-digit",
    ...(step < MINUTE ? { second: "2-digit" } : {}),
    hourCycle: "h23",
  }).format(date);
}
