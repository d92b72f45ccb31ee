import { useRead } from "@/api/queries";
import type { DaemonRow, Page } from "@/api/types";
import { duration } from "@/model/time";
import { Failure, Loading, Panel } from "@/ui/Panel";
import { Status } from "@/ui/Status";
import { Ago } from "@/ui/Time";

export function Daemons() {
  const { data, error } = useRead<Page<DaemonRow>>("daemon", "daemons", {}, { every: 5000 });
  if (error) return <Failure error={error} />;
  if (!data) return <Loading />;
  return (
    <Panel>
      <table className="simple-table">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Loop</th>
            <th scope="col">Host</th>
            <th scope="col">Leads</th>
            <th scope="col">Last heartbeat</th>
            <th scope="col" className="num">
              Every
            </th>
            <th scope="col">Detail</th>
          </tr>
        </thead>
        <tbody>
          {data.items.map((row) => (
            <tr key={`${row.name}@${row.host}:${row.pid}`}>
              <td>
                <Status
                  status={row.is_healthy ? "succeeded" : "failed"}
                  word={row.is_healthy ? "Healthy" : "Silent"}
                />
              </td>
              <td className="font-medium">{row.name}</td>
              <td>
                {row.host}
                {row.pid !== null && <span className="text-soft"> · {row.pid}</span>}
              </td>
              <td>{row.is_leader ? `leads, epoch ${row.epoch}` : "stands by"}</td>
              <td>
                <Ago at={row.last_beat} none="never" />
              </td>
              <td className="num">{duration(row.interval)}</td>
              <td className={row.error ? "text-bad-ink" : "text-soft"}>{row.error ?? row.detail}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
