import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { startOf, usePreferences } from "@/ui/preferences";

const PAGES: Record<string, string> = {
  h: "/",
  a: "/assets",
  j: "/jobs",
  r: "/runs",
  u: "/automation",
  t: "/tags",
  d: "/deployment",
  s: "/settings",
};

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button"].includes(target.type);
}

function stepTab(direction: 1 | -1): void {
  const tabs = [...document.querySelectorAll<HTMLElement>("[data-tabs] .tab")];
  const at = tabs.findIndex(
    (tab) => tab.ariaSelected === "true" || tab.getAttribute("aria-current") === "page",
  );
  if (at < 0) return;
  tabs[(at + direction + tabs.length) % tabs.length]?.click();
}

/** Keys that work on every page; those of one page are with the page. */
export function useShellKeys(open: (overlay: "palette" | "keys") => void): void {
  const navigate = useNavigate();
  const preferences = usePreferences();
  useEffect(() => {
    let isGoing = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        return open("palette");
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector("[role=dialog]")) return;
      if (isGoing) {
        isGoing = false;
        const to = PAGES[event.key];
        if (to) {
          event.preventDefault();
          void navigate(startOf(to, preferences));
        }
        return;
      }
      if (event.key === "g") {
        isGoing = true;
        clearTimeout(timer);
        timer = setTimeout(() => {
          isGoing = false;
        }, 1200);
      } else if (event.key === "/") {
        event.preventDefault();
        open("palette");
      } else if (event.key === "?") open("keys");
      else if (event.key === "f") {
        const input = document.querySelector<HTMLInputElement>("[data-filter]");
        if (!input) return;
        event.preventDefault();
        input.focus();
      } else if (event.key === "[") stepTab(-1);
      else if (event.key === "]") stepTab(1);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [navigate, open, preferences]);
}
