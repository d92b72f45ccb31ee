import { api } from "@/api/client";
import { refresh, useRead } from "@/api/queries";
import type { AuditRow, InstanceConfig, Page } from "@/api/types";
import { shortRunId } from "@/model/paths";
import { Failure, Loading, Panel } from "@/ui/Panel";
import { Facts } from "@/ui/parts";
import { Ago } from "@/ui/Time";
import { toast, toastError } from "@/ui/toasts";

/** Holds the queue or lets it go on, and says how to take it back. */
async function turnQueue(action: "pause" | "resume", isUndo = false): Promise<void> {
  await api.post(`queue/${action}`);
  refresh("daemon", "run");
  const back = action === "pause" ? "resume" : "pause";
  toast(
    action === "pause" ? "The queue is paused: no waiting run starts." : "The queue goes on.",
    isUndo ? null : { label: "Undo", run: () => void turnQueue(back, true).catch(toastError) },
  );
}

export function Config() {
  const { data, error } = useRead<InstanceConfig>("daemon", "config");
  const audit = useRead<Page<AuditRow>>("daemon", "audit", { limit: 30 }).data;
  if (error) return <Failure error={error} />;
  if (!data) return <Loading />;
  const pause = async () => {
    try {
      await turnQueue(data.queue_paused ? "resume" : "pause");
    } catch (fault) {
      toastError(fault);
    }
  };
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)] items-start gap-3">
      <Panel className="col-span-2" bodyClass="flex items-center gap-6 p-4">
        <Facts
          facts={[
            [
              "Home",
              <code key="h" className="font-mono text-[12px]">
                {data.home}
              </code>,
            ],
            ["Store", data.store],
            [
              "File",
              <code key="f" className="font-mono text-[12px]">
                {data.file ?? "none"}
              </code>,
            ],
            ["Queue", data.queue_paused ? "paused" : "open"],
          ]}
        />
        <span className="flex-1" />
        <button type="button" className="btn" onClick={() => void pause()}>
          {data.queue_paused ? "Resume the queue" : "Pause the queue"}
        </button>
      </Panel>
      <Panel title="Settings">
        <table className="simple-table">
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col">Value</th>
              <th scope="col">From</th>
            </tr>
          </thead>
          <tbody>
            {data.settings.map((row) => (
              <tr key={row.key}>
                <td>
                  <code className="font-mono text-[12px]">{row.key}</code>
                  <span className="block text-faint text-sm">{row.description}</span>
                </td>
                <td>
                  <Value text={row.value} />
                  {row.default !== null && row.default !== row.value && (
                    <span className="text-faint"> (usual: {row.default})</span>
                  )}
                </td>
                <td className="text-soft">{row.source}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
      <div className="flex flex-col gap-3">
        <Panel title="As it is written">
          <pre className="code max-h-80 p-3">{data.text}</pre>
        </Panel>
        <Panel title="Who changed what">
          <table className="simple-table">
            <tbody>
              {audit?.items.map((row) => (
                <tr key={row.seq}>
                  <td className="whitespace-nowrap text-faint">
                    <Ago at={row.at} />
                  </td>
                  <td>{row.author}</td>
                  <td className="font-mono text-[12px]">{row.action}</td>
                  <td className="wrap-anywhere">
                    <span title={row.target}>{shortRunId(row.target)}</span>{" "}
                    <span className="text-faint">{row.detail}</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
      </div>
    </div>
  );
}

const NOTHING = new Set(["null", "{}", "[]", ""]);

/** A setting as it holds: data line by line, and a word where nothing is set. */
function Value({ text }: { text: string }) {
  if (NOTHING.has(text)) return <span className="text-faint">not set</span>;
  const lines = /^[[{]/.test(text) ? laidOut(text) : null;
  if (lines === null) return <span className="wrap-anywhere">{text}</span>;
  return <code className="wrap-anywhere block whitespace-pre-wrap py-1 font-mono text-[12px]">{lines}</code>;
}

/** Each item of a list, or each entry of a table, on a line of its own; null for what is no JSON. */
function laidOut(text: string): string | null {
  try {
    const data: unknown = JSON.parse(text);
    const lines = Array.isArray(data)
      ? data.map(line)
      : Object.entries(data as object).map(([key, value]) => `${key}: ${line(value)}`);
    return lines.join("\n");
  } catch {
    return null;
  }
}

function line(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([key, each]) => `${key}: ${typeof each === "object" ? JSON.stringify(each) : each}`)
    .join(", ");
}
