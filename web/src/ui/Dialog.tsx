import { lazy, type ReactNode, Suspense } from "react";

const DialogParts = lazy(() => import("./dialog-parts"));

export interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  footer?: ReactNode;
  /** Tailwind width class. */
  width?: string;
}

/** A modal dialog, mounted while it is open. */
export function Dialog(props: DialogProps) {
  return (
    <Suspense fallback={null}>
      <DialogParts {...props} />
    </Suspense>
  );
}
