import { api } from "@/api/client";
import { refresh, useRead } from "@/api/queries";
import type { AuditRow, InstanceConfig, Page } from "@/api/types";
import { Failure, Loading, Panel } from "@/ui/Panel";
import { Facts } from "@/ui/parts";
import { Ago } from "@/ui/Time";
import { toastError } from "@/ui/toasts";

export function Config() {
  const { data, error } = useRead<InstanceConfig>("daemon", "config");
  const audit = useRead<Page<AuditRow>>("daemon", "audit", { limit: 30 }).data;
  if (error) return <Failure error={error} />;
  if (!data) return <Loading />;
  const pause = async () => {
    try {
      await api.post(`queue/${data.queue_paused ? "resume" : "pause"}`);
      refresh("daemon", "run");
    } catch (fault) {
      toastError(fault);
    }
  };
  return (
    <div className="grid grid-cols-2 items-start gap-3">
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
                  {row.value}
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
                  <td className="text-faint">
                    <Ago at={row.at} />
                  </td>
                  <td>{row.author}</td>
                  <td className="font-mono text-[12px]">{row.action}</td>
                  <td>
                    {row.target} <span className="text-faint">{row.detail}</span>
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
