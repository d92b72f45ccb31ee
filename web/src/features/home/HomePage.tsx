import { Link } from "@tanstack/react-router";
import { usePages, useRead } from "@/api/queries";
import type { RunCounts, RunRow, Status as StatusCounts } from "@/api/types";
import { addTerm } from "@/model/query";
import type { Tone } from "@/model/status";
import { ByMenu } from "@/ui/ByMenu";
import { type Column, DataTable } from "@/ui/DataTable";
import { FilterBar } from "@/ui/FilterBar";
import { NoAssets } from "@/ui/NoAssets";
import { PageHead, Panel } from "@/ui/Panel";
import { Choice, RunLink } from "@/ui/parts";
import { RunNews, RunSubject } from "@/ui/run-cells";
import { Status as StatusFace, StatusShape } from "@/ui/Status";
import { TagChip } from "@/ui/TagChip";
import { Ago } from "@/ui/Time";
import { Timeline } from "@/ui/Timeline";
import { useUrl } from "@/ui/url";

const RANGES = ["1h", "6h", "12h", "24h", "7d"].map((value) => ({ value, label: value }));

/** What ran, runs and will run; what broke, with its first line. */
export default function HomePage() {
  const [search, setSearch] = useUrl();
  const q = search.q ?? "";
  const by = search.by ?? "job";
  const range = search.range ?? "24h";
  const since = /^\d+[smhdw]$/.test(range) ? range : "24h";
  const status = useRead<StatusCounts>("run", "status").data;
  if (status && status.assets + status.jobs === 0)
    return <NoAssets title="Earmark is running; it has no definitions yet" />;
  return (
    <>
      <PageHead
        title="Home"
        actions={
          <>
            <ByMenu
              label="Rows by"
              value={by}
              words={[
                { value: "job", label: "Job" },
                { value: "automation", label: "Automation" },
              ]}
              onChange={(next) => setSearch({ by: next })}
            />
            <Choice
              label="Range"
              value={range}
              options={RANGES}
              onChange={(next) => setSearch({ range: next })}
            />
          </>
        }
      >
        <FilterBar
          scope="runs"
          q={q}
          onChange={(next) => setSearch({ q: next })}
          placeholder="tag:team=growth"
        />
      </PageHead>
      <div className="flex min-h-0 flex-1 flex-col gap-3 p-3">
        <Figures q={q} since={since} />
        <div className="flex min-h-0 flex-1 gap-3">
          <div className="flex min-h-0 min-w-0 flex-1 flex-col gap-3">
            <Panel className="min-h-40 flex-initial" bodyClass="overflow-auto">
              <Timeline q={q} by={by} range={range} onRange={(next) => setSearch({ range: next })} />
            </Panel>
            <Now q={q} />
          </div>
          <Failures q={q} since={since} />
        </div>
      </div>
    </>
  );
}

function Figures({ q, since }: { q: string; since: string }) {
  const inRange = addTerm(q, `created:>-${since}`);
  const { data } = useRead<RunCounts>("run", "runs/counts", { q: inRange }, { keep: true });
  const now = useRead<RunCounts>("run", "runs/counts", { q }, { keep: true }).data;
  const figures: { label: string; count: number | undefined; q: string; tone: Tone }[] = [
    { label: `failed, ${since}`, count: data?.failed, q: addTerm(inRange, "status:failed"), tone: "bad" },
    {
      label: `succeeded, ${since}`,
      count: data?.succeeded,
      q: addTerm(inRange, "status:succeeded"),
      tone: "good",
    },
    { label: "running now", count: now?.running, q: addTerm(q, "status:starting,running"), tone: "run" },
    { label: "waiting now", count: now?.queued, q: addTerm(q, "status:queued"), tone: "wait" },
  ];
  return (
    <ul className="grid flex-none grid-cols-4 gap-3">
      {figures.map((figure) => (
        <li key={figure.label}>
          <Link
            to="/runs"
            search={{ q: figure.q }}
            className="panel flex items-baseline gap-2.5 px-4 py-2.5 hover:bg-hover"
          >
            <span className="self-center">
              <StatusShape tone={figure.tone} size={16} />
            </span>
            <span className="font-semibold text-[22px] text-ink leading-7">
              {figure.count?.toLocaleString() ?? "…"}
            </span>
            <span className="text-soft">{figure.label}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** What runs, and what waits and why: the newest first. */
function Now({ q }: { q: string }) {
  const going = addTerm(q, "status:queued,starting,running,canceling");
  const pages = usePages<RunRow>("run", "runs", { q: going, sort: "-created_at", limit: 50 });
  return (
    <Panel
      className={pages.items.length > 0 || pages.isLoading ? "min-h-40 flex-1" : "flex-none"}
      title="Running and waiting"
      aside={
        pages.total > 0 && (
          <Link to="/runs" search={{ q: going }} className="link text-accent">
            All {pages.total.toLocaleString()}
          </Link>
        )
      }
      bodyClass="flex flex-col"
    >
      <DataTable
        label="Runs that run or wait"
        columns={NOW}
        pages={pages}
        idOf={(run) => run.id}
        empty={<p className="p-4 text-center text-faint">Nothing runs and nothing waits.</p>}
      />
    </Panel>
  );
}

const NOW: Column<RunRow>[] = [
  { id: "status", label: "Status", width: "104px", cell: (run) => <StatusFace status={run.status} /> },
  { id: "run", label: "Run", width: "80px", cell: (run) => <RunLink id={run.id} /> },
  {
    id: "what",
    label: "Job or assets",
    width: "minmax(130px, 1fr)",
    cell: (run) => <RunSubject run={run} />,
  },
  {
    id: "news",
    label: "Why, tags",
    width: "minmax(220px, 2fr)",
    cell: (run, room) => <RunNews run={run} room={room} />,
  },
  {
    id: "since",
    label: "Since",
    width: "86px",
    isEnd: true,
    cell: (run) => <Ago at={run.started_at ?? run.created_at} />,
  },
];

function Failures({ q, since }: { q: string; since: string }) {
  const failed = addTerm(addTerm(q, `created:>-${since}`), "status:failed");
  const pages = usePages<RunRow>("run", "runs", { q: failed, sort: "-created_at", limit: 20 });
  return (
    <Panel
      className="min-h-0 w-[340px] flex-none"
      title="Failures"
      aside={
        <Link to="/runs" search={{ q: failed }} className="link text-accent">
          All {pages.total.toLocaleString()}
        </Link>
      }
      bodyClass="overflow-auto"
    >
      {pages.items.length === 0 && !pages.isLoading && (
        <p className="p-4 text-center text-faint">Nothing failed in the last {since}.</p>
      )}
      <ul>
        {pages.items.map((run) => (
          <li
            key={run.id}
            className="flex flex-col gap-0.5 border-line border-b px-3 py-2 last:border-b-0 hover:bg-hover"
          >
            <div className="flex items-center gap-2">
              <StatusShape tone="bad" size={13} />
              <Link
                to="/runs/$id"
                params={{ id: run.id }}
                className="link min-w-0 flex-1 truncate font-medium"
              >
                {run.job ?? run.assets[0]}
              </Link>
              {run.tags.team !== undefined && <TagChip tagKey="team" value={run.tags.team} />}
            </div>
            <div className="flex items-center gap-2 pl-[21px]">
              <span className="line-clamp-2 min-w-0 flex-1 text-bad-ink text-sm" title={run.failure?.message}>
                {run.failure?.step && `${run.failure.step}: `}
                {run.failure?.message}
              </span>
            </div>
            <div className="flex gap-2 pl-[21px] text-faint text-sm">
              <RunLink id={run.id} />
              <span className="flex-1" />
              <Ago at={run.created_at} />
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
