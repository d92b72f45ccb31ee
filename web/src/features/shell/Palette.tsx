import { Dialog as Base } from "@base-ui/react/dialog";
import { useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useId, useState } from "react";
import { useRead } from "@/api/queries";
import type { SearchHit, SearchResult } from "@/api/types";
import { Icon, type IconName } from "@/ui/Icon";
import { HueDot } from "@/ui/TagChip";

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

const START: SearchHit[] = [
  {
    kind: "action",
    label: "Failed runs of the last day",
    detail: null,
    url: "runs?q=status:failed created:>-24h",
    count: null,
  },
  { kind: "action", label: "Runs that wait", detail: null, url: "runs?q=status:queued", count: null },
  {
    kind: "action",
    label: "Insights by team",
    detail: null,
    url: "runs?view=insights&by=tag:team",
    count: null,
  },
  { kind: "action", label: "Lineage", detail: null, url: "assets?view=graph", count: null },
  { kind: "action", label: "Limits", detail: null, url: "deployment/concurrency", count: null },
  { kind: "action", label: "Launch assets", detail: null, url: "launch", count: null },
];

/** Search over everything, and the way to go anywhere by keys alone. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const asked = useDeferredValue(text.trim());
  const listId = useId();
  const navigate = useNavigate();
  const { data, isFetching } = useRead<SearchResult>(
    "query",
    "search",
    { text: asked, limit: 24 },
    {
      enabled: asked !== "",
      keep: true,
    },
  );
  const hits = asked === "" ? START : [...(data?.items ?? []), ...filterActions(asked)];
  const go = (hit: SearchHit) => {
    const [path, search] = hit.url.split("?");
    onClose();
    void navigate({
      to: `/${path}`,
      search: Object.fromEntries(new URLSearchParams((search ?? "").replaceAll(":>", "%3A%3E"))),
    });
  };
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
              }}
              onKeyDown={(event) => {
                if (event.key === "ArrowDown") setActive((active + 1) % Math.max(1, hits.length));
                else if (event.key === "ArrowUp")
                  setActive((active - 1 + hits.length) % Math.max(1, hits.length));
                else if (event.key === "Enter") {
                  const hit = hits[active];
                  if (hit) go(hit);
                } else return;
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
            {asked !== "" && hits.length === 0 && !isFetching && (
              <li className="p-4 text-center text-soft">Nothing is called “{asked}”.</li>
            )}
          </ul>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
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
