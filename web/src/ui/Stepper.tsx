import { useState } from "react";
import { Icon } from "./Icon";

interface StepperProps {
  label: string;
  /** What the two buttons do, in words. */
  lower: string;
  higher: string;
  value: number;
  least?: number;
  onChange: (value: number) => void;
}

/** A whole number, with a button on either side; what is typed counts when the field is left, or on Enter. */
export function Stepper({
  label,
  lower,
  higher,
  value,
  least = Number.MIN_SAFE_INTEGER,
  onChange,
}: StepperProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const take = () => {
    const next = Number(typed);
    if (typed !== null && typed.trim() !== "" && Number.isInteger(next) && next >= least && next !== value)
      onChange(next);
    setTyped(null);
  };
  return (
    <fieldset aria-label={label} className="inline-flex items-center rounded-md border border-line-strong">
      <button
        type="button"
        className="btn btn-quiet btn-icon"
        aria-label={lower}
        disabled={value <= least}
        onClick={() => onChange(value - 1)}
      >
        <Icon name="minus" size={13} />
      </button>
      <input
        className="w-12 bg-transparent text-center outline-offset-[-2px]"
        aria-label={label}
        inputMode="numeric"
        value={typed ?? value}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === "Enter") take();
          else if (event.key === "Escape") setTyped(null);
        }}
      />
      <button
        type="button"
        className="btn btn-quiet btn-icon"
        aria-label={higher}
        onClick={() => onChange(value + 1)}
      >
        <Icon name="plus" size={13} />
      </button>
    </fieldset>
  );
}

export function PriorityStepper({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  return (
    <Stepper
      label="Priority"
      lower="Lower priority"
      higher="Higher priority"
      value={value}
      onChange={onChange}
    />
  );
}
