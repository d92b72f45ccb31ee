import { Link } from "@tanstack/react-router";
import type { RunRow } from "@/api/types";
import type { Column } from "@/ui/DataTable";
import { Icon } from "@/ui/Icon";
import { RunLink } from "@/ui/parts";
import { RunNews, RunSubject } from "@/ui/run-cells";
import { Status } from "@/ui/Status";
import { TagChip } from "@/ui/TagChip";
import { Ago, Took } from "@/ui/Time";

/** The columns of the runs list, with one for each chosen tag key. */
export function runColumns(tagKeys: readonly string[]): Column<RunRow>[] {
  return [
    { id: "status", label: "Status", width: "102px", cell: (run) => <Status status={run.status} /> },
    { id: "run", label: "Run", width: "76px", cell: (run) => <RunLink id={run.id} /> },
    {
      id: "what",
      label: "Job or assets",
      width: "minmax(168px, 0.9fr)",
      cell: (run) => <RunSubject run={run} />,
    },
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
      width: "minmax(268px, 2fr)",
      cell: (run, room) => <RunNews run={run} shown={tagKeys} room={room} />,
    },
    { id: "source", label: "From", width: "92px", cell: (run) => <Source run={run} /> },
    {
      id: "created",
      label: "Created",
      width: "84px",
      sort: "created_at",
      cell: (run) => <Ago at={run.created_at} />,
    },
    {
      id: "duration",
      label: "Duration",
      width: "78px",
      sort: "duration",
      isEnd: true,
      cell: (run) => <Took from={run.started_at} to={run.ended_at} seconds={run.duration} />,
    },
  ];
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
  if (kind === "backfill" && name) {
    return (
      <Link
        to="/backfills/$id"
        params={{ id: name }}
        className="link flex min-w-0 items-center gap-1 text-soft"
      >
        <Icon name="assets" size={12} />
        <span className="truncate">backfill</span>
      </Link>
    );
  }
  if (kind === "retry" && name) {
    return (
      <span className="flex min-w-0 items-center gap-1 text-soft">
        <Icon name="retry" size={12} />
        <RunLink id={name} />
      </span>
    );
  }
  return <span className="truncate text-soft">{text}</span>;
}
