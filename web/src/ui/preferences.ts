import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
export type Density = "compact" | "comfortable";

interface Preferences {
  theme: Theme;
  density: Density;
  isNavNarrow: boolean;
}

const media = window.matchMedia("(prefers-color-scheme: dark)");
let current: Preferences = {
  theme: read("earmark.theme", "system") as Theme,
  density: read("earmark.density", "compact") as Density,
  isNavNarrow: read("earmark.nav", "wide") === "narrow",
};
const listeners = new Set<() => void>();

function read(name: string, usual: string): string {
  try {
    return localStorage.getItem(name) ?? usual;
  } catch {
    return usual; // Storage may be closed to us; preferences then last as long as the page.
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // See read().
  }
}

function apply(): void {
  const isDark = current.theme === "dark" || (current.theme === "system" && media.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  document.documentElement.dataset.density = current.density;
}
media.addEventListener("change", apply);

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  write("earmark.theme", current.theme);
  write("earmark.density", current.density);
  write("earmark.nav", current.isNavNarrow ? "narrow" : "wide");
  apply();
  for (const listener of listeners) listener();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
