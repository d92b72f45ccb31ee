import { type CSSProperties, createContext, useContext } from "react";
import type { Tags } from "@/api/types";
import { hueOf, isSystemKey } from "@/model/hue";
import { middle } from "@/model/tags";
import { openChipMenu } from "./chip-menu-store";
import { useFilterScope } from "./filter-scope";
import { Icon } from "./Icon";
import { Popover } from "./Popover";

export const HueContext = createContext<(key: string) => number>((key) => hueOf(key));

export type ListName = "runs" | "assets" | "jobs";

/** A tag as a button: a press filters by it, Alt-press excludes it, the context menu has the rest. */
export function TagChip({
  tagKey,
  value,
  list = "runs",
  isBare = false,
}: {
  tagKey: string;
  value: string;
  list?: ListName;
  /** Shows the value alone, where the key stands above it. */
  isBare?: boolean;
}) {
  const scope = useFilterScope(list);
  const hue = useContext(HueContext)(tagKey);
  return (
    <button
      type="button"
      className="chip-button"
      title={`${tagKey}=${value}\nClick: filter · Alt-click: exclude · Right-click: more`}
      aria-label={`tag ${tagKey} is ${value || "empty"}`}
      aria-haspopup="menu"
      onClick={(event) => {
        event.stopPropagation();
        event.preventDefault();
        if (event.altKey) scope.exclude(`tag:${tagKey}`, value);
        else scope.include(`tag:${tagKey}`, value);
      }}
      onContextMenu={(event) => {
        event.preventDefault();
        event.stopPropagation();
        openChipMenu({ tagKey, value, anchor: event.currentTarget, scope });
      }}
    >
      <span
        className={`chip ${isSystemKey(tagKey) ? "chip-system" : ""}`}
        style={{ "--h": hue } as CSSProperties}
      >
        <ChipFace tagKey={tagKey} value={value} isBare={isBare} />
      </span>
    </button>
  );
}

/** The look of a chip without its actions. */
export function ChipFace({
  tagKey,
  value,
  isBare = false,
}: {
  tagKey: string;
  value: string;
  isBare?: boolean;
}) {
  const isSystem = isSystemKey(tagKey);
  return (
    <>
      {!isBare && (
        <span className="chip-key">
          {isSystem && <Icon name="cog" size={11} />}
          {isSystem ? tagKey.slice("dagster/".length) : tagKey}
        </span>
      )}
      <span className="chip-value">{value === "" ? "∅" : middle(value)}</span>
    </>
  );
}

export function StaticChip({
  tagKey,
  value,
  isBare = false,
}: {
  tagKey: string;
  value: string;
  isBare?: boolean;
}) {
  const hue = useContext(HueContext)(tagKey);
  return (
    <span
      className={`chip ${isSystemKey(tagKey) ? "chip-system" : ""}`}
      style={{ "--h": hue } as CSSProperties}
    >
      <ChipFace tagKey={tagKey} value={value} isBare={isBare} />
    </span>
  );
}

export function HueDot({ tagKey }: { tagKey: string }) {
  const hue = useContext(HueContext)(tagKey);
  return <span className="dot" style={{ "--h": hue } as CSSProperties} aria-hidden="true" />;
}

/** Up to `most` chips in one line, the rest behind `+4`; system tags are always among the rest. */
export function TagLine({
  tags,
  most = 3,
  list = "runs",
  hidden = [],
}: {
  tags: Tags;
  most?: number;
  list?: ListName;
  hidden?: readonly string[];
}) {
  const entries = Object.entries(tags).filter(([key]) => !hidden.includes(key));
  const own = entries.filter(([key]) => !isSystemKey(key));
  const shown = own.slice(0, most);
  const rest = [...own.slice(most), ...entries.filter(([key]) => isSystemKey(key))];
  return (
    <span className="flex min-w-0 items-center gap-1 overflow-hidden">
      {shown.map(([key, value]) => (
        <TagChip key={key} tagKey={key} value={value} list={list} />
      ))}
      {rest.length > 0 && (
        <Popover
          label={`${rest.length} more tags`}
          trigger={<span className="count">+{rest.length}</span>}
          className="flex max-w-md flex-wrap gap-1 p-2"
        >
          {rest.map(([key, value]) => (
            <TagChip key={key} tagKey={key} value={value} list={list} />
          ))}
        </Popover>
      )}
    </span>
  );
}
