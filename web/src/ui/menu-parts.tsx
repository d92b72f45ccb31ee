import { Menu as Base } from "@base-ui/react/menu";
import { Icon } from "./Icon";
import type { MenuEntry, MenuProps } from "./Menu";

export default function MenuParts({ label, trigger, entries, buttonClass }: MenuProps) {
  return (
    <Base.Root defaultOpen>
      <Base.Trigger
        aria-label={label}
        className={buttonClass ?? "btn btn-icon btn-quiet"}
        onClick={(event) => event.stopPropagation()}
      >
        {trigger}
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end" className="z-50">
          <Base.Popup className="popup min-w-44 p-1">
            <MenuItems entries={entries} />
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItems({ entries }: { entries: readonly (MenuEntry | "line")[] }) {
  return entries.map((entry, index) =>
    entry === "line" ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: a line has no identity but its place
      <Base.Separator key={`line-${index}`} className="my-1 h-px bg-line" />
    ) : (
      <Base.Item
        // biome-ignore lint/suspicious/noArrayIndexKey: entries of one menu keep their places
        key={index}
        className={`menu-item ${entry.isDanger ? "text-bad-ink" : ""}`}
        disabled={entry.isDisabled ?? false}
        onClick={(event) => {
          event.stopPropagation();
          entry.onSelect();
        }}
      >
        {entry.isChecked !== undefined && (
          <span className="w-4">{entry.isChecked && <Icon name="check" size={14} />}</span>
        )}
        <span className="flex-1">{entry.label}</span>
        {entry.hint && <span className="kbd">{entry.hint}</span>}
      </Base.Item>
    ),
  );
}
