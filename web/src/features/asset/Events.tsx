import { useState } from "react";
import { usePages } from "@/api/queries";
import type { AssetEvent } from "@/api/types";
import { type Column, DataTable } from "@/ui/DataTable";
import { Empty } from "@/ui/Panel";
import { Metadata, RunLink } from "@/ui/parts";
import { Status } from "@/ui/Status";
import { TagLine } from "@/ui/TagChip";
import { Ago } from "@/ui/Time";

const KIND = {
  materialization: "materialized",
  observation: "ready",
  failure: "failed",
  skip: "skipped",
  check: "passed",
} as const;
const WORD = {
  materialization: "Materialized",
  observation: "Observed",
  failure: "Failed",
  skip: "Skipped",
  check: "Checked",
} as const;

export function Events({ assetKey }: { assetKey: string }) {
  const pages = usePages<AssetEvent>("asset", "asset/events", { key: assetKey });
  const [open, setOpen] = useState<AssetEvent | null>(null);
  const columns: Column<AssetEvent>[] = [
    {
      id: "kind",
      label: "Event",
      width: "140px",
      cell: (event) => <Status status={KIND[event.kind]} word={WORD[event.kind]} />,
    },
    { id: "at", label: "When", width: "120px", cell: (event) => <Ago at={event.at} /> },
    { id: "partition", label: "Partition", width: "120px", cell: (event) => event.partition ?? "–" },
    {
      id: "run",
      label: "Run",
      width: "96px",
      cell: (event) => event.run_id && <RunLink id={event.run_id} />,
    },
    {
      id: "tags",
      label: "Tags",
      width: "minmax(130px, 0.7fr)",
      cell: (event, room) => <TagLine tags={event.tags} room={room} />,
    },
    {
      id: "metadata",
      label: "Metadata",
      width: "minmax(220px, 1.6fr)",
      cell: (event) => (
        <span className="truncate text-soft">
          {event.message ??
            event.metadata
              .filter((entry) => entry.kind === "int" || entry.kind === "float" || entry.kind === "text")
              .map((entry) => `${entry.name} ${entry.text}`)
              .join(" · ")}
        </span>
      ),
    },
  ];
  return (
    <div className="flex min-h-0 flex-1 bg-surface">
      <DataTable
        label="Events"
        columns={columns}
        pages={pages}
        idOf={(event) => String(event.seq)}
        onOpen={setOpen}
        empty={
          <Empty title="Nothing has happened to this asset yet">
            Materialize it to see its history here.
          </Empty>
        }
      />
      {open && (
        <aside aria-label="Event" className="w-96 flex-none overflow-auto border-line border-l">
          <h2 className="px-3 pt-3 font-semibold">
            {WORD[open.kind]} <Ago at={open.at} />
          </h2>
          <Metadata entries={open.metadata} />
        </aside>
      )}
    </div>
  );
}
