import { useRead } from "@/api/queries";
import type { PartitionMap } from "@/api/types";
import type { Box, BoxParams } from "@/model/partitions";
import { Loading } from "@/ui/Panel";
import { PartitionCells } from "@/ui/PartitionCells";

/** All partitions of an asset; with `onPick`, a box of them can be chosen. */
export function PartitionGrid({
  assetKey,
  q,
  ...chosen
}: {
  assetKey: string;
  q?: string;
  picked?: Box | null;
  onPick?: (box: Box | null, params: BoxParams | null) => void;
}) {
  const { data } = useRead<PartitionMap>(
    "asset",
    "asset/partitions/map",
    { key: assetKey, q },
    { keep: true },
  );
  return data ? <PartitionCells map={data} {...chosen} /> : <Loading rows={1} />;
}
