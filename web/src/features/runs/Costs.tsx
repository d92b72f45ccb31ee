import { Link } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { apiUrl } from "@/api/client";
import { useRead } from "@/api/queries";
import type { CostPeriod, CostReport, CostRow } from "@/api/types";
import { amountText, change, isOfAssets, runsOf, sum, withoutShare } from "@/model/costs";
import { valueColor } from "@/model/hue";
import { setField, termText } from "@/model/query";
import { ByMenu } from "@/ui/ByMenu";
import { Icon } from "@/ui/Icon";
import { Empty, Failure, Loading, Panel } from "@/ui/Panel";
import { AssetLink, Choice } from "@/ui/parts";
import { useTimes } from "@/ui/preferences";
import { useUrl } from "@/ui/url";
import { Plot } from "./Plot";

const LENGTHS = [
  { value: "day", label: "Days", count: 7 },
  { value: "week", label: "Weeks", count: 8 },
  { value: "month", label: "Months", count: 6 },
] as const;
const MEASURES = [
  { value: "run_time", label: "Run time" },
  { value: "runs", label: "Number of runs" },
  { value: "cost", label: "The tag cost" },
] as const;
const METADATA = "metadata:";

const IN = { day: "on", week: "in the week of", month: "in" } as const;

type Length = (typeof LENGTHS)[number]["value"];
type Leads = (value: string | null, period: CostPeriod) => string | null;

/** What runs cost by tag, job or asset, period by period, beside the period before; a figure leads to its runs. */
export default function Costs() {
  const [search, setSearch] = useUrl();
  const times = useTimes();
  const q = search.q ?? "";
  const measure = search.metric ?? "run_time";
  const asked = search.by ?? "tag:team";
  const isOfMetadata = measure.startsWith(METADATA);
  const by = isOfAssets(asked) && !isOfMetadata ? "tag:team" : asked;
  const length = LENGTHS.find((each) => each.value === search.range) ?? LENGTHS[2];
  const params = {
    q: setField(q, "created", null),
    by,
    measure,
    period: length.value,
    count: length.count,
    zone: times.zone || Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
  const { data, error, refetch } = useRead<CostReport>("run", "costs", params, { keep: true });
  const leads: Leads = (value, period) => runsOf(q, by, value, period.start, period.end);
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-auto bg-canvas">
      <div className="flex flex-none items-center gap-3 border-line border-b bg-surface px-3 py-2">
        <MeasureMenu
          value={measure}
          names={data?.measures ?? []}
          onChange={(metric) => setSearch({ metric })}
        />
        <ByMenu
          label="By"
          value={by}
          words={[
            { value: "job", label: "Job" },
            ...(isOfMetadata ? [{ value: "asset", label: "Asset" }] : []),
            { value: "location", label: "Location" },
            { value: "source", label: "What started it" },
          ]}
          tags={[
            { label: "Tag of the run", prefix: "tag:" },
            ...(isOfMetadata ? [{ label: "Tag of the asset", prefix: "asset_tag:" }] : []),
          ]}
          onChange={(next) => setSearch({ by: next })}
        />
        <Choice
          label="Periods"
          value={length.value}
          options={LENGTHS}
          onChange={(next) => setSearch({ range: next })}
        />
        <a className="btn ml-auto" href={apiUrl("costs.csv", params)} download>
          <Icon name="download" size={14} /> CSV
        </a>
      </div>
      {error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading />
      ) : sum(data.totals.amounts) === 0 ? (
        <Empty title="Nothing to sum up">
          <p>
            {isOfMetadata
              ? `No asset was written with the number ${measure.slice(METADATA.length)} in its metadata.`
              : measure === "cost"
                ? "No run carries the tag cost with a number. Numbers in the metadata of assets are summed up as well."
                : sum(data.totals.runs) > 0
                  ? "The runs of this time took none, as far as is known."
                  : "No run was created in this time."}
          </p>
        </Empty>
      ) : (
        <Report data={data} length={length.value} leads={leads} />
      )}
    </div>
  );
}

function MeasureMenu({
  value,
  names,
  onChange,
}: {
  value: string;
  names: readonly string[];
  onChange: (value: string) => void;
}) {
  const chosen = value.startsWith(METADATA) ? value.slice(METADATA.length) : null;
  const known = chosen && !names.includes(chosen) ? [chosen, ...names] : names;
  return (
    <label className="inline-flex items-center gap-2">
      <span className="text-faint">Sum up</span>
      <select className="field pr-6" value={value} onChange={(event) => onChange(event.target.value)}>
        {MEASURES.map((each) => (
          <option key={each.value} value={each.value}>
            {each.label}
          </option>
        ))}
        {known.length > 0 && (
          <optgroup label="Metadata of assets">
            {known.map((name) => (
              <option key={name} value={METADATA + name}>
                {name}
              </option>
            ))}
          </optgroup>
        )}
      </select>
    </label>
  );
}

function Report({ data, length, leads }: { data: CostReport; length: Length; leads: Leads }) {
  const times = useTimes();
  const isDark = document.documentElement.dataset.theme === "dark";
  const colorOf = (index: number) =>
    valueColor(data.by.replace(/^(asset_)?tag:/, ""), index, data.rows.length, isDark);
  const [hidden, setHidden] = useState<ReadonlySet<string | null>>(new Set());
  const toggle = (value: string | null) => {
    const next = new Set(hidden);
    if (!next.delete(value)) next.add(value);
    setHidden(next);
  };
  const series = data.rows
    .map((row, index) => ({
      value: row.value,
      name: nameOf(row),
      color: colorOf(index),
      values: row.amounts,
    }))
    .filter((each) => !hidden.has(each.value));
  const names = useMemo(
    () => data.periods.map((period) => times.period(period.start, length)),
    [data, length, times],
  );
  const at = useMemo(() => data.periods.map((period) => period.start), [data]);
  const format = useCallback(
    (value: number | null) => (value === null ? "–" : amountText(data.measure, value)),
    [data],
  );
  return (
    <div className="flex flex-col gap-3 p-3">
      <Summary data={data} length={length} />
      {data.omitted > 0 && (
        <p className="text-wait">
          {data.omitted.toLocaleString()} older runs match too and are not summed up. Take shorter periods, or
          narrow the filter.
        </p>
      )}
      <Panel title={`By ${length}`} bodyClass="p-2">
        <Plot
          label={`${data.measure} by ${data.by.replace(/^tag:/, "")}`}
          at={at}
          series={series}
          isBar
          isTime={data.measure === "run_time"}
          names={names}
          format={format}
        />
      </Panel>
      <Panel bodyClass="overflow-x-auto">
        <Table
          data={data}
          length={length}
          leads={leads}
          colorOf={colorOf}
          hidden={hidden}
          onToggle={toggle}
        />
      </Panel>
    </div>
  );
}

/** The three figures that are asked for first. */
function Summary({ data, length }: { data: CostReport; length: Length }) {
  const times = useTimes();
  const at = data.periods.findLastIndex((period) => period.is_over);
  const last = data.periods[at];
  const without = withoutShare(data);
  const key = data.by.replace(/^(asset_)?tag:/, "");
  return (
    <p className="flex flex-wrap items-baseline gap-x-6 gap-y-1 px-1 text-soft">
      {last && (
        <span>
          <strong className="text-ink">{amountText(data.measure, data.totals.amounts[at] ?? 0)}</strong>{" "}
          {IN[length]} {times.period(last.start, length)}
          {change(data.totals.amounts, data.periods) !== null && (
            <>
              , <Change share={change(data.totals.amounts, data.periods)} /> against the {length} before
            </>
          )}
        </span>
      )}
      {data.by.includes("tag:") && without !== null && (
        <span className={without > 0.05 ? "text-wait" : ""}>
          <strong className={without > 0.05 ? "" : "text-ink"}>{percent(without)}</strong> without {key}
        </span>
      )}
    </p>
  );
}

function Table({
  data,
  length,
  leads,
  colorOf,
  hidden,
  onToggle,
}: {
  data: CostReport;
  length: Length;
  leads: Leads;
  colorOf: (index: number) => string;
  hidden: ReadonlySet<string | null>;
  onToggle: (value: string | null) => void;
}) {
  const times = useTimes();
  const all = sum(data.totals.amounts);
  return (
    <table className="simple-table">
      <thead>
        <tr>
          <th scope="col">{data.by.replace(/^(asset_)?tag:/, "")}</th>
          {data.periods.map((period) => (
            <th key={period.start} scope="col" className="num">
              {times.period(period.start, length)}
              {!period.is_over && <span className="font-normal"> so far</span>}
            </th>
          ))}
          <th scope="col" className="num">
            In all
          </th>
          <th scope="col" className="num">
            Share
          </th>
          <th scope="col" className="num" title={`The last ${length} that is over, beside the one before it`}>
            Change
          </th>
        </tr>
      </thead>
      <tbody>
        {data.rows.map((row, index) => (
          <tr key={row.value === null ? "without" : `=${row.value}`}>
            <td>
              <span className="flex items-center gap-2">
                <button
                  type="button"
                  aria-pressed={!hidden.has(row.value)}
                  aria-label={`Show ${nameOf(row)} in the plot`}
                  className="grid size-6 flex-none place-items-center"
                  onClick={() => onToggle(row.value)}
                >
                  <span
                    className="size-3.5 rounded-[4px] border-2"
                    style={{
                      borderColor: colorOf(index),
                      background: hidden.has(row.value) ? "transparent" : colorOf(index),
                    }}
                  />
                </button>
                <RowName by={data.by} row={row} q={leads(row.value, whole(data.periods))} />
              </span>
            </td>
            {data.periods.map((period, at) => (
              <td key={period.start} className="num">
                <Figure
                  text={amountText(data.measure, row.amounts[at] ?? 0)}
                  q={(row.runs[at] ?? 0) > 0 && !isOfAssets(data.by) ? leads(row.value, period) : null}
                />
              </td>
            ))}
            <td className="num font-medium">{amountText(data.measure, sum(row.amounts))}</td>
            <td className="num text-soft">{all === 0 ? "–" : percent(sum(row.amounts) / all)}</td>
            <td className="num">
              <Change share={change(row.amounts, data.periods)} />
            </td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">All</th>
          {data.periods.map((period, at) => (
            <td key={period.start} className="num font-medium">
              {amountText(data.measure, data.totals.amounts[at] ?? 0)}
            </td>
          ))}
          <td className="num font-medium">{amountText(data.measure, all)}</td>
          <td className="num text-soft">100 %</td>
          <td className="num">
            <Change share={change(data.totals.amounts, data.periods)} />
          </td>
        </tr>
      </tfoot>
    </table>
  );
}

function RowName({ by, row, q }: { by: string; row: CostRow; q: string | null }) {
  if (by === "asset" && row.value !== null && row.value !== "(other)")
    return <AssetLink assetKey={row.value} />;
  if (by.startsWith("asset_tag:") && row.value !== "(other)") {
    const field = by.replace("asset_", "");
    const found = row.value === null ? `-${field}` : termText(field, [row.value]);
    return (
      <Link to="/assets" search={{ q: found }} className="link font-medium">
        {nameOf(row)}
      </Link>
    );
  }
  if (q === null || isOfAssets(by)) return <span className="font-medium">{nameOf(row)}</span>;
  return (
    <Link to="/runs" search={{ q }} className="link font-medium">
      {nameOf(row)}
    </Link>
  );
}

function Figure({ text, q }: { text: string; q: string | null }) {
  if (q === null) return <>{text}</>;
  return (
    <Link to="/runs" search={{ q }} className="link">
      {text}
    </Link>
  );
}

/** How much more or less, with its sign. */
function Change({ share }: { share: number | null }) {
  if (share === null) return <span className="text-faint">–</span>;
  return <span className={share > 0.2 ? "text-wait" : ""}>{`${share > 0 ? "+" : ""}${percent(share)}`}</span>;
}

function whole(periods: readonly CostPeriod[]): CostPeriod {
  const [first, last] = [periods[0], periods.at(-1)];
  return { start: first?.start ?? 0, end: last?.end ?? 0, is_over: false };
}

const nameOf = (row: CostRow) => row.value ?? "(without)";
const percent = (share: number) =>
  share > 0 && share < 0.005 ? "under 1 %" : `${Math.round(share * 100)} %`;
