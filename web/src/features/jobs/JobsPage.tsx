import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { usePages } from "@/api/queries";
import type { JobRow } from "@/api/types";
import { duration } from "@/model/time";
import { counted } from "@/model/words";
import { ColumnMenu } from "@/ui/ColumnMenu";
import { type Column, DataTable } from "@/ui/DataTable";
import { Icon } from "@/ui/Icon";
import { ListPage, useTagColumns } from "@/ui/ListPage";
import { NoMatch } from "@/ui/NoMatch";
import { Empty, Snippet } from "@/ui/Panel";
import { Sparks } from "@/ui/parts";
import { TagChip, TagLine } from "@/ui/TagChip";
import { Ago } from "@/ui/Time";
import { useUrl } from "@/ui/url";

function jobColumns(tagKeys: readonly string[]): Column<JobRow>[] {
  return [
    {
      id: "name",
      label: "Job",
      width: "minmax(190px, 1.1fr)",
      sort: "name",
      cell: (job) => (
        <>
          <Icon name={job.kind === "asset" ? "assets" : "jobs"} size={14} className="text-faint" />
          <Link to="/jobs/$name" params={{ name: job.name }} className="link truncate font-medium">
            {job.name}
          </Link>
        </>
      ),
    },
    { id: "recent", label: "Last runs", width: "118px", cell: (job) => <Sparks runs={job.recent} /> },
    ...tagKeys.map(
      (key): Column<JobRow> => ({
        id: `tag:${key}`,
        label: key,
        width: "minmax(110px, 0.5fr)",
        cell: (job) => {
          const value = job.tags[key];
          return value === undefined ? (
            <span className="text-faint">–</span>
          ) : (
            <TagChip tagKey={key} value={value} list="jobs" isBare />
          );
        },
      }),
    ),
    {
      id: "tags",
      label: "Tags",
      width: "minmax(180px, 1.1fr)",
      cell: (job, room) => <TagLine tags={job.tags} hidden={tagKeys} list="jobs" room={room} />,
    },
    {
      id: "size",
      label: "Holds",
      width: "84px",
      cell: (job) => (
        <span className="text-soft">
          {job.kind === "asset" ? counted(job.assets, "asset") : counted(job.ops, "op")}
        </span>
      ),
    },
    {
      id: "p50",
      label: "Duration, p50",
      width: "96px",
      sort: "p50",
      isEnd: true,
      cell: (job) => duration(job.p50),
    },
    {
      id: "fail",
      label: "Fails",
      width: "70px",
      sort: "failure_rate",
      isEnd: true,
      cell: (job) =>
        job.failure_rate ? (
          <span className={job.failure_rate > 0.1 ? "text-bad-ink" : ""}>
            {(job.failure_rate * 100).toFixed(0)} %
          </span>
        ) : (
          <span className="text-faint">–</span>
        ),
    },
    {
      id: "next",
      label: "Next run",
      width: "84px",
      sort: "next_at",
      cell: (job) => <Ago at={job.next_at} />,
    },
    {
      id: "launch",
      label: "",
      width: "90px",
      isEnd: true,
      cell: (job) => (
        <Link to="/jobs/$name/launch" params={{ name: job.name }} className="btn btn-small">
          Launch
        </Link>
      ),
    },
  ];
}

export default function JobsPage() {
  const [search, setSearch] = useUrl();
  const navigate = useNavigate();
  const q = search.q ?? "";
  const columns = useTagColumns("columnsJobs");
  const pages = usePages<JobRow>("job", "jobs", { q, sort: search.sort, limit: 100 });
  const shape = useMemo(() => jobColumns(columns.keys), [columns.keys]);
  return (
    <ListPage
      title="Jobs"
      scope="jobs"
      placeholder="tag:team=growth schedule:nightly"
      addColumn={columns.add}
      error={pages.error}
      head={<span className="text-faint">{pages.total.toLocaleString()}</span>}
      actions={<ColumnMenu {...columns} />}
    >
      <DataTable
        label="Jobs"
        columns={shape}
        pages={pages}
        idOf={(job) => `${job.location}/${job.name}`}
        onOpen={(job) => void navigate({ to: "/jobs/$name", params: { name: job.name } })}
        onKey={(key, job) => {
          if (key !== "l") return false;
          void navigate({ to: "/jobs/$name/launch", params: { name: job.name } });
          return true;
        }}
        sort={search.sort ?? "name"}
        onSort={(sort) => setSearch({ sort })}
        empty={
          q ? (
            <NoMatch scope="jobs" q={q} what="jobs" onChange={(next) => setSearch({ q: next })} />
          ) : (
            <Empty title="No jobs yet">
              <p>A job is a selection of assets, or a graph of ops, that runs together:</p>
              <Snippet
                text={`marketing = em.define_asset_job(
    "marketing",
    selection='tag:domain=marketing',
    tags={"team": "growth"},
)`}
              />
            </Empty>
          )
        }
      />
    </ListPage>
  );
}
