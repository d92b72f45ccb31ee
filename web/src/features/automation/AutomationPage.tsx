import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { type Pages, usePages } from "@/api/queries";
import type { AutomationRow } from "@/api/types";
import { look } from "@/model/status";
import { type Column, DataTable } from "@/ui/DataTable";
import { Icon } from "@/ui/Icon";
import { ListPage } from "@/ui/ListPage";
import { NoMatch } from "@/ui/NoMatch";
import { Empty, Snippet } from "@/ui/Panel";
import { Switch } from "@/ui/parts";
import { TagLine } from "@/ui/TagChip";
import { Ago } from "@/ui/Time";
import { toastError } from "@/ui/toasts";
import { useUrl } from "@/ui/url";
import { allMatching, switchTo } from "./switching";

const COLUMNS: Column<AutomationRow>[] = [
  {
    id: "on",
    label: "On",
    width: "52px",
    cell: (row) => (
      <Switch isOn={row.is_running} label={`${row.name} is on`} onChange={(on) => void switchTo([row], on)} />
    ),
  },
  {
    id: "name",
    label: "Name",
    width: "minmax(170px, 1fr)",
    cell: (row) => (
      <>
        <Icon
          name={row.kind === "schedule" ? "clock" : row.kind === "sensor" ? "eye" : "automation"}
          size={14}
          className="text-faint"
        />
        <Link to="/automation/$name" params={{ name: row.name }} className="link truncate font-medium">
          {row.name}
        </Link>
      </>
    ),
  },
  {
    id: "rhythm",
    label: "When",
    width: "minmax(150px, 0.9fr)",
    cell: (row) => (
      <span className="truncate text-soft" title={`${row.rhythm} ${row.timezone ?? ""}`}>
        {row.rhythm_words}
      </span>
    ),
  },
  {
    id: "ticks",
    label: "Last ticks",
    width: "124px",
    cell: (row) => (
      <span className="flex h-4 items-end gap-[2px]">
        {row.recent.map((tick) => {
          const { word, tone } = look(tick.status);
          return (
            <Link
              key={tick.id}
              to="/automation/$name"
              params={{ name: row.name }}
              search={{ tick: tick.id }}
              tabIndex={-1}
              title={`${word}${tick.runs ? `, ${tick.runs} runs` : ""}`}
              aria-label={`Tick: ${word}`}
              className={`tone-${tone} w-[6px] rounded-[2px]`}
              style={{
                height: tick.runs > 0 || tone === "bad" ? 15 : 7,
                background: tone === "skip" ? "var(--line-strong)" : "var(--tone)",
              }}
            />
          );
        })}
      </span>
    ),
  },
  {
    id: "last",
    label: "Last tick",
    width: "minmax(170px, 1.4fr)",
    cell: (row) => <LastTick row={row} />,
  },
  {
    id: "tags",
    label: "Tags",
    width: "minmax(150px, 0.9fr)",
    cell: (row, room) => <TagLine tags={row.tags} list="jobs" room={room} />,
  },
  { id: "runs", label: "Runs today", width: "80px", isEnd: true, cell: (row) => row.runs_today },
  { id: "next", label: "Next", width: "80px", cell: (row) => <Ago at={row.next_at} /> },
];

function LastTick({ row }: { row: AutomationRow }) {
  const last = row.recent.at(-1);
  const tick = row.last_tick;
  if (!last || !tick) return <span className="text-faint">never</span>;
  const { tone } = look(last.status);
  const text = tick.error
    ? `${tick.error.kind}: ${tick.error.message}`
    : (tick.skip_reason ?? `${last.runs} run${last.runs === 1 ? "" : "s"}`);
  return (
    <>
      <span className="flex-none text-faint">
        <Ago at={last.at} />
      </span>
      <span className={`truncate ${tone === "bad" ? "text-bad-ink" : "text-soft"}`} title={text}>
        {text}
      </span>
    </>
  );
}

export default function AutomationPage() {
  const [search, setSearch] = useUrl();
  const navigate = useNavigate();
  const q = search.q ?? "";
  const pages = usePages<AutomationRow>("automation", "automation", { q, limit: 100 });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const selection = useMemo(() => ({ ids: selected, set: setSelected }), [selected]);
  return (
    <ListPage
      title="Automation"
      scope="automation"
      placeholder="tag:team=growth type:sensor status:running"
      error={pages.error}
      head={<span className="text-faint">{pages.total.toLocaleString()}, failing first</span>}
    >
      <DataTable
        label="Schedules, sensors and conditions"
        columns={COLUMNS}
        pages={pages}
        idOf={(row) => row.name}
        selection={selection}
        onOpen={(row) => void navigate({ to: "/automation/$name", params: { name: row.name } })}
        empty={
          q ? (
            <NoMatch
              scope="automation"
              q={q}
              what="schedules or sensors"
              onChange={(next) => setSearch({ q: next })}
            />
          ) : (
            <Empty title="Nothing starts by itself yet">
              <Snippet
                text={`morning = em.ScheduleDefinition(
    job=marketing,
    cron_schedule="30 6 * * *",
    tags={"reason": "morning"},
)`}
              />
            </Empty>
          )
        }
      />
      {selected.size > 0 && (
        <BulkBar q={q} pages={pages} selected={selected} onClear={() => setSelected(new Set())} />
      )}
    </ListPage>
  );
}

/** Turns the selected rows on or off, or all that match the query. */
function BulkBar({
  q,
  pages,
  selected,
  onClear,
}: {
  q: string;
  pages: Pages<AutomationRow>;
  selected: ReadonlySet<string>;
  onClear: () => void;
}) {
  const [isAll, setAll] = useState(false);
  const turn = async (running: boolean) => {
    try {
      const rows = isAll ? await allMatching(q) : pages.items.filter((row) => selected.has(row.name));
      await switchTo(rows, running);
      onClear();
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <div
      className="flex h-11 flex-none items-center gap-2 border-line border-t bg-accent-tint px-4"
      role="toolbar"
      aria-label="Selected"
    >
      <span className="font-medium">{(isAll ? pages.total : selected.size).toLocaleString()} selected</span>
      {!isAll && pages.total > selected.size && (
        <button type="button" className="btn btn-small" onClick={() => setAll(true)}>
          Select all {pages.total.toLocaleString()} matching
        </button>
      )}
      <span className="flex-1" />
      <button type="button" className="btn btn-small" onClick={() => void turn(true)}>
        Turn on
      </button>
      <button type="button" className="btn btn-small" onClick={() => void turn(false)}>
        Turn off
      </button>
      <button type="button" className="btn btn-small btn-quiet" onClick={onClear}>
        Clear
      </button>
    </div>
  );
}
