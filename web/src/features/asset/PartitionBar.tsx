import { useRead } from "@/api/queries";
import type { PartitionMap } from "@/api/types";
import { Loading } from "@/ui/Panel";
import { SpanBar } from "@/ui/SpanBar";
import { StatusShape } from "@/ui/Status";

/** One bar for one dimension, a row per value of the first for two. */
export function PartitionBar({
  assetKey,
  q,
  onPick,
}: {
  assetKey: string;
  q?: string;
  onPick?: (first: string, last: string) => void;
}) {
  const { data } = useRead<PartitionMap>(
    "asset",
    "asset/partitions/map",
    { key: assetKey, q },
    { keep: true },
  );
  if (!data) return <Loading rows={1} />;
  const inner = data.dimensions.at(-1);
  const total = inner?.total ?? 0;
  return (
    <div className="flex flex-col gap-1.5">
      {data.rows.map((row) => (
        <div key={row.key ?? ""} className="flex items-center gap-2">
          {row.key !== null && <span className="w-28 truncate text-soft">{row.key}</span>}
          <SpanBar
            spans={row.spans}
            total={total}
            height={data.rows.length > 1 ? 14 : 22}
            {...(onPick ? { onPick } : {})}
          />
        </div>
      ))}
      <div className="flex items-center text-faint text-sm">
        <span>{inner?.first}</span>
        <span className="flex flex-1 justify-center gap-4">
          <Count tone="good" count={data.counts.materialized} word="materialized" />
          <Count tone="bad" count={data.counts.failed} word="failed" />
          <Count tone="none" count={data.counts.missing} word="missing" />
        </span>
        <span>{inner?.last}</span>
      </div>
    </div>
  );
}

function Count({ tone, count, word }: { tone: "good" | "bad" | "none"; count: number; word: string }) {
  return (
    <span className="flex items-center gap-1">
      <StatusShape tone={tone} size={12} /> {count.toLocaleString()} {word}
    </span>
  );
}
