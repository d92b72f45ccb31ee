import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { usePages, useRead } from "@/api/queries";
import type { AutomationDetail, TickDetail, TickRow } from "@/api/types";
import { termText } from "@/model/query";
import { type Column, DataTable } from "@/ui/DataTable";
import { Icon } from "@/ui/Icon";
import { Empty, Failure, Loading, PageHead } from "@/ui/Panel";
import { Facts, RunLink, Switch } from "@/ui/parts";
import { Status } from "@/ui/Status";
import { TagChip } from "@/ui/TagChip";
import { Origin } from "@/ui/TagEditor";
import { Ago } from "@/ui/Time";
import { useUrl } from "@/ui/url";
import { PreviewDialog } from "./PreviewDialog";
import { switchTo } from "./switching";
import { TickBody } from "./TickBody";

const COLUMNS: Column<TickRow>[] = [
  { id: "status", label: "Result", width: "120px", cell: (tick) => <Status status={tick.status} /> },
  { id: "at", label: "When", width: "120px", cell: (tick) => <Ago at={tick.at} /> },
  {
    id: "runs",
    label: "Runs",
    width: "minmax(120px, 0.6fr)",
    cell: (tick) => tick.run_ids.slice(0, 4).map((id) => <RunLink key={id} id={id} />),
  },
  {
    id: "why",
    label: "Why",
    width: "minmax(240px, 1.6fr)",
    cell: (tick) => (
      <span className={`truncate ${tick.error || tick.refused > 0 ? "text-bad-ink" : "text-soft"}`}>
        {whyOf(tick)}
      </span>
    ),
  },
];

function whyOf(tick: TickRow): string | null {
  if (tick.error) return `${tick.error.kind}: ${tick.error.message}`;
  if (tick.refused > 0) return `${tick.refused} of ${tick.requested} runs refused`;
  return tick.skip_reason;
}

export default function AutomationDetailPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const [search, setSearch] = useUrl();
  const { data: row, error } = useRead<AutomationDetail>("automation", "automation/one", { name });
  const pages = usePages<TickRow>("tick", "ticks", { q: termText("name", [name]) });
  const [isPreviewing, setPreviewing] = useState(false);
  if (error) return <Failure error={error} />;
  if (!row) return <Loading rows={12} />;
  return (
    <>
      <PageHead
        title={row.name}
        actions={
          <button type="button" className="btn" onClick={() => setPreviewing(true)}>
            <Icon name="eye" size={14} /> Preview a tick…
          </button>
        }
      >
        <Switch
          isOn={row.is_running}
          label={`${row.name} is on`}
          onChange={(on) => void switchTo([row], on)}
        />
        <span className="text-soft">{row.is_running ? "on" : "off"}</span>
      </PageHead>
      <div className="flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col bg-surface">
          <DataTable
            label="Ticks"
            columns={COLUMNS}
            pages={pages}
            idOf={(tick) => tick.id}
            onOpen={(tick) => setSearch({ tick: tick.id })}
            empty={
              <Empty title="No ticks yet">
                {!row.is_running ? (
                  "Turn it on, or preview what a tick would do."
                ) : row.next_at === null ? (
                  "The first will appear here."
                ) : (
                  <>
                    The first comes <Ago at={row.next_at} />.
                  </>
                )}
              </Empty>
            }
          />
          {search.tick && (
            <TickPanel id={search.tick} onClose={() => setSearch({ tick: undefined } as never)} />
          )}
        </div>
        <Rail row={row} />
      </div>
      {isPreviewing && <PreviewDialog row={row} onClose={() => setPreviewing(false)} />}
    </>
  );
}

function TickPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const { data, error } = useRead<TickDetail>("tick", `ticks/${id}`);
  return (
    <section aria-label="Tick" className="max-h-[46%] flex-none overflow-auto border-line border-t">
      <div className="sticky top-0 flex h-9 items-center gap-2 border-line border-b bg-surface px-3">
        <h2 className="flex-1 font-semibold">Tick {data && <Ago at={data.at} />}</h2>
        <button
          type="button"
          className="btn btn-quiet btn-small btn-icon"
          aria-label="Close the tick"
          onClick={onClose}
        >
          <Icon name="close" size={13} />
        </button>
      </div>
      <div className="p-3">
        {error ? <Failure error={error} /> : data ? <TickBody tick={data} /> : <Loading rows={3} />}
      </div>
    </section>
  );
}

function Rail({ row }: { row: AutomationDetail }) {
  return (
    <aside aria-label="About it" className="w-80 flex-none overflow-y-auto border-line border-l bg-surface">
      {row.description && <p className="border-line border-b px-4 py-3 text-soft">{row.description}</p>}
      <section className="border-line border-b px-4 py-3">
        <h2 className="label pb-1.5">When</h2>
        <Facts
          facts={[
            ["Kind", row.kind],
            ["Rhythm", `${row.rhythm_words}${row.timezone ? `, ${row.timezone}` : ""}`],
            ["Next", <Ago key="n" at={row.next_at} />],
            ["Location", row.location],
            ...(row.cursor
              ? ([
                  [
                    "Cursor",
                    <code key="c" className="break-all font-mono text-[12px]">
                      {row.cursor}
                    </code>,
                  ],
                ] as [string, React.ReactNode][])
              : []),
          ]}
        />
      </section>
      <section className="border-line border-b px-4 py-3">
        <h2 className="label pb-1.5">Starts</h2>
        {row.targets.map((name) => (
          <Link key={name} to="/jobs/$name" params={{ name }} className="link block">
            {name}
          </Link>
        ))}
      </section>
      <section className="px-4 py-3">
        <h2 className="label pb-1.5">Tags</h2>
        {row.tag_rows.length === 0 && <p className="text-faint">None.</p>}
        <div className="flex flex-col gap-1">
          {row.tag_rows.map((tag) => (
            <div key={tag.key} className="flex min-w-0 items-center gap-2">
              <TagChip tagKey={tag.key} value={tag.value} />
              <Origin tag={tag} />
            </div>
          ))}
        </div>
      </section>
    </aside>
  );
}
