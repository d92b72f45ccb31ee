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

/** `2026-11-23 00:42:36 UTC`. */
export function utcTime(at: Micros): string {
  return `${new Date(at / 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
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

/** How a person wants times written: `zone` is a name such as `Europe/Berlin`, or empty for this machine's own. */
export interface TimeStyle {
  zone: string;
  hours: "24" | "12";
  locale?: string;
}

/**
 * Writes instants in one style. A formatter costs a hundred times what it takes to use it, so each is made once, when
 * it is first asked for.
 */
export class Times {
  readonly #style: TimeStyle;
  readonly #formats = new Map<string, Intl.DateTimeFormat>();

  constructor(style: TimeStyle) {
    this.#style = style;
  }

  /** The zone's name; empty for this machine's own. */
  get zone(): string {
    return this.#style.zone;
  }

  /** One unit, for ages: `now`, `12 s ago`, `in 4 m`, `3 h ago`. A day and more is a date. */
  age(at: Micros, now: Micros): string {
    const seconds = (now - at) / 1e6;
    const size = Math.abs(seconds);
    if (size < 1) return "now";
    if (size >= DAY) return this.#date(at, now);
    const text =
      size < MINUTE
        ? `${Math.floor(size)} s`
        : size < HOUR
          ? `${Math.floor(size / MINUTE)} m`
          : `${Math.floor(size / HOUR)} h`;
    return seconds > 0 ? `${text} ago` : `in ${text}`;
  }

  #date(at: Micros, now: Micros): string {
    const isThisYear = this.#year(at) === this.#year(now);
    return isThisYear
      ? this.#write("day and time", at, {
          month: "short",
          day: "numeric",
          hour: "2-digit",
          minute: "2-digit",
        })
      : this.#write("day of a year", at, { month: "short", day: "numeric", year: "numeric" });
  }

  #year(at: Micros): string {
    return this.#write("year", at, { year: "numeric" });
  }

  /** The name of a period by its beginning: `Nov 2026`, or of a day or a week `Nov 23`. */
  period(at: Micros, length: "day" | "week" | "month"): string {
    return length === "month"
      ? this.#write("month", at, { month: "short", year: "numeric" })
      : this.#write("day", at, { month: "short", day: "numeric" });
  }

  /** Date and time to the second. */
  full(at: Micros): string {
    return this.#write("full", at, { dateStyle: "medium", timeStyle: "medium" });
  }

  /** In full, here and in UTC: what a time says when it is pointed at. */
  title(at: Micros): string {
    return `${this.full(at)}\n${utcTime(at)}`;
  }

  /** Clock time with milliseconds, for logs: `14:03:07.120`. */
  clock(at: Micros): string {
    return this.#write("clock", at, {
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      fractionalSecondDigits: 3,
    });
  }

  /** Round instants of an axis, at most `count` of them, with the step between in seconds. */
  axisTicks(from: Micros, to: Micros, count: number): { at: Micros[]; step: Seconds } {
    const span = (to - from) / 1e6;
    const step = STEPS.find((each) => span / each <= count) ?? Math.ceil(span / count / DAY) * DAY;
    const ahead = this.ahead(from) * 1e6;
    const size = step * 1e6;
    const first = Math.ceil((from + ahead) / size) * size - ahead;
    const at: Micros[] = [];
    for (let tick = first; tick <= to; tick += size) at.push(tick);
    return { at, step };
  }

  /** The text of a tick: seconds, minutes or days by the axis' step. */
  axisLabel(at: Micros, step: Seconds): string {
    const isMidnight = (at / 1e6 + this.ahead(at)) % DAY === 0 && step >= MINUTE;
    if (step >= DAY || isMidnight) return this.#write("day", at, { month: "short", day: "numeric" });
    if (step < MINUTE)
      return this.#write("second", at, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    return this.#write("minute", at, { hour: "2-digit", minute: "2-digit" });
  }

  /** By how much the zone is ahead of UTC at an instant; it changes with daylight saving. */
  ahead(at: Micros): Seconds {
    const whole = Math.floor(at / 1e6) * 1000;
    if (!this.#style.zone) return -new Date(whole).getTimezoneOffset() * MINUTE;
    const parts = this.#format("parts", {
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
      hourCycle: "h23",
      calendar: "gregory",
      numberingSystem: "latn",
    }).formatToParts(whole);
    const part = (type: string) => Number(parts.find((each) => each.type === type)?.value ?? 0);
    const wall = Date.UTC(
      part("year"),
      part("month") - 1,
      part("day"),
      part("hour"),
      part("minute"),
      part("second"),
    );
    return (wall - whole) / 1000;
  }

  /** The instant of a time as a field for date and time writes it, `2026-11-23T07:30`, read in this zone. */
  instant(text: string): Micros {
    const wall = Date.parse(`${text}Z`) * 1000;
    const near = wall - this.ahead(wall) * 1e6;
    return wall - this.ahead(near) * 1e6;
  }

  #write(name: string, at: Micros, options: Intl.DateTimeFormatOptions): string {
    return this.#format(name, { ...options, hourCycle: this.#style.hours === "24" ? "h23" : "h12" }).format(
      at / 1000,
    );
  }

  #format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    let format = this.#formats.get(name);
    if (!format) {
      const { zone, locale } = this.#style;
      format = new Intl.DateTimeFormat(locale, { ...options, ...(zone ? { timeZone: zone } : {}) });
      this.#formats.set(name, format);
    }
    return format;
  }
}

/** Whether a name is a time zone that this browser knows. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat(undefined, { timeZone: name });
    return true;
  } catch {
    return false; // It throws a RangeError; there is no other way to ask.
  }
}
