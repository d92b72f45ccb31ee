import { lazy, type ReactNode, Suspense, useState } from "react";

const MenuParts = lazy(() => import("./menu-parts"));

export interface MenuEntry {
  label: ReactNode;
  onSelect: () => void;
  isDisabled?: boolean;
  isDanger?: boolean;
  isChecked?: boolean;
  hint?: string;
}
export interface MenuProps {
  label: string;
  trigger: ReactNode;
  entries: readonly (MenuEntry | "line")[];
  buttonClass?: string;
}

/** A button with a menu; the menu's machinery loads on the first press. */
export function Menu(props: MenuProps) {
  const [wanted, setWanted] = useState(false);
  const plain = (
    <button
      type="button"
      aria-haspopup="menu"
      aria-expanded={false}
      aria-label={props.label}
      className={props.buttonClass ?? "btn btn-icon btn-quiet"}
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
      <MenuParts {...props} />
    </Suspense>
  );
}
