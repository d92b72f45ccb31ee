import { Dialog as Base } from "@base-ui/react/dialog";
import type { DialogProps } from "./Dialog";
import { Icon } from "./Icon";

export default function DialogParts({ title, onClose, children, footer, width = "w-[560px]" }: DialogProps) {
  return (
    <Base.Root open onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup
          className={`popup fixed top-[12vh] left-1/2 flex max-h-[76vh] max-w-[calc(100vw-32px)] -translate-x-1/2 flex-col ${width}`}
        >
          <div className="flex items-center gap-2 border-line border-b py-2.5 pr-2.5 pl-4">
            <Base.Title className="flex-1 truncate font-semibold text-lg">{title}</Base.Title>
            <Base.Close aria-label="Close" className="btn btn-icon btn-quiet btn-small">
              <Icon name="close" />
            </Base.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-auto p-4">{children}</div>
          {footer && (
            <div className="flex items-center justify-end gap-2 border-line border-t px-4 py-3">{footer}</div>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
