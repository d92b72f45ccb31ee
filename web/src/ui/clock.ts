import { useSyncExternalStore } from "react";
import type { Micros } from "@/api/types";

// The server's time, ticking once a second for what goes on and every ten seconds for ages.
let offset = 0;
const fast = makeTicker(1000);
const slow = makeTicker(10_000);

/** Sets the difference between the server's clock and this machine's. */
export function setServerTime(now: Micros): void {
  offset = now - Date.now() * 1000;
}

function makeTicker(every: number) {
  let value = Date.now() * 1000;
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      timer ??= setInterval(() => {
        value = Date.now() * 1000;
        for (const each of listeners) each();
      }, every);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
    value: () => value,
  };
}

/** The server's time at this moment; `useNow` says when to look again. */
export function serverNow(): Micros {
  return Date.now() * 1000 + offset;
}

export function useNow(isFast = false): Micros {
  const ticker = isFast ? fast : slow;
  return useSyncExternalStore(ticker.subscribe, ticker.value) + offset;
}
