import { Link } from "@tanstack/react-router";
import { useRead } from "@/api/queries";
import type { Explanation } from "@/api/types";
import { Icon } from "@/ui/Icon";
import { RunLink, UsedBar } from "@/ui/parts";
import { Ago } from "@/ui/Time";

/** The scheduler's own record: each gate, who holds it, and what would open it. */
export function WhyWaits({ id }: { id: string }) {
  const { data } = useRead<Explanation>("run", `runs/${id}/explain`, {}, { every: 5000 });
  if (!data) return null;
  return (
    <section
      aria-label="Why it waits"
      className="flex-none border-line border-b border-l-3 border-l-wait bg-wait-tint px-4 py-2.5"
    >
      <div className="flex items-baseline gap-3 pb-1.5">
        <h2 className="font-semibold">{data.sentence}</h2>
        {data.position !== null && <span className="text-soft">number {data.position} in line</span>}
        <span className="text-faint text-sm">
          decided <Ago at={data.decided_at} />
        </span>
      </div>
      <table className="w-full max-w-4xl">
        <tbody>
          {data.gates.map((gate) => (
            <tr key={gate.label} className="h-7 align-middle">
              <td className="w-6">
                <Icon
                  name={gate.is_open ? "check" : "lock"}
                  size={14}
                  className={gate.is_open ? "text-good" : "text-wait"}
                />
              </td>
              <td className="w-52 pr-3 font-medium">
                {gate.limit_id ? (
                  <Link
                    to="/deployment/$section"
                    params={{ section: "concurrency" }}
                    search={{ select: gate.limit_id }}
                    className="link"
                  >
                    {gate.label}
                  </Link>
                ) : (
                  gate.label
                )}
              </td>
              <td className="w-56">
                <UsedBar used={gate.used} limit={gate.limit} />
              </td>
              <td className="text-soft">
                {gate.is_open ? (
                  "open"
                ) : (
                  <span className="flex flex-wrap items-center gap-x-2">
                    held by
                    {gate.holders.map((holder) => (
                      <span key={holder.run_id} className="flex items-center gap-1">
                        <RunLink id={holder.run_id} /> <span className="text-faint">{holder.job}</span>
                      </span>
                    ))}
                    <span className="text-faint">· opens {gate.would_open}</span>
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
