import { type CSSProperties, createContext, useContext } from "react";
import type { Tags } from "@/api/types";
import { howManyFit } from "@/model/chips";
import { hueOf, isSystemKey } from "@/model/hue";
import { middle } from "@/model/tags";
import { openChipMenu } from "./chip-menu-store";
import { useFilterScope } from "./filter-scope";
import { Icon } from "./Icon";
import { Popover } from "./Popover";
import { textWidth } from "./text-width";

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

/** The chips that have room in one line, at most `most`, the rest behind `+4`; system tags are always among the rest. */
export function TagLine({
  tags,
  most = 3,
  room,
  list = "runs",
  hidden = [],
}: {
  tags: Tags;
  most?: number;
  /** The width of the line in pixels, where it is known. */
  room?: number | undefined;
  list?: ListName;
  hidden?: readonly string[];
}) {
  const entries = Object.entries(tags).filter(([key]) => !hidden.includes(key));
  const own = entries.filter(([key]) => !isSystemKey(key));
  const system = entries.filter(([key]) => isSystemKey(key));
  const first = own.slice(0, most);
  const others = own.length - first.length + system.length;
  const fit = room === undefined ? first.length : howManyFit(first.map(chipWidth), others, room, SIGN, GAP);
  const shown = own.slice(0, Math.max(1, fit));
  const rest = [...own.slice(shown.length), ...system];
  return (
    <span className="tag-line flex min-w-0 items-center gap-1 overflow-hidden">
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

const SIGN = 30;
const GAP = 4;
/** Paddings and borders of a chip. */
const FRAME = 25;

function chipWidth([key, value]: [string, string]): number {
  return Math.ceil(textWidth(key, false) + textWidth(value === "" ? "∅" : middle(value), true)) + FRAME;
}
