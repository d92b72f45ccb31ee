import { useMemo } from "react";
import { useRead } from "@/api/queries";
import type { Page, TagKeyRow } from "@/api/types";
import { hueOf } from "@/model/hue";

/** The hue of a key: by hash, unless a person chose one on the Tags page. */
export function useHues(): (key: string) => number {
  const { data } = useRead<Page<TagKeyRow>>("tag", "tags", { limit: 200 });
  return useMemo(() => {
    const chosen = new Map(data?.items.map((row) => [row.key, row.hue]));
    return (key: string) => hueOf(key, chosen.get(key) ?? null);
  }, [data]);
}
