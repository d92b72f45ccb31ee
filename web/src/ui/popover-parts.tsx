import { Popover as Base } from "@base-ui/react/popover";
import type { PopoverProps } from "./Popover";

export default function PopoverParts({ label, trigger, children, className, buttonClass }: PopoverProps) {
  return (
    <Base.Root defaultOpen>
      <Base.Trigger
        aria-label={label}
        className={buttonClass ?? "flex-none"}
        onClick={(event) => event.stopPropagation()}
      >
        {trigger}
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="start" className="z-50">
          <Base.Popup aria-label={label} className={`popup ${className ?? "p-2"}`}>
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
