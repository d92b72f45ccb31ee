import { useRead } from "@/api/queries";
import type { RunComparison, RunComparisonStep, RunDetail, RunRow } from "@/api/types";
import { byDifference, endedOtherwise } from "@/model/compare";
import { shortId } from "@/model/paths";
import { duration } from "@/model/time";
import { Empty, Failure, Loading, Panel } from "@/ui/Panel";
import { RunLink } from "@/ui/parts";
import { Status } from "@/ui/Status";
import { HueDot, StaticChip } from "@/ui/TagChip";
import { Ago } from "@/ui/Time";
import { useUrl } from "@/ui/url";

/** The run beside another, by default the last good one of its job: what is not the same. */
export function Compare({ run }: { run: RunDetail }) {
  const [search, setSearch] = useUrl();
  const others = candidates(run);
  const other = search.with ?? others[0]?.id;
  const { data, error } = useRead<RunComparison>(
    "run",
    `runs/${run.id}/compare`,
    { with: other },
    { enabled: other !== undefined },
  );
  if (other === undefined) {
    return (
      <Empty title="Nothing to compare with">
        <p>
          No other run of {run.job ?? "these assets"} has succeeded. Any run can be named in the address:{" "}
          <code className="font-mono">with=</code> and its id.
        </p>
      </Empty>
    );
  }
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-auto bg-canvas">
      <div className="flex flex-none items-center gap-2 px-4 pt-3">
        <label htmlFor="compare-with" className="text-soft">
          Compared with
        </label>
        <select
          id="compare-with"
          className="field"
          value={other}
          onChange={(event) => setSearch({ with: event.target.value })}
        >
          {others.map(({ id, label }) => (
            <option key={id} value={id}>
              {shortId(id)}, {label}
            </option>
          ))}
          {others.every(({ id }) => id !== other) && <option value={other}>{shortId(other)}</option>}
        </select>
        <RunLink id={other} />
      </div>
      {error ? <Failure error={error} /> : data ? <Differences found={data} /> : <Loading rows={6} />}
    </div>
  );
}

function candidates(run: RunDetail): { id: string; label: string }[] {
  const found = [
    ...(run.last_good ? [{ id: run.last_good.id, label: "the last good run" }] : []),
    ...(run.parent ? [{ id: run.parent, label: "the run it repeats" }] : []),
    ...run.family.map(({ id }) => ({ id, label: "of its family" })),
  ];
  return found.filter(({ id }, at) => id !== run.id && found.findIndex((each) => each.id === id) === at);
}

function Differences({ found }: { found: RunComparison }) {
  const steps = byDifference(found.steps);
  return (
    <div className="grid grid-cols-[minmax(0,4fr)_minmax(0,5fr)] items-start gap-3 p-3">
      <div className="flex min-w-0 flex-col gap-3">
        <Panel title="Runs">
          <Sides here={found.run} there={found.other} />
        </Panel>
        <Panel title="Tags" aside={<span className="text-faint">{found.tags.length} differ</span>}>
          {found.tags.length === 0 ? (
            <p className="p-3 text-faint">Both have the same tags.</p>
          ) : (
            <table className="simple-table">
              <Head first="Key" />
              <tbody>
                {found.tags.map((tag) => (
                  <tr key={tag.key}>
                    <td>
                      <span className="flex items-center gap-2" title={tag.key}>
                        <HueDot tagKey={tag.key} /> {tag.key.replace(/^dagster\//, "")}
                      </span>
                    </td>
                    <TagCell tagKey={tag.key} value={tag.value} />
                    <TagCell tagKey={tag.key} value={tag.other} />
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Panel>
      </div>
      <div className="flex min-w-0 flex-col gap-3">
        <Panel
          title="Steps"
          aside={
            <span className="text-faint">
              {steps.filter(endedOtherwise).length} ended otherwise
              {!found.same_plan && ", of other definitions"}
            </span>
          }
        >
          <StepTable steps={steps} />
        </Panel>
        <Panel title="Configuration" aside={<span className="text-faint">{found.config.length} differ</span>}>
          {found.config.length === 0 ? (
            <p className="p-3 text-faint">Both have the same configuration.</p>
          ) : (
            <table className="simple-table font-mono text-[12px]">
              <Head first="Value" />
              <tbody>
                {found.config.map((one) => (
                  <tr key={one.path}>
                    <td className="break-all">{one.path}</td>
                    <td className="break-all">{one.value ?? <None />}</td>
                    <td className="break-all">{one.other ?? <None />}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Panel>
      </div>
    </div>
  );
}

function TagCell({ tagKey, value }: { tagKey: string; value: string | null }) {
  return (
    <td className="max-w-40">
      {value === null ? <None /> : <StaticChip tagKey={tagKey} value={value} isBare />}
    </td>
  );
}

function Head({ first }: { first: string }) {
  return (
    <thead>
      <tr>
        <th scope="col">{first}</th>
        <th scope="col">This run</th>
        <th scope="col">The other</th>
      </tr>
    </thead>
  );
}

function None() {
  return <span className="text-faint">–</span>;
}

function Sides({ here, there }: { here: RunRow; there: RunRow }) {
  const always: [string, (run: RunRow) => React.ReactNode][] = [
    ["Ended", (run) => <Status status={run.status} />],
    ["Started", (run) => <Ago at={run.started_at} none="never" />],
    ["Took", (run) => duration(run.duration)],
    ["In queue", (run) => duration(run.queued)],
  ];
  const ifOther: [string, (run: RunRow) => string | number | null][] = [
    ["Priority", (run) => run.priority],
    ["Partition", (run) => run.partition],
    ["By", (run) => [run.source.kind, run.source.name].filter(Boolean).join(" ")],
  ];
  return (
    <table className="simple-table">
      <Head first="" />
      <tbody>
        {[...always, ...ifOther.filter(([, show]) => show(here) !== show(there))].map(([label, show]) => (
          <tr key={label}>
            <td className="text-faint">{label}</td>
            <td>{show(here) ?? <None />}</td>
            <td>{show(there) ?? <None />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const MOST = 200;

function StepTable({ steps }: { steps: readonly RunComparisonStep[] }) {
  const most = Math.max(...steps.map((step) => Math.abs(step.change ?? 0)), 0.001);
  return (
    <>
      <table className="simple-table">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">This run</th>
            <th scope="col">The other</th>
            <th scope="col" className="num">
              Longer by
            </th>
            <th scope="col" className="w-14">
              <span className="visually-hidden">How much</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {steps.slice(0, MOST).map((step) => (
            <tr
              key={step.key}
              className={endedOtherwise(step) ? "[&>td:first-child]:shadow-[inset_3px_0_0_var(--wait)]" : ""}
            >
              <td className="max-w-56 truncate font-mono text-[12px]" title={step.key}>
                {step.key}
              </td>
              <td>
                <Side status={step.status} seconds={step.seconds} />
              </td>
              <td>
                <Side status={step.other_status} seconds={step.other_seconds} />
              </td>
              <td className="num">{step.change === null ? "–" : duration(step.change)}</td>
              <td>{step.change !== null && <Bar share={step.change / most} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {steps.length > MOST && (
        <p className="px-3 py-2 text-faint">{steps.length - MOST} steps more, less different</p>
      )}
    </>
  );
}

function Side({ status, seconds }: { status: RunComparisonStep["status"]; seconds: number | null }) {
  if (!status) return <span className="text-faint">no such step</span>;
  return (
    <span className="flex items-center gap-2 whitespace-nowrap">
      <Status status={status} /> {seconds !== null && duration(seconds)}
    </span>
  );
}

/** To the right of the middle for longer, to the left for shorter. */
function Bar({ share }: { share: number }) {
  const width = Math.abs(share) * 50;
  return (
    <span className="relative block h-2 w-12 rounded-full bg-line">
      <span
        className={`absolute inset-y-0 rounded-full ${share > 0 ? "bg-wait" : "bg-good"}`}
        style={{ left: `${share > 0 ? 50 : 50 - width}%`, width: `${width}%` }}
      />
    </span>
  );
}
