import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { usePages, useRead } from "@/api/queries";
import type { JobDetail, JobGraph, RunRow } from "@/api/types";
import { termText } from "@/model/query";
import { duration } from "@/model/time";
import { Conditions } from "@/ui/Conditions";
import { type Column, DataTable } from "@/ui/DataTable";
import { Icon } from "@/ui/Icon";
import { Boundary, Empty, Failure, Loading, PageHead } from "@/ui/Panel";
import { AssetLink, Facts, RunLink, Sparks } from "@/ui/parts";
import { Status } from "@/ui/Status";
import { StaticChip, TagChip, TagLine } from "@/ui/TagChip";
import { Origin } from "@/ui/TagEditor";
import { Ago, Took } from "@/ui/Time";
import { useUrl } from "@/ui/url";

const OpGraph = lazy(() => import("@/ui/graph/OpGraph"));
const TABS = ["graph", "ops", "runs", "automation", "assets"] as const;

export default function JobPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const [search, setSearch] = useUrl();
  const { data: job, error, refetch } = useRead<JobDetail>("job", "job", { name });
  const navigate = useNavigate();
  if (error) return <Failure error={error} onRetry={() => void refetch()} />;
  if (!job) return <Loading rows={14} />;
  const tabs = TABS.filter((each) => each !== "assets" || job.asset_keys.length > 0);
  const tab = tabs.find((each) => each === search.tab) ?? "graph";
  return (
    <>
      <PageHead
        title={job.name}
        actions={
          <button
            type="button"
            className="btn btn-primary"
            onClick={() => void navigate({ to: "/jobs/$name/launch", params: { name } })}
          >
            <Icon name="runs" size={14} /> Launch…
          </button>
        }
      >
        <Sparks runs={job.recent} />
      </PageHead>
      <div
        className="flex flex-none border-line border-b bg-surface px-4"
        role="tablist"
        aria-label="Parts of the job"
        data-tabs
      >
        {tabs.map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            aria-selected={each === tab}
            className="tab capitalize"
            onClick={() => setSearch({ tab: each })}
          >
            {each}
            {each === "ops" && <span className="count">{job.ops}</span>}
            {each === "assets" && <span className="count">{job.asset_keys.length}</span>}
          </button>
        ))}
      </div>
      <div className="flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col">
          <Boundary key={tab}>
            {(tab === "graph" || tab === "ops") && <Ops name={name} isTable={tab === "ops"} />}
            {tab === "runs" && <JobRuns name={name} />}
            {tab === "automation" && <Conditions kind="job" params={{ name }} automation={job.automation} />}
            {tab === "assets" && (
              <ul className="min-h-0 flex-1 overflow-auto bg-surface p-2">
                {job.asset_keys.map((key) => (
                  <li key={key} className="flex h-7 items-center px-2">
                    <AssetLink assetKey={key} />
                  </li>
                ))}
              </ul>
            )}
          </Boundary>
        </div>
        <JobRail job={job} />
      </div>
    </>
  );
}

function Ops({ name, isTable }: { name: string; isTable: boolean }) {
  const [search, setSearch] = useUrl();
  const { data, error } = useRead<JobGraph>("job", "jobs/graph", { name });
  if (error) return <Failure error={error} />;
  if (!data) return <Loading />;
  if (!isTable) {
    return (
      <Suspense fallback={<Loading />}>
        <OpGraph graph={data} selected={search.select ?? null} onSelect={(select) => setSearch({ select })} />
      </Suspense>
    );
  }
  return (
    <div className="min-h-0 flex-1 overflow-auto bg-surface">
      <table className="simple-table">
        <thead>
          <tr>
            <th scope="col">Op</th>
            <th scope="col">Tags</th>
            <th scope="col">Pool</th>
            <th scope="col" className="num">
              Retries
            </th>
            <th scope="col" className="num">
              Duration, p50
            </th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          {data.nodes.map((op) => (
            <tr key={op.name} className={op.name === search.select ? "bg-accent-tint" : ""}>
              <td className="font-mono text-[12.5px]">{op.name}</td>
              <td>
                <span className="flex gap-1">
                  {Object.entries(op.tags).map(([key, value]) => (
                    <StaticChip key={key} tagKey={key} value={value} />
                  ))}
                </span>
              </td>
              <td>{op.pool ?? "–"}</td>
              <td className="num">{op.retries || "–"}</td>
              <td className="num">{duration(op.p50)}</td>
              <td className="font-mono text-[12px] text-soft">
                {data.edges
                  .filter((edge) => edge.target === op.name)
                  .map((edge) => edge.source)
                  .join(", ") || "–"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const RUN_COLUMNS: Column<RunRow>[] = [
  { id: "status", label: "Status", width: "120px", cell: (run) => <Status status={run.status} /> },
  { id: "run", label: "Run", width: "92px", cell: (run) => <RunLink id={run.id} /> },
  { id: "partition", label: "Partition", width: "110px", cell: (run) => run.partition ?? "–" },
  {
    id: "tags",
    label: "Why, tags",
    width: "minmax(220px, 1fr)",
    cell: (run) =>
      run.failure ? (
        <span className="truncate text-bad-ink">{run.failure.message}</span>
      ) : (
        <TagLine tags={run.tags} most={4} />
      ),
  },
  { id: "created", label: "Created", width: "110px", cell: (run) => <Ago at={run.created_at} /> },
  {
    id: "took",
    label: "Duration",
    width: "90px",
    isEnd: true,
    cell: (run) => <Took from={run.started_at} to={run.ended_at} seconds={run.duration} />,
  },
];

function JobRuns({ name }: { name: string }) {
  const navigate = useNavigate();
  const pages = usePages<RunRow>("run", "runs", { q: termText("job", [name]), sort: "-created_at" });
  return (
    <div className="flex min-h-0 flex-1 flex-col bg-surface">
      <DataTable
        label="Runs of this job"
        columns={RUN_COLUMNS}
        pages={pages}
        idOf={(run) => run.id}
        onOpen={(run) => void navigate({ to: "/runs/$id", params: { id: run.id } })}
        empty={<Empty title="This job has not run yet" />}
      />
    </div>
  );
}

function JobRail({ job }: { job: JobDetail }) {
  return (
    <aside
      aria-label="About this job"
      className="w-80 flex-none overflow-y-auto border-line border-l bg-surface"
    >
      {job.description && <p className="border-line border-b px-4 py-3 text-soft">{job.description}</p>}
      <section className="border-line border-b px-4 py-3">
        <h2 className="label pb-1.5">Tags every run of it gets</h2>
        <div className="flex flex-col gap-1">
          {job.tag_rows.map((tag) => (
            <div key={tag.key} className="flex min-w-0 items-center gap-2">
              <TagChip tagKey={tag.key} value={tag.value} list="jobs" />
              <Origin tag={tag} />
            </div>
          ))}
        </div>
      </section>
      <section className="border-line border-b px-4 py-3">
        <h2 className="label pb-1.5">Runs</h2>
        <Facts
          facts={[
            ["Duration, p50", duration(job.p50)],
            ["Failure rate", job.failure_rate === null ? "–" : `${(job.failure_rate * 100).toFixed(1)} %`],
            ["Next run", <Ago key="n" at={job.next_at} none="none planned" />],
          ]}
        />
        <p className="flex gap-3 pt-2">
          <Link to="/runs" search={{ q: termText("job", [job.name]) }} className="link text-accent">
            All runs
          </Link>
          <Link
            to="/runs"
            search={{ q: termText("job", [job.name]), view: "insights" }}
            className="link text-accent"
          >
            Insights
          </Link>
        </p>
      </section>
      <section className="px-4 py-3">
        <h2 className="label pb-1.5">Definition</h2>
        <Facts
          facts={[
            ["Location", job.location],
            ...(job.selection
              ? ([
                  [
                    "Selection",
                    <code key="s" className="font-mono text-[12px]">
                      {job.selection}
                    </code>,
                  ],
                ] as [string, React.ReactNode][])
              : []),
            ["Resources", job.resources.map((each) => each.name).join(", ") || "–"],
            [
              "Started by",
              job.automation.length
                ? job.automation.map((name) => (
                    <Link key={name} to="/automation/$name" params={{ name }} className="link block">
                      {name}
                    </Link>
                  ))
                : "–",
            ],
          ]}
        />
      </section>
    </aside>
  );
}
