import { useRead } from "@/api/queries";
import type { PartitionMap } from "@/api/types";
import { Loading } from "@/ui/Panel";
import { PartitionCells } from "@/ui/PartitionCells";

/** All partitions of an asset. */
export function PartitionGrid({ assetKey }: { assetKey: string }) {
  const { data } = useRead<PartitionMap>("asset", "asset/partitions/map", { key: assetKey }, { keep: true });
  return data ? <PartitionCells map={data} /> : <Loading rows={1} />;
}
