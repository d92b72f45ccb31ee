import { Link } from "@tanstack/react-router";
import type { RunRow } from "@/api/types";
import type { Column } from "@/ui/DataTable";
import { Icon } from "@/ui/Icon";
import { AssetLink, PartsBar, RunLink } from "@/ui/parts";
import { Status, StatusShape } from "@/ui/Status";
import { TagChip, TagLine } from "@/ui/TagChip";
import { Ago, Took } from "@/ui/Time";

/** The columns of the runs list, with one for each chosen tag key. */
export function runColumns(tagKeys: readonly string[]): Column<RunRow>[] {
  return [
    { id: "status", label: "Status", width: "104px", cell: (run) => <Status status={run.status} /> },
    { id: "run", label: "Run", width: "80px", cell: (run) => <RunLink id={run.id} /> },
    { id: "what", label: "Job or assets", width: "minmax(150px, 1fr)", cell: (run) => <What run={run} /> },
    ...tagKeys.map(
      (key): Column<RunRow> => ({
        id: `tag:${key}`,
        label: key,
        width: "minmax(86px, 0.35fr)",
        cell: (run) => {
          const value = run.tags[key];
          return value === undefined ? (
            <span className="text-faint">–</span>
          ) : (
            <TagChip tagKey={key} value={value} isBare />
          );
        },
      }),
    ),
    {
      id: "detail",
      label: "Why, tags",
      width: "minmax(280px, 2fr)",
      cell: (run) => <Detail run={run} shown={tagKeys} />,
    },
    { id: "source", label: "From", width: "minmax(70px, 0.5fr)", cell: (run) => <Source run={run} /> },
    {
      id: "created",
      label: "Created",
      width: "86px",
      sort: "created_at",
      cell: (run) => <Ago at={run.created_at} />,
    },
    {
      id: "duration",
      label: "Duration",
      width: "82px",
      sort: "duration",
      isEnd: true,
      cell: (run) => <Took from={run.started_at} to={run.ended_at} seconds={run.duration} />,
    },
  ];
}

function What({ run }: { run: RunRow }) {
  const priority = run.priority !== 0 && (
    <span className="count" title={`Priority ${run.priority}`}>
      {run.priority > 0 ? "↑" : "↓"}
      {Math.abs(run.priority)}
    </span>
  );
  if (run.job) {
    return (
      <>
        <Link to="/jobs/$name" params={{ name: run.job }} className="link truncate font-medium">
          {run.job}
        </Link>
        {run.partition && <span className="flex-none text-faint text-sm">{run.partition}</span>}
        {priority}
      </>
    );
  }
  return (
    <>
      <AssetLink assetKey={run.assets[0] ?? ""} />
      {run.asset_count > 1 && <span className="flex-none text-faint">+{run.asset_count - 1}</span>}
      {priority}
    </>
  );
}

/** What one wants to know first: why it waits, what broke, how far it is; else its other tags. */
function Detail({ run, shown }: { run: RunRow; shown: readonly string[] }) {
  if (run.wait) {
    return (
      <>
        <Link
          to="/deployment/$section"
          params={{ section: "concurrency" }}
          search={run.wait.limit_id ? { select: run.wait.limit_id } : {}}
          className="link flex min-w-0 items-center gap-1.5 text-wait"
          title={`Waits for ${run.wait.label}: ${run.wait.used} of ${run.wait.limit} taken`}
        >
          <StatusShape tone="wait" size={12} />
          <span className="truncate">
            {run.wait.label} {run.wait.used}/{run.wait.limit}
          </span>
        </Link>
        {run.wait.holder && (
          <span className="flex-none text-faint">
            held by <RunLink id={run.wait.holder} />
          </span>
        )}
        <span className="flex-none text-faint">no. {run.wait.position}</span>
      </>
    );
  }
  if (run.failure) {
    return (
      <span className="truncate text-bad-ink" title={run.failure.message}>
        {run.failure.step && <span className="font-medium">{run.failure.step}: </span>}
        {run.failure.message}
      </span>
    );
  }
  return (
    <>
      {run.status === "STARTED" && <Progress run={run} />}
      <TagLine tags={run.tags} hidden={shown} most={2} />
    </>
  );
}

function Progress({ run }: { run: RunRow }) {
  const { total, succeeded, failed, running } = run.steps;
  return (
    <span className="inline-flex flex-none items-center gap-1.5 text-soft">
      <PartsBar
        className="h-1.5 w-16"
        parts={[
          { count: succeeded, tone: "good", word: "succeeded" },
          { count: failed, tone: "bad", word: "failed" },
          { count: running, tone: "run", word: "running" },
          { count: Math.max(0, total - succeeded - failed - running), tone: "", word: "to do" },
        ]}
      />
      {succeeded}/{total}
    </span>
  );
}

function Source({ run }: { run: RunRow }) {
  const { kind, name } = run.source;
  const text = name ?? kind;
  if ((kind === "schedule" || kind === "sensor" || kind === "automation") && name) {
    return (
      <Link
        to="/automation/$name"
        params={{ name }}
        className="link flex min-w-0 items-center gap-1 text-soft"
      >
        <Icon name="clock" size={12} />
        <span className="truncate">{text}</span>
      </Link>
    );
  }
  return <span className="truncate text-soft">{text}</span>;
}
