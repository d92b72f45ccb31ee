import { useSyncExternalStore } from "react";
import type { FilterScope } from "./filter-scope";

// Hundreds of chips are on screen, so they share one menu, loaded when first asked for.
export interface ChipMenuTarget {
  tagKey: string;
  value: string;
  anchor: Element;
  scope: FilterScope;
}

let target: ChipMenuTarget | null = null;
const listeners = new Set<() => void>();

export function openChipMenu(next: ChipMenuTarget | null): void {
  target = next;
  for (const listener of listeners) listener();
}

export function useChipMenu(): ChipMenuTarget | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => target,
  );
}
