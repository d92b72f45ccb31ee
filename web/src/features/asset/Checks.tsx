import { useRead } from "@/api/queries";
import type { CheckRow, Page } from "@/api/types";
import { Empty, Failure, Loading } from "@/ui/Panel";
import { RunLink } from "@/ui/parts";
import { Status } from "@/ui/Status";
import { Ago } from "@/ui/Time";

export function Checks({ assetKey }: { assetKey: string }) {
  const { data, error } = useRead<Page<CheckRow>>("asset", "asset/checks", { key: assetKey });
  if (error) return <Failure error={error} />;
  if (!data) return <Loading />;
  if (data.items.length === 0) {
    return (
      <Empty title="No checks">
        A check says whether the data is good: see <code className="font-mono">@asset_check</code>.
      </Empty>
    );
  }
  return (
    <div className="min-h-0 flex-1 overflow-auto bg-surface">
      <table className="simple-table">
        <thead>
          <tr>
            <th scope="col">Status</th>
            <th scope="col">Check</th>
            <th scope="col">What it looks at</th>
            <th scope="col">Last results</th>
            <th scope="col">When</th>
            <th scope="col">Run</th>
          </tr>
        </thead>
        <tbody>
          {data.items.map((check) => (
            <tr key={check.name}>
              <td>
                <Status status={check.status} />
              </td>
              <td>
                <span className="font-medium font-mono text-[12.5px]">{check.name}</span>
                {check.is_blocking && <span className="count ml-2">blocks</span>}
              </td>
              <td className="text-soft">{check.description}</td>
              <td>
                <span
                  className="flex gap-[3px]"
                  role="img"
                  aria-label={`${check.history.filter((each) => !each.passed).length} of the last ${check.history.length} failed`}
                >
                  {[...check.history].reverse().map((each) => (
                    <span
                      key={each.at}
                      className={`h-4 w-1.5 rounded-[2px] ${each.passed ? "bg-good" : check.status === "warned" ? "bg-wait" : "bg-bad"}`}
                    />
                  ))}
                </span>
              </td>
              <td className="whitespace-nowrap">
                <Ago at={check.at} none="never" />
              </td>
              <td>{check.run_id && <RunLink id={check.run_id} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
