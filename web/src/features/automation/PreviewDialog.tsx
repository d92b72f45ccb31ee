import { useState } from "react";
import { ApiError, api } from "@/api/client";
import type { AutomationDetail, TickDetail } from "@/api/types";
import { Dialog } from "@/ui/Dialog";
import { Failure, Loading } from "@/ui/Panel";
import { useTimes } from "@/ui/preferences";
import { TickBody } from "./TickBody";

/** Evaluates a schedule or sensor as if it were due, with nothing kept of it. */
export function PreviewDialog({ row, onClose }: { row: AutomationDetail; onClose: () => void }) {
  const [at, setAt] = useState("");
  const [cursor, setCursor] = useState(row.cursor ?? "");
  const [tick, setTick] = useState<TickDetail | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [isBusy, setBusy] = useState(false);
  const times = useTimes();
  const isSchedule = row.kind === "schedule";
  const evaluate = async () => {
    setBusy(true);
    setError(null);
    try {
      setTick(
        await api.post<TickDetail>("automation/preview", {
          name: row.name,
          at: isSchedule && at ? times.instant(at) : null,
          cursor: isSchedule ? null : cursor || null,
        }),
      );
    } catch (fault) {
      if (!(fault instanceof ApiError)) throw fault;
      setTick(null);
      setError(fault);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={`Preview a tick of ${row.name}`}
      onClose={onClose}
      width="w-[680px]"
      footer={
        <>
          <span className="mr-auto text-faint text-sm">No run is started, and no cursor is moved.</span>
          <button type="button" className="btn" onClick={onClose}>
            Close
          </button>
          <button type="button" className="btn btn-primary" disabled={isBusy} onClick={() => void evaluate()}>
            {tick ? "Evaluate again" : "Evaluate"}
          </button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {isSchedule ? (
          <label className="flex flex-col gap-1">
            <span className="label">
              As if it were due at{times.zone && `, in ${times.zone}`} (empty: now)
            </span>
            <input
              type="datetime-local"
              className="field w-60"
              value={at}
              onChange={(event) => setAt(event.target.value)}
            />
          </label>
        ) : (
          <label className="flex flex-col gap-1">
            <span className="label">With this cursor (empty: none)</span>
            <input
              className="field font-mono text-[12.5px]"
              value={cursor}
              onChange={(event) => setCursor(event.target.value)}
            />
          </label>
        )}
        {isBusy && <Loading rows={2} />}
        {error && <Failure error={error} />}
        {tick && !isBusy && <TickBody tick={tick} isPreview />}
      </div>
    </Dialog>
  );
}
