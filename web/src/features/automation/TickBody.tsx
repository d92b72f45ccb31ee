import type { TickDetail } from "@/api/types";
import { ErrorText, RunLink } from "@/ui/parts";
import { useTimes } from "@/ui/preferences";
import { Status } from "@/ui/Status";
import { StaticChip } from "@/ui/TagChip";

/** What a tick did, or would do: the runs it asks for, why it skipped, its error and its log. */
export function TickBody({ tick, isPreview = false }: { tick: TickDetail; isPreview?: boolean }) {
  const times = useTimes();
  return (
    <div className="flex flex-col gap-3">
      <p className="flex items-center gap-2">
        <Status status={tick.status} />
        {isPreview && tick.requests.length > 0 && (
          <span className="text-soft">
            would start {tick.requests.length === 1 ? "one run" : `${tick.requests.length} runs`}
          </span>
        )}
        {isPreview && tick.cursor && (
          <span className="min-w-0 truncate text-soft">
            and leave the cursor at <code className="font-mono text-[12px]">{tick.cursor}</code>
          </span>
        )}
      </p>
      {tick.skip_reason && <p>{tick.skip_reason}</p>}
      {tick.error && <ErrorText error={tick.error} isOpen />}
      {tick.run_ids.length > 0 && !isPreview && (
        <p className="flex gap-2">
          Runs{" "}
          {tick.run_ids.map((id) => (
            <RunLink key={id} id={id} />
          ))}
        </p>
      )}
      {tick.requests.length > 0 && (
        <table className="simple-table">
          <thead>
            <tr>
              <th scope="col">Job</th>
              <th scope="col">Run key</th>
              <th scope="col">Partition</th>
              <th scope="col">Tags</th>
            </tr>
          </thead>
          <tbody>
            {tick.requests.map((request) => (
              <tr key={request.run_key ?? request.partition ?? ""}>
                <td>{request.job ?? "assets"}</td>
                <td className="font-mono text-[12px]">{request.run_key ?? "–"}</td>
                <td>{request.partition ?? "–"}</td>
                <td>
                  {request.refused && <p className="text-bad-ink">Refused: {request.refused}</p>}
                  <span className="flex flex-wrap gap-1">
                    {Object.entries(request.tags).map(([key, value]) => (
                      <StaticChip key={key} tagKey={key} value={value} />
                    ))}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {tick.logs.length > 0 && (
        <pre className="code rounded-md border border-line bg-sunken p-2">
          {tick.logs.map((line) => `${times.clock(line.at)} ${line.level} ${line.message}\n`)}
        </pre>
      )}
      {tick.output && <pre className="code rounded-md border border-line bg-sunken p-2">{tick.output}</pre>}
    </div>
  );
}
