import { Menu as Base } from "@base-ui/react/menu";
import { useNavigate } from "@tanstack/react-router";
import { termText } from "@/model/query";
import { type ChipMenuTarget, openChipMenu } from "./chip-menu-store";
import type { MenuEntry } from "./Menu";
import { MenuItems } from "./menu-parts";
import { StaticChip } from "./TagChip";
import { toast } from "./toasts";

export default function ChipMenu({ target }: { target: ChipMenuTarget }) {
  const navigate = useNavigate();
  const { tagKey, value, scope } = target;
  const field = `tag:${tagKey}`;
  const q = termText(field, [value]);
  const entries: (MenuEntry | "line")[] = [
    { label: "Filter by this", onSelect: () => scope.include(field, value) },
    { label: "Exclude this", onSelect: () => scope.exclude(field, value) },
    ...(scope.addColumn
      ? [{ label: `Show ${tagKey} as a column`, onSelect: () => scope.addColumn?.(tagKey) }]
      : []),
    "line",
    { label: "Assets with it", onSelect: () => void navigate({ to: "/assets", search: { q } }) },
    { label: "Jobs with it", onSelect: () => void navigate({ to: "/jobs", search: { q } }) },
    { label: "Runs with it", onSelect: () => void navigate({ to: "/runs", search: { q } }) },
    "line",
    {
      label: "Limits, colour and values…",
      onSelect: () => void navigate({ to: "/tags/$key", params: { key: tagKey } }),
    },
    {
      label: `Copy ${tagKey}=${value}`,
      onSelect: () => {
        void navigator.clipboard.writeText(`${tagKey}=${value}`);
        toast("Copied");
      },
    },
  ];
  return (
    <Base.Root open onOpenChange={(open) => !open && openChipMenu(null)}>
      <Base.Portal>
        <Base.Positioner anchor={target.anchor} sideOffset={4} align="start" className="z-50">
          <Base.Popup className="popup min-w-56 p-1" aria-label={`tag ${tagKey} is ${value}`}>
            <div className="px-2.5 pt-1.5 pb-1.5">
              <StaticChip tagKey={tagKey} value={value} />
            </div>
            <MenuItems entries={entries} />
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
