import { useEffect } from "react";
import { useRead } from "@/api/queries";
import type { RunDetail, RunOutput } from "@/api/types";
import { isFinished } from "@/model/status";
import { Failure, Loading } from "@/ui/Panel";
import { useUrl } from "@/ui/url";

const TAIL = 256 * 1024;

/** What a step wrote; the last 256 KiB, as it comes. */
export function Output({ run, stream }: { run: RunDetail; stream: "stdout" | "stderr" }) {
  const [search, setSearch] = useUrl();
  const written = run.step_rows.filter((step) => step.has_output);
  const step = search.step ?? run.first_failure?.step ?? written.at(-1)?.key ?? "";
  const { data, error } = useRead<RunOutput>(
    "run_events",
    `runs/${run.id}/output`,
    { step, stream, offset: -TAIL, limit: TAIL },
    isFinished(run.status) ? {} : { every: 2000 },
  );
  useEffect(() => {
    document.getElementById("output-end")?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-none items-center gap-2 border-line border-b px-3 py-1.5">
        <label className="flex items-center gap-2 text-soft">
          Step
          <select
            className="field h-6"
            value={step}
            onChange={(event) => setSearch({ step: event.target.value })}
          >
            {written.map((each) => (
              <option key={each.key}>{each.key}</option>
            ))}
          </select>
        </label>
        {data && data.offset > 0 && (
          <span className="text-faint">
            the last {Math.round((data.size - data.offset) / 1024)} KiB of {Math.round(data.size / 1024)}
          </span>
        )}
      </div>
      {error ? (
        <Failure error={error} />
      ) : !data ? (
        <Loading />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keys
        <pre tabIndex={0} className="code min-h-0 flex-1 px-4 py-2">
          {data.text || <span className="text-faint">Nothing was written to {stream}.</span>}
          <span id="output-end" />
        </pre>
      )}
    </div>
  );
}
