import { useRead } from "@/api/queries";
import type { Page, TagKeyRow } from "@/api/types";
import { Icon } from "./Icon";
import { Popover } from "./Popover";
import { HueDot } from "./TagChip";

/** Chooses the tag keys that are shown as columns. */
export function ColumnMenu({
  keys,
  add,
  remove,
  label = "Tag columns",
}: {
  label?: string;
  keys: readonly string[];
  add: (key: string) => void;
  remove: (key: string) => void;
}) {
  return (
    <Popover
      label={label}
      buttonClass="btn"
      trigger={
        <>
          <Icon name="columns" size={14} /> Columns
        </>
      }
      className="max-h-96 w-60 overflow-auto p-1.5"
    >
      <KeyList keys={keys} add={add} remove={remove} />
    </Popover>
  );
}

function KeyList({
  keys,
  add,
  remove,
}: {
  keys: readonly string[];
  add: (key: string) => void;
  remove: (key: string) => void;
}) {
  const { data } = useRead<Page<TagKeyRow>>("tag", "tags", { limit: 200 });
  return (
    <ul>
      {data?.items.map((row) => (
        <li key={row.key}>
          <label className="menu-item hover:bg-hover">
            <input
              type="checkbox"
              className="accent-accent"
              checked={keys.includes(row.key)}
              onChange={(event) => (event.target.checked ? add(row.key) : remove(row.key))}
            />
            <HueDot tagKey={row.key} />
            <span className="flex-1 truncate">{row.key}</span>
            <span className="text-faint text-xs">{row.values} values</span>
          </label>
        </li>
      ))}
    </ul>
  );
}
