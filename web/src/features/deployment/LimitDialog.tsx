import { useState } from "react";
import { api } from "@/api/client";
import { refresh } from "@/api/queries";
import type { LimitEdit, LimitKind } from "@/api/types";
import { Dialog } from "@/ui/Dialog";
import { FilterBar } from "@/ui/FilterBar";
import { Choice } from "@/ui/parts";
import { toast, toastError } from "@/ui/toasts";

const KINDS: readonly { value: Exclude<LimitKind, "runs">; label: string }[] = [
  { value: "tag", label: "Tag" },
  { value: "query", label: "Query" },
  { value: "pool", label: "Pool" },
  { value: "rate", label: "Rate" },
];

const EMPTY: LimitEdit = {
  kind: "tag",
  key: "",
  value: null,
  per_unique_value: false,
  where: null,
  per: [],
  limit: 1,
  period: null,
  note: null,
};

export function LimitDialog({ onClose }: { onClose: () => void }) {
  const [edit, setEdit] = useState<LimitEdit>(EMPTY);
  const change = (part: Partial<LimitEdit>) => setEdit({ ...edit, ...part });
  const isReady = edit.kind === "query" ? Boolean(edit.where) : Boolean(edit.key);
  const save = async () => {
    try {
      await api.post("limits", edit);
      refresh("limit", "run");
      toast("The limit holds from now on.");
      onClose();
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <Dialog
      title="Add a limit"
      onClose={onClose}
      footer={
        <>
          <button type="button" className="btn" onClick={onClose}>
            Not now
          </button>
          <button type="button" className="btn btn-primary" disabled={!isReady} onClick={() => void save()}>
            Add
          </button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Choice
          label="Kind"
          value={edit.kind === "runs" ? "tag" : edit.kind}
          options={KINDS}
          onChange={(kind) =>
            setEdit({ ...EMPTY, kind, limit: edit.limit, period: kind === "rate" ? 60 : null })
          }
        />
        {edit.kind === "query" ? (
          <div className="flex flex-col gap-1">
            <span className="label">Runs that match</span>
            <FilterBar
              scope="runs"
              q={edit.where ?? ""}
              onChange={(where) => change({ where })}
              placeholder="tag:team=ml not tag:tier=gold"
            />
          </div>
        ) : (
          <div className="flex gap-3">
            <Text
              label={edit.kind === "pool" ? "Pool" : "Tag key"}
              value={edit.key ?? ""}
              onChange={(key) => change({ key })}
            />
            {edit.kind !== "pool" && (
              <Text
                label="Value (empty: all values together)"
                value={edit.value ?? ""}
                onChange={(value) => change({ value: value || null, per_unique_value: false })}
              />
            )}
          </div>
        )}
        {edit.kind === "tag" && edit.value === null && (
          <label className="flex items-center gap-2">
            <input
              type="checkbox"
              className="accent-accent"
              checked={edit.per_unique_value}
              onChange={(event) => change({ per_unique_value: event.target.checked })}
            />
            Each value apart
          </label>
        )}
        <div className="flex gap-3">
          <Text
            label="At most"
            value={String(edit.limit)}
            isNumber
            onChange={(text) => Number.isInteger(Number(text)) && change({ limit: Number(text) })}
          />
          {edit.kind === "rate" && (
            <Text
              label="Per seconds"
              value={String(edit.period ?? 60)}
              isNumber
              onChange={(text) => Number(text) > 0 && change({ period: Number(text) })}
            />
          )}
        </div>
        <Text
          label="Why (others see it)"
          value={edit.note ?? ""}
          onChange={(note) => change({ note: note || null })}
        />
      </div>
    </Dialog>
  );
}

function Text({
  label,
  value,
  onChange,
  isNumber = false,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  isNumber?: boolean;
}) {
  return (
    <label className="flex flex-1 flex-col gap-1">
      <span className="label">{label}</span>
      <input
        className="field"
        inputMode={isNumber ? "numeric" : "text"}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}
