import type { InfiniteData } from "@tanstack/react-query";
import { api } from "@/api/client";
import { queryClient, refresh } from "@/api/queries";
import type { AutomationDetail, AutomationRow, Page } from "@/api/types";
import { toast, toastError } from "@/ui/toasts";

type Switched = Pick<AutomationRow, "name" | "is_running">;

/** Turns on or off what is not so yet; the pages show it at once, and say how to undo it. */
export async function switchTo(rows: readonly Switched[], running: boolean, isUndo = false): Promise<void> {
  const others = rows.filter((row) => row.is_running !== running).map((row) => row.name);
  if (others.length === 0) return toast(`Nothing to do: all are ${running ? "on" : "off"}.`);
  show(new Set(others), running);
  try {
    await api.post("automation/set", { names: others, q: null, running, dry_run: false });
    const words = `${others.length === 1 ? others[0] : others.length.toLocaleString()} turned ${running ? "on" : "off"}`;
    const back = others.map((name) => ({ name, is_running: running }));
    toast(words, isUndo ? null : { label: "Undo", run: () => void switchTo(back, !running, true) });
  } catch (error) {
    toastError(error);
  }
  refresh("automation");
}

/** Everything that a query matches, however many pages it takes. */
export async function allMatching(q: string): Promise<AutomationRow[]> {
  const found: AutomationRow[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<AutomationRow> = await api.get("automation", { q, cursor, limit: 200 });
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}

/** Shows the new state before the server has answered. */
function show(names: ReadonlySet<string>, running: boolean): void {
  const turned = <T extends Switched>(row: T): T =>
    names.has(row.name) ? { ...row, is_running: running } : row;
  queryClient.setQueriesData<InfiniteData<Page<AutomationRow>>>(
    { predicate: ({ queryKey }) => queryKey[0] === "automation" && queryKey[1] === "automation" },
    (data) =>
      data && {
        ...data,
        pages: data.pages.map((page) => ({ ...page, items: page.items.map(turned) })),
      },
  );
  queryClient.setQueriesData<AutomationDetail>(
    { predicate: ({ queryKey }) => queryKey[0] === "automation" && queryKey[1] === "automation/one" },
    (row) => row && turned(row),
  );
}
