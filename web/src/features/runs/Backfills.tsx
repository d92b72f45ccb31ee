import { Link, useNavigate } from "@tanstack/react-router";
import { usePages } from "@/api/queries";
import type { BackfillRow } from "@/api/types";
import { type Column, DataTable } from "@/ui/DataTable";
import { NoMatch } from "@/ui/NoMatch";
import { Empty, Snippet } from "@/ui/Panel";
import { PartsBar } from "@/ui/parts";
import { Status } from "@/ui/Status";
import { TagLine } from "@/ui/TagChip";
import { Ago } from "@/ui/Time";
import { useUrl } from "@/ui/url";

const COLUMNS: Column<BackfillRow>[] = [
  { id: "status", label: "Status", width: "116px", cell: (row) => <Status status={row.status} /> },
  {
    id: "title",
    label: "Backfill",
    width: "minmax(180px, 1.2fr)",
    cell: (row) => (
      <Link to="/backfills/$id" params={{ id: row.id }} className="link truncate font-medium">
        {row.title}
      </Link>
    ),
  },
  {
    id: "parts",
    label: "Partitions",
    width: "240px",
    cell: (row) => (
      <>
        <PartsBar
          className="h-2 w-32"
          parts={[
            { count: row.partitions.materialized, tone: "good", word: "done" },
            { count: row.partitions.failed, tone: "bad", word: "failed" },
            { count: row.partitions.running, tone: "run", word: "running" },
            { count: row.partitions.missing, tone: "", word: "to do" },
          ]}
        />
        <span className="text-soft">
          {row.partitions.materialized}/{row.partitions.total}
        </span>
      </>
    ),
  },
  {
    id: "tags",
    label: "Tags",
    width: "minmax(180px, 1fr)",
    cell: (row, room) => <TagLine tags={row.tags} room={room} />,
  },
  { id: "priority", label: "Priority", width: "70px", isEnd: true, cell: (row) => row.priority },
  { id: "author", label: "By", width: "90px", cell: (row) => row.author ?? "–" },
  { id: "created", label: "Created", width: "100px", cell: (row) => <Ago at={row.created_at} /> },
];

export default function Backfills({ q }: { q: string }) {
  const navigate = useNavigate();
  const [, setSearch] = useUrl();
  const pages = usePages<BackfillRow>("backfill", "backfills", { q });
  return (
    <DataTable
      label="Backfills"
      columns={COLUMNS}
      pages={pages}
      idOf={(row) => row.id}
      onOpen={(row) => void navigate({ to: "/backfills/$id", params: { id: row.id } })}
      empty={
        q ? (
          <NoMatch scope="backfills" q={q} what="backfills" onChange={(next) => setSearch({ q: next })} />
        ) : (
          <Empty title="No backfills">
            <p>Run many partitions at once from an asset's Partitions tab, or:</p>
            <Snippet
              text={'earmark backfill launch --select "tag:domain=finance" --from 2026-01-01 --to 2026-03-31'}
            />
          </Empty>
        )
      }
    />
  );
}
