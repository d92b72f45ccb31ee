import { Link, useParams } from "@tanstack/react-router";
import { useRead } from "@/api/queries";
import type { AssetRow, Insights, JobRow, OpRow, Page, RunRow } from "@/api/types";
import { termText } from "@/model/query";
import { duration } from "@/model/time";
import { useNow } from "@/ui/clock";
import { PageHead, Panel } from "@/ui/Panel";
import { AssetLink, Facts, RunLink, Sparks } from "@/ui/parts";
import { Status } from "@/ui/Status";
import { StaticChip } from "@/ui/TagChip";
import { Ago, Took } from "@/ui/Time";

/** Everything that carries one tag, on one page. */
export default function TagValuePage() {
  const { key, value: shown } = useParams({ strict: false }) as { key: string; value: string };
  const value = shown === "∅" ? "" : shown;
  const q = value === "" ? `tag:${key}=""` : termText(`tag:${key}`, [value]);
  const now = Math.ceil(useNow() / 60e6) * 60e6;
  const runs = useRead<Page<RunRow>>("run", "runs", { q, limit: 12 }).data;
  const assets = useRead<Page<AssetRow>>("asset", "assets", { q, limit: 14 }).data;
  const jobs = useRead<Page<JobRow>>("job", "jobs", { q, limit: 10 }).data;
  const ops = useRead<Page<OpRow>>("job", "ops", { q, limit: 10 }).data;
  const week = useRead<Insights>("run", "insights", {
    q,
    by: "job",
    from: now - 604800e6,
    to: now,
    buckets: 7,
  }).data?.totals;
  return (
    <>
      <PageHead
        title={
          <span className="flex items-center gap-3">
            <Link to="/tags/$key" params={{ key }} className="link font-normal text-faint">
              {key}
            </Link>
            <StaticChip tagKey={key} value={value} />
          </span>
        }
        actions={
          <>
            <Link to="/launch" search={{ select: q }} className="btn">
              Materialize its assets…
            </Link>
            <Link to="/runs" search={{ q, view: "insights" }} className="btn">
              Insights
            </Link>
          </>
        }
      />
      <div className="grid min-h-0 flex-1 grid-cols-2 content-start gap-3 overflow-auto p-3">
        <Panel className="col-span-2" bodyClass="p-4">
          <Facts
            facts={[
              ["Runs, 7 days", week?.runs.toLocaleString() ?? "…"],
              ["Failed", week?.failed.toLocaleString() ?? "…"],
              [
                "Failure rate",
                week?.failure_rate == null ? "–" : `${(week.failure_rate * 100).toFixed(1)} %`,
              ],
              ["Time in queue, p50", duration(week?.queue_p50 ?? null)],
              ["Duration, p50", duration(week?.duration_p50 ?? null)],
              ["Run time in all", duration(week?.duration_total ?? null)],
            ]}
          />
        </Panel>
        <Part title="Runs" to="/runs" q={q} total={runs?.total}>
          {runs?.items.map((run) => (
            <li
              key={run.id}
              className="flex h-8 items-center gap-3 border-line border-b px-3 last:border-b-0"
            >
              <span className="flex w-24">
                <Status status={run.status} />
              </span>
              <RunLink id={run.id} />
              <span className="min-w-0 flex-1 truncate">{run.job ?? "assets"}</span>
              <span className="text-faint">
                <Took from={run.started_at} to={run.ended_at} seconds={run.duration} />
              </span>
              <span className="w-20 text-right text-faint">
                <Ago at={run.created_at} />
              </span>
            </li>
          ))}
        </Part>
        <Part title="Assets" to="/assets" q={q} total={assets?.total}>
          {assets?.items.map((row) => (
            <li
              key={row.key}
              className="flex h-8 items-center gap-3 border-line border-b px-3 last:border-b-0"
            >
              <Status status={row.status} bare />
              <AssetLink assetKey={row.key} className="flex-1" />
              <span className="text-faint">
                <Ago at={row.materialized_at} none="never" />
              </span>
            </li>
          ))}
        </Part>
        <Part title="Jobs" to="/jobs" q={q} total={jobs?.total}>
          {jobs?.items.map((job) => (
            <li
              key={job.name}
              className="flex h-8 items-center gap-3 border-line border-b px-3 last:border-b-0"
            >
              <Link
                to="/jobs/$name"
                params={{ name: job.name }}
                className="link min-w-0 flex-1 truncate font-medium"
              >
                {job.name}
              </Link>
              <Sparks runs={job.recent} />
            </li>
          ))}
        </Part>
        <Part title="Ops" to={null} q={q} total={ops?.total}>
          {ops?.items.map((op) => (
            <li
              key={`${op.job}/${op.name}`}
              className="flex h-8 items-center gap-3 border-line border-b px-3 last:border-b-0"
            >
              <Link
                to="/jobs/$name"
                params={{ name: op.job }}
                search={{ tab: "ops", select: op.name }}
                className="link font-mono text-[12.5px]"
              >
                {op.name}
              </Link>
              <span className="text-faint">{op.job}</span>
            </li>
          ))}
        </Part>
      </div>
    </>
  );
}

function Part({
  title,
  to,
  q,
  total,
  children,
}: {
  title: string;
  to: "/runs" | "/assets" | "/jobs" | null;
  q: string;
  total: number | undefined;
  children: React.ReactNode;
}) {
  return (
    <Panel
      className="self-start"
      title={
        <>
          {title} {total !== undefined && <span className="count">{total.toLocaleString()}</span>}
        </>
      }
      aside={
        to &&
        total !== undefined &&
        total > 0 && (
          <Link to={to} search={{ q }} className="link text-accent">
            All
          </Link>
        )
      }
    >
      {total === 0 ? <p className="p-3 text-faint">None.</p> : <ul>{children}</ul>}
    </Panel>
  );
}
