import { Dialog as Base } from "@base-ui/react/dialog";
import { useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useEffect, useId, useState } from "react";
import { api } from "@/api/client";
import { refresh, useRead } from "@/api/queries";
import type { SearchHit, SearchResult } from "@/api/types";
import { readAddress } from "@/model/paths";
import { Icon, type IconName } from "@/ui/Icon";
import { setPreferences } from "@/ui/preferences";
import { HueDot } from "@/ui/TagChip";
import { toast, toastError } from "@/ui/toasts";

const ICONS: Record<SearchHit["kind"], IconName> = {
  asset: "assets",
  job: "jobs",
  op: "graph",
  run: "runs",
  tag: "tags",
  group: "tree",
  owner: "eye",
  automation: "automation",
  backfill: "columns",
  limit: "lock",
  location: "deployment",
  action: "chevron",
};

/** A hit that does something, or goes somewhere. */
type Entry = SearchHit & { run?: () => void };

function goTo(label: string, url: string): Entry {
  return { kind: "action", label, detail: null, url, count: null };
}

function doing(label: string, run: () => void): Entry {
  return { ...goTo(label, `#${label}`), run };
}

async function asked(path: string, body: unknown, words: string): Promise<void> {
  try {
    await api.post(path, body);
    refresh("daemon", "run", "location");
    toast(words);
  } catch (error) {
    toastError(error);
  }
}

const START: readonly Entry[] = [
  goTo("Failed runs of the last day", "runs?q=status:failed created:>-24h"),
  goTo("Runs that wait", "runs?q=status:queued"),
  goTo("Insights by team", "runs?view=insights&by=tag:team"),
  goTo("Lineage", "assets?view=graph"),
  goTo("Limits", "deployment/concurrency"),
  goTo("Launch assets", "launch"),
];

const ACTIONS: readonly Entry[] = [
  ...START,
  goTo("Backfills", "runs?tab=backfills"),
  goTo("Code locations", "deployment/locations"),
  goTo("Daemons", "deployment/daemons"),
  goTo("Configuration and audit log", "deployment/config"),
  goTo("Settings: times, rows, columns, where pages begin", "settings"),
  doing("Dark theme", () => setPreferences({ theme: "dark" })),
  doing("Light theme", () => setPreferences({ theme: "light" })),
  doing("Theme of the system", () => setPreferences({ theme: "system" })),
  doing("Comfortable rows", () => setPreferences({ density: "comfortable" })),
  doing("Compact rows", () => setPreferences({ density: "compact" })),
  doing(
    "Pause the queue",
    () => void asked("queue/pause", {}, "The queue is paused: no waiting run starts."),
  ),
  doing("Resume the queue", () => void asked("queue/resume", {}, "The queue goes on.")),
  doing("Reload all code locations", () => void asked("locations/reload", { name: null }, "Reloading all")),
  doing("Copy the address of this page", () => void navigator.clipboard.writeText(location.href)),
];

/** Search over everything, and the way to go anywhere by keys alone. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const [entered, setEntered] = useState(false);
  const wanted = useDeferredValue(text.trim());
  const listId = useId();
  const navigate = useNavigate();
  const { data, isFetching, isPlaceholderData } = useRead<SearchResult>(
    "query",
    "search",
    { text: wanted, limit: 24 },
    {
      enabled: wanted !== "",
      keep: true,
    },
  );
  const hits: readonly Entry[] =
    wanted === "" ? START : [...(data?.items ?? []), ...actionsFor(wanted), ...filterActions(wanted)];
  const go = (hit: Entry) => {
    onClose();
    if (hit.run) return hit.run();
    void navigate(readAddress(hit.url));
  };
  // Who types and presses Enter at once means what the whole text finds, not what stands there for its beginning.
  const isCurrent = wanted === text.trim() && (!isFetching || (data !== undefined && !isPlaceholderData));
  useEffect(() => {
    if (!entered || !isCurrent) return;
    setEntered(false);
    const hit = hits[active];
    if (hit) go(hit);
  });
  return (
    <Base.Root open onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className="popup fixed top-[14vh] left-1/2 w-[620px] max-w-[calc(100vw-32px)] -translate-x-1/2 overflow-hidden">
          <Base.Title className="visually-hidden">Search and go</Base.Title>
          <div className="flex items-center gap-2.5 border-line border-b px-4">
            <Icon name="search" className="text-faint" />
            <input
              // biome-ignore lint/a11y/noAutofocus: the palette is opened to type in it
              autoFocus
              role="combobox"
              aria-label="Search"
              aria-expanded={hits.length > 0}
              aria-controls={listId}
              aria-activedescendant={`${listId}-${active}`}
              autoComplete="off"
              spellCheck={false}
              placeholder="Assets, jobs, ops, tags, owners, run ids, actions"
              className="h-11 flex-1 bg-transparent text-lg outline-none"
              value={text}
              onChange={(event) => {
                setText(event.target.value);
                setActive(0);
                setEntered(false);
              }}
              onKeyDown={(event) => {
                if (event.key === "ArrowDown") setActive((active + 1) % Math.max(1, hits.length));
                else if (event.key === "ArrowUp")
                  setActive((active - 1 + hits.length) % Math.max(1, hits.length));
                else if (event.key === "Enter") setEntered(true);
                else return;
                event.preventDefault();
              }}
            />
          </div>
          <ul id={listId} role="listbox" className="max-h-[52vh] overflow-auto p-1.5" aria-label="Results">
            {hits.map((hit, index) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled by the combobox
              <li
                key={`${hit.kind}:${hit.url}`}
                id={`${listId}-${index}`}
                role="option"
                aria-selected={index === active}
                ref={index === active ? (node) => node?.scrollIntoView({ block: "nearest" }) : undefined}
                className="menu-item min-h-8"
                onMouseMove={() => setActive(index)}
                onClick={() => go(hit)}
              >
                {hit.kind === "tag" ? (
                  <span className="grid w-4 place-items-center">
                    <HueDot tagKey={hit.label.split("=")[0] ?? ""} />
                  </span>
                ) : (
                  <Icon name={ICONS[hit.kind]} size={15} className="text-faint" />
                )}
                <span className="min-w-0 truncate">{hit.label}</span>
                {hit.detail && (
                  <span className="min-w-0 flex-1 truncate text-faint text-sm">{hit.detail}</span>
                )}
                {!hit.detail && <span className="flex-1" />}
                {hit.count !== null && <span className="count">{hit.count.toLocaleString()}</span>}
                <span className="text-faint text-xs">{hit.kind}</span>
              </li>
            ))}
            {wanted !== "" && hits.length === 0 && !isFetching && (
              <li className="p-4 text-center text-soft">Nothing is called “{wanted}”.</li>
            )}
          </ul>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** Actions whose words begin with all that is typed. */
function actionsFor(text: string): Entry[] {
  const parts = text.toLowerCase().split(/\s+/);
  return ACTIONS.filter(({ label }) => {
    const words = label.toLowerCase().split(" ");
    return parts.every((part) => words.some((word) => word.startsWith(part)));
  });
}

/** Any text can at least be put into a filter. */
function filterActions(text: string): SearchHit[] {
  return (["assets", "runs", "jobs"] as const).map((list) => ({
    kind: "action",
    label: `Filter ${list} by “${text}”`,
    detail: null,
    url: `${list}?q=${encodeURIComponent(text)}`,
    count: null,
  }));
}
