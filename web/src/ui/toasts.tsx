import { useSyncExternalStore } from "react";
import { ApiError } from "@/api/client";

interface Toast {
  id: number;
  text: string;
  isError: boolean;
  action: { label: string; run: () => void } | null;
}

let toasts: Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(next: Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Says what was done, with an undo where there is one; gone after some seconds. */
export function toast(text: string, action: Toast["action"] = null, isError = false): void {
  const id = nextId++;
  set([...toasts.slice(-3), { id, text, isError, action }]);
  setTimeout(() => set(toasts.filter((each) => each.id !== id)), isError ? 9000 : 5000);
}

/** Shows a refusal of the server in its own words. */
export function toastError(error: unknown): void {
  const hint = error instanceof ApiError && error.problem.hint ? ` ${error.problem.hint}` : "";
  toast((error instanceof Error ? error.message : String(error)) + hint, null, true);
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div
      aria-live="polite"
      className="pointer-events-none fixed right-4 bottom-4 z-60 flex flex-col items-end gap-2"
    >
      {shown.map((each) => (
        <div
          key={each.id}
          className={`popup pointer-events-auto flex max-w-md items-center gap-3 px-3 py-2 ${each.isError ? "border-l-3 border-l-bad" : ""}`}
        >
          <span className="min-w-0 break-words">{each.text}</span>
          {each.action && (
            <button
              type="button"
              className="btn btn-small"
              onClick={() => {
                each.action?.run();
                set(toasts.filter((other) => other.id !== each.id));
              }}
            >
              {each.action.label}
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
