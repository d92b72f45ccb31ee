import type { AssetRow } from "@/api/types";
import { termText } from "@/model/query";
import type { Column } from "@/ui/DataTable";
import { AssetLink, PartsBar } from "@/ui/parts";
import { Status } from "@/ui/Status";
import { TagChip, TagLine } from "@/ui/TagChip";
import { Ago } from "@/ui/Time";

export function assetColumns(tagKeys: readonly string[], onTerm: (text: string) => void): Column<AssetRow>[] {
  return [
    {
      id: "status",
      label: "Status",
      width: "112px",
      sort: "status",
      cell: (row) => <Status status={row.status} />,
    },
    {
      id: "key",
      label: "Asset",
      width: "minmax(172px, 1.3fr)",
      sort: "key",
      cell: (row) => <AssetLink assetKey={row.key} />,
    },
    ...tagKeys.map(
      (key): Column<AssetRow> => ({
        id: `tag:${key}`,
        label: key,
        width: "minmax(104px, 0.42fr)",
        cell: (row) => {
          const value = row.tags[key];
          return value === undefined ? (
            <span className="text-faint">–</span>
          ) : (
            <TagChip tagKey={key} value={value} list="assets" isBare />
          );
        },
      }),
    ),
    {
      id: "tags",
      label: tagKeys.length ? "Other tags" : "Tags",
      width: "minmax(146px, 0.85fr)",
      cell: (row, room) => <TagLine tags={row.tags} hidden={tagKeys} list="assets" room={room} />,
    },
    {
      id: "group",
      label: "Group",
      width: "minmax(92px, 0.4fr)",
      sort: "group",
      cell: (row) => (
        <button
          type="button"
          className="link truncate text-soft"
          onClick={() => onTerm(termText("group", [row.group]))}
        >
          {row.group}
        </button>
      ),
    },
    {
      id: "kinds",
      label: "Kind",
      width: "minmax(84px, 0.4fr)",
      cell: (row) => <span className="truncate text-soft">{row.kinds.join(", ")}</span>,
    },
    {
      id: "partitions",
      label: "Partitions",
      width: "96px",
      cell: (row) =>
        row.partitions && (
          <>
            <PartsBar
              className="h-1.5 w-12"
              parts={[
                { count: row.partitions.materialized, tone: "good", word: "materialized" },
                { count: row.partitions.failed, tone: "bad", word: "failed" },
                { count: row.partitions.running, tone: "run", word: "running" },
                { count: row.partitions.missing, tone: "", word: "missing" },
              ]}
            />
            <span className="text-faint text-xs">{row.partitions.total}</span>
          </>
        ),
    },
    {
      id: "at",
      label: "Materialized",
      width: "98px",
      sort: "materialized_at",
      cell: (row) => <Ago at={row.materialized_at} none="never" />,
    },
  ];
}
