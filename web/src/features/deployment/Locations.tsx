import { useState } from "react";
import { api } from "@/api/client";
import { refresh, useRead } from "@/api/queries";
import type { LocationRow, Page } from "@/api/types";
import { duration } from "@/model/time";
import { Icon } from "@/ui/Icon";
import { Failure, Loading, Panel } from "@/ui/Panel";
import { ErrorText, Facts } from "@/ui/parts";
import { Status } from "@/ui/Status";
import { Ago } from "@/ui/Time";
import { toast, toastError } from "@/ui/toasts";

const STATUS = {
  loaded: "succeeded",
  loading: "started",
  failed: "failed",
  stale: "stale",
  gone: "failed",
} as const;
const WORD = {
  loaded: "Loaded",
  loading: "Loading",
  failed: "Failed to load",
  stale: "Failed; the last good code serves",
  gone: "No host serves it",
} as const;

async function reload(name: string | null): Promise<void> {
  try {
    await api.post("locations/reload", { name });
    refresh("location", "asset", "job");
    toast(name ? `Reloading ${name}` : "Reloading all");
  } catch (error) {
    toastError(error);
  }
}

export function Locations() {
  const { data, error } = useRead<Page<LocationRow>>("location", "locations");
  if (error) return <Failure error={error} />;
  if (!data) return <Loading />;
  return (
    <div className="flex flex-col gap-3">
      {data.items.map((row) => (
        <Panel
          key={row.name}
          title={
            <span className="flex items-center gap-3">
              {row.name}
              <span className="font-normal">
                <Status status={STATUS[row.status]} word={WORD[row.status]} />
              </span>
            </span>
          }
          aside={
            <button type="button" className="btn btn-small" onClick={() => void reload(row.name)}>
              <Icon name="retry" size={13} /> Reload
            </button>
          }
          bodyClass="flex flex-col gap-3 p-3"
        >
          {row.error && (
            <div className="rounded-md border border-bad/30 border-l-3 border-l-bad bg-bad-tint p-3">
              <ErrorText error={row.error} />
            </div>
          )}
          <Facts
            facts={[
              [
                "Code",
                <code key="o" className="font-mono text-[12px]">
                  {row.origin}
                </code>,
              ],
              ["Assets", row.assets.toLocaleString()],
              ["Jobs", row.jobs],
              ["Schedules", row.schedules],
              ["Sensors", row.sensors],
              [
                "Loaded",
                <span key="l">
                  <Ago at={row.loaded_at} /> in {duration(row.load_time)}
                </span>,
              ],
              ["Python", row.python ?? "–"],
              ["Earmark", row.version ?? "–"],
              ["Runs start by", row.start_method ?? "–"],
              ["Served by", row.served_by ?? "this process"],
            ]}
          />
          {row.warnings.map((warning) => (
            <p key={warning} className="flex items-center gap-2 text-wait">
              <Icon name="alert" size={14} /> {warning}
            </p>
          ))}
          <Diff row={row} />
        </Panel>
      ))}
    </div>
  );
}

/** What the last reload added, took away and changed. */
function Diff({ row }: { row: LocationRow }) {
  const { added, removed, changed, parts } = row.diff;
  const lines = [
    ...added.map((item) => ({ sign: "+", className: "text-good", item })),
    ...removed.map((item) => ({ sign: "−", className: "text-bad-ink", item })),
    ...changed.map((item) => ({ sign: "~", className: "text-wait", item })),
  ];
  const [isAll, setAll] = useState(false);
  if (lines.length === 0) return null;
  return (
    <section aria-label={`What the last reload of ${row.name} changed`}>
      <h3 className="label pb-1">
        The last reload: {added.length} added, {removed.length} removed, {changed.length} changed
      </h3>
      <ul className="columns-3 font-mono text-[12px] leading-5">
        {(isAll ? lines : lines.slice(0, MOST)).map(({ sign, className, item }) => (
          <li key={sign + item} className={`truncate ${className}`} title={item}>
            {sign} {item}
            {sign === "~" && <span className="text-faint"> {parts[item]?.join(", ")}</span>}
          </li>
        ))}
      </ul>
      {lines.length > MOST && (
        <button type="button" className="btn btn-quiet btn-small mt-1" onClick={() => setAll(!isAll)}>
          {isAll ? "Show fewer" : `Show all ${lines.length}`}
        </button>
      )}
    </section>
  );
}

const MOST = 30;
