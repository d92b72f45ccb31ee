import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { usePages, useRead } from "@/api/queries";
import type { AssetDetail, PartitionBox, PartitionMap, PartitionRow } from "@/api/types";
import { type Box, type BoxParams, boxParams, boxText, gridOf, readBox } from "@/model/partitions";
import { type Column, DataTable } from "@/ui/DataTable";
import { FilterBar } from "@/ui/FilterBar";
import { Empty, Loading } from "@/ui/Panel";
import { PartitionCells } from "@/ui/PartitionCells";
import { RunLink } from "@/ui/parts";
import { Status } from "@/ui/Status";
import { TagLine } from "@/ui/TagChip";
import { Ago } from "@/ui/Time";
import { useUrl } from "@/ui/url";

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
  const q = search.q ?? "";
  const map = useRead<PartitionMap>(
    "asset",
    "asset/partitions/map",
    { key: asset.key, q },
    { keep: true },
  ).data;
  const grid = useMemo(() => (map ? gridOf(map) : null), [map]);
  const box = grid && readBox(search.box, grid);
  const choose = (next: Box | null) =>
    setSearch({ box: next ? boxText(next) : undefined } as never, { replace: true });
  const pages = usePages<PartitionRow>("asset", "asset/partitions", { key: asset.key, q, limit: 100 });
  return (
    <div className="flex min-h-0 flex-1 flex-col bg-surface">
      <div className="flex max-h-[60%] flex-none flex-col gap-3 overflow-auto border-line border-b p-4">
        {map ? <PartitionCells map={map} picked={box} onPick={choose} /> : <Loading rows={1} />}
        {map && grid && box && (
          <Chosen asset={asset} params={boxParams(map, grid, box)} onClear={() => choose(null)} />
        )}
        <FilterBar
          scope="runs"
          q={q}
          onChange={(next) => setSearch({ q: next })}
          placeholder="status:failed tag:reason=hotfix"
        />
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

/** What was chosen on the grid, and launches of it: all, what is missing, what failed. */
function Chosen({ asset, params, onClear }: { asset: AssetDetail; params: BoxParams; onClear: () => void }) {
  const { data } = useRead<PartitionBox>(
    "asset",
    "asset/partitions/box",
    { key: asset.key, ...params },
    { keep: true },
  );
  if (!data) return null;
  const { first, last, counts } = data;
  const undone = counts.missing + counts.failed;
  const launches = [
    { only: "all", label: counts.total === 1 ? "Launch it" : `Launch all ${counts.total.toLocaleString()}` },
    ...(undone > 0 && undone < counts.total
      ? [{ only: "missing", label: `The ${undone.toLocaleString()} not written` }]
      : []),
    ...(counts.failed > 0 && counts.failed < undone
      ? [{ only: "failed", label: `The ${counts.failed.toLocaleString()} that failed` }]
      : []),
  ];
  return (
    <section
      aria-label="Chosen partitions"
      className="flex items-center gap-2 rounded-md bg-accent-tint px-3 py-2"
    >
      <span className="min-w-0 flex-1 truncate">
        <span className="font-medium">{first === last ? first : `${first} … ${last}`}</span>{" "}
        <span className="text-soft">
          {counts.materialized.toLocaleString()} materialized, {counts.failed.toLocaleString()} failed,{" "}
          {counts.missing.toLocaleString()} missing
        </span>
      </span>
      {launches.map(({ only, label }) => (
        <Link
          key={only}
          to="/launch"
          search={{
            select: `key:"${asset.key}"`,
            partition: first === last ? first : `${first}...${last}`,
            ...(only === "all" ? {} : { only }),
          }}
          className={`btn btn-small ${only === "all" ? "btn-primary" : ""}`}
        >
          {label}
        </Link>
      ))}
      <button type="button" className="btn btn-small btn-quiet" onClick={onClear}>
        Clear
      </button>
    </section>
  );
}
