import { useSyncExternalStore } from "react";
import { readAddress } from "@/model/paths";
import { Times } from "@/model/time";

export type Theme = "system" | "light" | "dark";
export type Density = "compact" | "comfortable";

/** What a person set for themselves. All of it is text and stays in this browser: see `docs/ui/settings.md`. */
export interface Preferences {
  theme: Theme;
  density: Density;
  nav: "wide" | "narrow";
  /** A zone's name, or empty for this machine's own. */
  zone: string;
  hours: "24" | "12";
  /** Where a press on a page of the navigation leads; empty for the page as it is. */
  startHome: string;
  startAssets: string;
  startJobs: string;
  startRuns: string;
  startAutomation: string;
  /** The keys of tags that are columns while the address names none, apart by commas. */
  columnsAssets: string;
  columnsJobs: string;
  columnsRuns: string;
}

export const USUAL: Preferences = {
  theme: "system",
  density: "compact",
  nav: "wide",
  zone: "",
  hours: "24",
  startHome: "",
  startAssets: "",
  startJobs: "",
  startRuns: "",
  startAutomation: "",
  columnsAssets: "domain,team",
  columnsJobs: "team",
  columnsRuns: "team",
};
/** The words of a preference that is a list. */
export function listOf(text: string): string[] {
  return text.split(",").filter((word) => word !== "");
}

const NAMES = Object.keys(USUAL) as (keyof Preferences)[];

const media = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();
let current = readAll();
let times = new Times(current);

function readAll(): Preferences {
  const found: Record<string, string> = { ...USUAL };
  try {
    for (const name of NAMES) found[name] = localStorage.getItem(`earmark.${name}`) ?? USUAL[name];
  } catch {
    // Storage may be closed to us; preferences then last as long as the page.
  }
  return found as unknown as Preferences;
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(`earmark.${name}`, value);
  } catch {
    // See readAll().
  }
}

function take(next: Preferences): void {
  if (next.zone !== current.zone || next.hours !== current.hours) times = new Times(next);
  current = next;
  apply();
  for (const listener of listeners) listener();
}

function apply(): void {
  const isDark = current.theme === "dark" || (current.theme === "system" && media.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  document.documentElement.dataset.density = current.density;
}
media.addEventListener("change", apply);
// Another tab of this browser set something.
window.addEventListener("storage", () => take(readAll()));

export function setPreferences(change: Partial<Preferences>): void {
  for (const [name, value] of Object.entries(change)) write(name, value);
  take({ ...current, ...change });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, () => current);
}

const STARTS: Record<string, keyof Preferences> = {
  "/": "startHome",
  "/assets": "startAssets",
  "/jobs": "startJobs",
  "/runs": "startRuns",
  "/automation": "startAutomation",
};

/** Where the navigation leads for a page. The page itself shows what its address says, whoever opens it. */
export function startOf(
  page: string,
  preferences: Preferences,
): { to: string; search?: Record<string, string> } {
  const name = STARTS[page];
  return name && preferences[name] ? readAddress(preferences[name]) : { to: page };
}

/** Writes times as this person wants them. */
export function useTimes(): Times {
  return useSyncExternalStore(subscribe, () => times);
}
