import { lazy, type ReactNode, Suspense, useState } from "react";

const PopoverParts = lazy(() => import("./popover-parts"));

export interface PopoverProps {
  label: string;
  trigger: ReactNode;
  children: ReactNode;
  className?: string;
  buttonClass?: string;
}

/** A button that opens a small panel. The panel's machinery loads on the first press. */
export function Popover(props: PopoverProps) {
  const [wanted, setWanted] = useState(false);
  const plain = (
    <button
      type="button"
      aria-haspopup="dialog"
      aria-expanded={false}
      aria-label={props.label}
      className={props.buttonClass ?? "flex-none"}
      onClick={(event) => {
        event.stopPropagation();
        setWanted(true);
      }}
    >
      {props.trigger}
    </button>
  );
  if (!wanted) return plain;
  return (
    <Suspense fallback={plain}>
      <PopoverParts {...props} />
    </Suspense>
  );
}
