import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useRead } from "@/api/queries";
import type { InsightSeries, Insights as InsightsData } from "@/api/types";
import { termOfRow } from "@/model/costs";
import { valueColor } from "@/model/hue";
import { addTerm, setField } from "@/model/query";
import { duration, parseRange } from "@/model/time";
import { ByMenu } from "@/ui/ByMenu";
import { useNow } from "@/ui/clock";
import { Empty, Failure, Loading, Panel } from "@/ui/Panel";
import { Choice } from "@/ui/parts";
import { useUrl } from "@/ui/url";
import { Plot, type PlotSeries } from "./Plot";

const RANGES = ["24h", "7d", "30d"].map((value) => ({ value, label: value }));
type Metric = "runs" | "failed" | "queue_p50" | "duration_p50";
const METRICS: readonly { id: Metric; title: string; isTime: boolean; isBar: boolean }[] = [
  { id: "runs", title: "Runs", isTime: false, isBar: true },
  { id: "failed", title: "Failed runs", isTime: false, isBar: true },
  { id: "duration_p50", title: "Duration, median", isTime: true, isBar: false },
  { id: "queue_p50", title: "Time in queue, median", isTime: true, isBar: false },
];

/** Runs counted by a tag's values over time; a press on a value shows its runs. */
export default function Insights() {
  const [search, setSearch] = useUrl();
  const q = search.q ?? "";
  const by = search.by ?? "tag:team";
  const range = search.range && parseRange(search.range) ? search.range : "7d";
  const now = Math.ceil(useNow() / 60e6) * 60e6;
  const [dimmed, setDimmed] = useState<ReadonlySet<string>>(new Set());
  const span = (parseRange(range) ?? 604800) * 1e6;
  const { data, error, refetch } = useRead<InsightsData>(
    "run",
    "insights",
    { q: setField(q, "created", null), by, from: now - span, to: now, buckets: range === "24h" ? 24 : 28 },
    { keep: true },
  );
  const isDark = document.documentElement.dataset.theme === "dark";
  const colorOf = (index: number) =>
    valueColor(by.replace(/^tag:/, ""), index, data?.series.length ?? 1, isDark);
  const toggle = (name: string) => {
    const next = new Set(dimmed);
    if (!next.delete(name)) next.add(name);
    setDimmed(next);
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-auto bg-canvas">
      <div className="flex flex-none items-center gap-3 border-line border-b bg-surface px-3 py-2">
        <ByMenu
          label="By"
          value={by}
          words={[
            { value: "job", label: "Job" },
            { value: "location", label: "Location" },
            { value: "source", label: "What started it" },
          ]}
          onChange={(next) => setSearch({ by: next })}
        />
        <Choice
          label="Range"
          value={range}
          options={RANGES}
          onChange={(next) => setSearch({ range: next })}
        />
      </div>
      {error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading />
      ) : data.totals.runs === 0 ? (
        <Empty title="No runs to count">
          <p>None was created in the last {range}. Choose a longer range, or take terms out of the filter.</p>
        </Empty>
      ) : (
        <div className="flex flex-col gap-3 p-3">
          {data.omitted > 0 && (
            <p className="text-soft">
              Only the newest {data.totals.runs.toLocaleString()} runs are counted;{" "}
              {data.omitted.toLocaleString()} older ones match too. Narrow the filter or the range to count
              them.
            </p>
          )}
          <Panel>
            <Totals
              data={data}
              by={by}
              q={setField(q, "created", `created:>-${range}`)}
              colorOf={colorOf}
              dimmed={dimmed}
              onToggle={toggle}
            />
          </Panel>
          <div className="grid grid-cols-2 gap-3">
            {METRICS.map((metric) => (
              <Panel key={metric.id} title={metric.title} bodyClass="p-2">
                <Plot
                  label={`${metric.title} by ${by.replace(/^tag:/, "")}`}
                  at={data.buckets}
                  series={plotSeries(data.series, metric.id, colorOf, dimmed)}
                  isBar={metric.isBar}
                  isTime={metric.isTime}
                  format={metric.isTime ? duration : (value) => String(value ?? "–")}
                />
              </Panel>
            ))}
          </div>
        </div>
      )}
    </div>
  );
}

function nameOf(series: InsightSeries): string {
  return series.value ?? "(without)";
}

/** The name of a row, which leads to its runs where a query finds them. */
function RunsOf({ q, by, series }: { q: string; by: string; series: InsightSeries }) {
  const term = termOfRow(by, series.value);
  if (term === null) return <span className="font-medium">{nameOf(series)}</span>;
  return (
    <Link to="/runs" search={{ q: addTerm(q, term) }} className="link font-medium">
      {nameOf(series)}
    </Link>
  );
}

function plotSeries(
  series: readonly InsightSeries[],
  metric: Metric,
  colorOf: (index: number) => string,
  dimmed: ReadonlySet<string>,
): PlotSeries[] {
  return series
    .map((each, index) => ({ name: nameOf(each), color: colorOf(index), values: each[metric] }))
    .filter((each) => !dimmed.has(each.name));
}

function Totals({
  data,
  by,
  q,
  colorOf,
  dimmed,
  onToggle,
}: {
  data: InsightsData;
  by: string;
  q: string;
  colorOf: (index: number) => string;
  dimmed: ReadonlySet<string>;
  onToggle: (name: string) => void;
}) {
  const percent = (share: number | null) => (share === null ? "–" : `${(share * 100).toFixed(1)} %`);
  return (
    <table className="simple-table">
      <thead>
        <tr>
          <th scope="col">{by.replace(/^tag:/, "")}</th>
          <th scope="col" className="num">
            Runs
          </th>
          <th scope="col" className="num">
            Failed
          </th>
          <th scope="col" className="num">
            Failure rate
          </th>
          <th scope="col" className="num">
            In queue, p50
          </th>
          <th scope="col" className="num">
            Duration, p50
          </th>
          <th scope="col" className="num">
            Duration, p95
          </th>
          <th scope="col" className="num">
            Run time in all
          </th>
          {data.totals.cost !== null && (
            <th scope="col" className="num">
              Cost
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {data.series.map((each, index) => (
          <tr key={nameOf(each)}>
            <td>
              <span className="flex items-center gap-2">
                <button
                  type="button"
                  aria-pressed={!dimmed.has(nameOf(each))}
                  aria-label={`Show ${nameOf(each)} in the plots`}
                  className="grid size-6 flex-none place-items-center"
                  onClick={() => onToggle(nameOf(each))}
                >
                  <span
                    className="size-3.5 rounded-[4px] border-2"
                    style={{
                      borderColor: colorOf(index),
                      background: dimmed.has(nameOf(each)) ? "transparent" : colorOf(index),
                    }}
                  />
                </button>
                <RunsOf q={q} by={by} series={each} />
              </span>
            </td>
            <td className="num">{each.totals.runs.toLocaleString()}</td>
            <td className="num">{each.totals.failed.toLocaleString()}</td>
            <td className={`num ${(each.totals.failure_rate ?? 0) > 0.1 ? "text-bad-ink" : ""}`}>
              {percent(each.totals.failure_rate)}
            </td>
            <td className="num">{duration(each.totals.queue_p50)}</td>
            <td className="num">{duration(each.totals.duration_p50)}</td>
            <td className="num">{duration(each.totals.duration_p95)}</td>
            <td className="num">{duration(each.totals.duration_total)}</td>
            {data.totals.cost !== null && <td className="num">{each.totals.cost?.toFixed(2) ?? "–"}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
