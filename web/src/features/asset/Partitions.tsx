import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePages } from "@/api/queries";
import type { AssetDetail, PartitionRow } from "@/api/types";
import { type Column, DataTable } from "@/ui/DataTable";
import { FilterBar } from "@/ui/FilterBar";
import { Empty } from "@/ui/Panel";
import { RunLink } from "@/ui/parts";
import { Status } from "@/ui/Status";
import { TagLine } from "@/ui/TagChip";
import { Ago } from "@/ui/Time";
import { useUrl } from "@/ui/url";
import { PartitionBar } from "./PartitionBar";

const COLUMNS: Column<PartitionRow>[] = [
  {
    id: "key",
    label: "Partition",
    width: "minmax(140px, 0.7fr)",
    cell: (row) => <span className="truncate font-medium">{row.key}</span>,
  },
  { id: "status", label: "Status", width: "130px", cell: (row) => <Status status={row.status} /> },
  { id: "at", label: "When", width: "130px", cell: (row) => <Ago at={row.at} none="never" /> },
  { id: "run", label: "Run", width: "100px", cell: (row) => row.run_id && <RunLink id={row.run_id} /> },
  {
    id: "tags",
    label: "Error, tags of the run",
    width: "minmax(240px, 2fr)",
    cell: (row) =>
      row.error ? (
        <span className="truncate text-bad-ink">{row.error}</span>
      ) : (
        <TagLine tags={row.run_tags} />
      ),
  },
];

export function Partitions({ asset }: { asset: AssetDetail }) {
  const [search, setSearch] = useUrl();
  const [range, setRange] = useState<{ first: string; last: string } | null>(null);
  const navigate = useNavigate();
  const q = search.q ?? "";
  const pages = usePages<PartitionRow>("asset", "asset/partitions", { key: asset.key, q, limit: 100 });
  return (
    <div className="flex min-h-0 flex-1 flex-col bg-surface">
      <div className="flex flex-none flex-col gap-3 border-line border-b p-4">
        <PartitionBar assetKey={asset.key} q={q} onPick={(first, last) => setRange({ first, last })} />
        <div className="flex items-center gap-3">
          <FilterBar
            scope="runs"
            q={q}
            onChange={(next) => setSearch({ q: next })}
            placeholder="status:failed tag:reason=hotfix"
          />
          {range ? (
            <button
              type="button"
              className="btn btn-primary"
              onClick={() =>
                void navigate({
                  to: "/launch",
                  search: { select: `key:"${asset.key}"`, partition: `${range.first}...${range.last}` },
                })
              }
            >
              Launch {range.first} … {range.last}
            </button>
          ) : (
            <span className="text-faint">Drag over the bar to choose a range.</span>
          )}
        </div>
      </div>
      <DataTable
        label="Partitions"
        columns={COLUMNS}
        pages={pages}
        idOf={(row) => row.key}
        empty={<Empty title="No partitions match">Clear the filter to see all of them.</Empty>}
      />
    </div>
  );
}
