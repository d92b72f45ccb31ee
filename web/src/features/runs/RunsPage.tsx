import { Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { live, useNewRuns } from "@/api/live";
import { usePages, useRead } from "@/api/queries";
import type { RunCounts, RunRow } from "@/api/types";
import { fieldText, selectedValues, setField } from "@/model/query";
import { ColumnMenu } from "@/ui/ColumnMenu";
import { DataTable } from "@/ui/DataTable";
import { Icon } from "@/ui/Icon";
import { ListPage, useTagColumns } from "@/ui/ListPage";
import { NoMatch } from "@/ui/NoMatch";
import { Empty, Loading, Snippet } from "@/ui/Panel";
import { Choice } from "@/ui/parts";
import { useUrl } from "@/ui/url";
import { BulkBar } from "./BulkBar";
import { runColumns } from "./columns";

const Costs = lazy(() => import("./Costs"));
const Insights = lazy(() => import("./Insights"));
const RunTimeline = lazy(() => import("./RunTimeline"));
const Backfills = lazy(() => import("./Backfills"));

const VIEWS = [
  {
    value: "list",
    label: (
      <>
        <Icon name="table" size={14} /> List
      </>
    ),
  },
  {
    value: "timeline",
    label: (
      <>
        <Icon name="timeline" size={14} /> Timeline
      </>
    ),
  },
  {
    value: "insights",
    label: (
      <>
        <Icon name="chart" size={14} /> Insights
      </>
    ),
  },
  {
    value: "costs",
    label: (
      <>
        <Icon name="tags" size={14} /> Costs
      </>
    ),
  },
] as const;

export default function RunsPage() {
  const [search, setSearch] = useUrl();
  const q = search.q ?? "";
  const view = VIEWS.find((each) => each.value === search.view)?.value ?? "list";
  const columns = useTagColumns("columnsRuns");
  const isBackfills = search.tab === "backfills";
  return (
    <ListPage
      title="Runs"
      scope={isBackfills ? "backfills" : "runs"}
      placeholder={
        isBackfills ? "status:running tag:reason=fix" : "status:failed tag:team=growth created:>-24h"
      }
      addColumn={columns.add}
      filterAside={<Since q={q} onChange={(next) => setSearch({ q: next })} />}
      actions={
        <>
          <Choice label="View" value={view} options={VIEWS} onChange={(next) => setSearch({ view: next })} />
          {view === "list" && <ColumnMenu {...columns} />}
          <Link to="/launch" className="btn btn-primary">
            <Icon name="plus" size={14} /> Launch
          </Link>
        </>
      }
      toolbar={<Tabs q={isBackfills ? "" : q} />}
    >
      <Suspense fallback={<Loading />}>
        {isBackfills ? (
          <Backfills q={q} />
        ) : view === "insights" ? (
          <Insights />
        ) : view === "costs" ? (
          <Costs />
        ) : view === "timeline" ? (
          <RunTimeline />
        ) : (
          <RunList q={q} tagKeys={columns.keys} />
        )}
      </Suspense>
    </ListPage>
  );
}

const TABS = [
  { words: null, label: "All", count: "all" },
  { words: "queued", label: "Queued", count: "queued" },
  { words: "starting,running", label: "Running", count: "running" },
  { words: "failed", label: "Failed", count: "failed" },
  { words: "succeeded", label: "Succeeded", count: "succeeded" },
  { words: "canceled", label: "Canceled", count: "canceled" },
] as const satisfies readonly { words: string | null; label: string; count: keyof RunCounts }[];

/** The states as tabs; a tab only sets the `status` term of the query. */
function Tabs({ q }: { q: string }) {
  const [search, setSearch] = useUrl();
  const { data: counts } = useRead<RunCounts>("run", "runs/counts", { q }, { keep: true });
  const chosen = selectedValues(q, "status").join(",");
  const isBackfills = search.tab === "backfills";
  return (
    <div
      className="flex flex-none items-center border-line border-b bg-surface px-4"
      data-tabs
      role="tablist"
      aria-label="Status"
    >
      {TABS.map((tab) => {
        const isHere = !isBackfills && chosen === (tab.words ?? "");
        return (
          <button
            key={tab.label}
            type="button"
            role="tab"
            aria-selected={isHere}
            className="tab"
            onClick={() =>
              setSearch({
                q: setField(q, "status", tab.words ? `status:${tab.words}` : null) || undefined,
                tab: undefined,
              } as never)
            }
          >
            {tab.label}
            {counts && <span className="count">{counts[tab.count].toLocaleString()}</span>}
          </button>
        );
      })}
      <button
        type="button"
        role="tab"
        aria-selected={isBackfills}
        className="tab"
        onClick={() => setSearch({ q: undefined, tab: "backfills" } as never)}
      >
        Backfills
        {counts && <span className="count">{counts.backfills.toLocaleString()}</span>}
      </button>
    </div>
  );
}

const SINCE = ["1h", "24h", "7d", "30d"];
function Since({ q, onChange }: { q: string; onChange: (q: string) => void }) {
  const chosen = fieldText(q, "created");
  return (
    <fieldset className="flex gap-1" aria-label="Created within">
      {SINCE.map((since) => {
        const isHere = chosen === `>-${since}`;
        return (
          <button
            key={since}
            type="button"
            className="btn btn-small"
            aria-pressed={isHere}
            onClick={() => onChange(setField(q, "created", isHere ? null : `created:>-${since}`))}
          >
            {since}
          </button>
        );
      })}
    </fieldset>
  );
}

function RunList({ q, tagKeys }: { q: string; tagKeys: readonly string[] }) {
  const [search, setSearch] = useUrl();
  const navigate = useNavigate();
  const sort = search.sort ?? "-created_at";
  const pages = usePages<RunRow>("run", "runs", { q, sort, limit: 60 });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [order, setOrder] = useState<"cancel" | "retry" | "tag" | null>(null);
  const columns = useMemo(() => runColumns(tagKeys), [tagKeys]);
  const newRuns = useNewRuns();
  const open = (run: RunRow) => void navigate({ to: "/runs/$id", params: { id: run.id } });
  const onKey = (key: string, run: RunRow) => {
    const wanted = ({ c: "cancel", r: "retry", e: "tag" } as const)[key];
    if (!wanted) return false;
    if (selected.size === 0) setSelected(new Set([run.id]));
    setOrder(wanted);
    return true;
  };
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      {newRuns > 0 && (
        <button
          type="button"
          className="btn btn-primary btn-small absolute top-9 left-1/2 z-10 -translate-x-1/2 rounded-full shadow"
          onClick={() => live.showNewRuns()}
        >
          {newRuns} new
        </button>
      )}
      <DataTable
        label="Runs"
        columns={columns}
        pages={pages}
        idOf={(run) => run.id}
        onOpen={open}
        onKey={onKey}
        sort={sort}
        onSort={(next) => setSearch({ sort: next })}
        selection={{ ids: selected, set: setSelected }}
        empty={
          q ? (
            <NoMatch scope="runs" q={q} what="runs" onChange={(next) => setSearch({ q: next })} />
          ) : (
            <NoRuns />
          )
        }
      />
      <BulkBar
        q={q}
        total={pages.total}
        loaded={pages.items.length}
        selected={selected}
        onClear={() => setSelected(new Set())}
        order={order}
        onOrder={setOrder}
      />
    </div>
  );
}

function NoRuns() {
  return (
    <Empty title="Nothing has run yet">
      <p>Launch a job from its page, or materialize assets by a tag from the command line:</p>
      <Snippet text={'earmark asset materialize --select "tag:domain=marketing" --tags reason=first'} />
    </Empty>
  );
}
