import { Link } from "@tanstack/react-router";
import { useRead } from "@/api/queries";
import type { LimitChange, LimitRow, Page } from "@/api/types";
import { Panel } from "@/ui/Panel";
import { RunLink, UsedBar } from "@/ui/parts";
import { StaticChip } from "@/ui/TagChip";
import { Ago } from "@/ui/Time";

/** Who holds the limit, who waits for it, and who changed it. */
export function LimitDetail({ row }: { row: LimitRow }) {
  const { data } = useRead<Page<LimitChange>>("limit", `limits/${row.id}/history`);
  return (
    <div className="flex w-96 flex-none flex-col gap-3">
      {row.groups.length > 0 && (
        <Panel title="Each value">
          <ul className="py-1">
            {row.groups.map((group) => (
              <li key={group.value} className="flex min-h-7 items-center gap-3 px-3">
                <span className="flex w-28 flex-none">
                  {row.key && <StaticChip tagKey={row.key} value={group.value} />}
                </span>
                <UsedBar used={group.used} limit={row.limit} waiting={group.waiting} />
              </li>
            ))}
          </ul>
        </Panel>
      )}
      <Panel title="Holds it" aside={<span className="text-faint">{row.holders.length}</span>}>
        {row.holders.length === 0 && <p className="p-3 text-faint">Nobody.</p>}
        <ul>
          {row.holders.map((holder) => (
            <li
              key={holder.run_id}
              className="flex h-8 items-center gap-2 border-line border-b px-3 last:border-b-0"
            >
              <RunLink id={holder.run_id} />
              <span className="min-w-0 flex-1 truncate">
                {holder.job ?? "assets"}
                {holder.step && ` / ${holder.step}`}
              </span>
              <span className="text-faint">
                <Ago at={holder.since} />
              </span>
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title="Waits for it" aside={<span className="text-faint">{row.waiting}</span>}>
        {row.waiters.length === 0 && <p className="p-3 text-faint">Nobody.</p>}
        <ul>
          {row.waiters.map((waiter) => (
            <li
              key={waiter.run_id}
              className="flex h-8 items-center gap-2 border-line border-b px-3 last:border-b-0"
            >
              <span className="w-6 text-right text-faint">{waiter.position}</span>
              <RunLink id={waiter.run_id} />
              <span className="min-w-0 flex-1 truncate">{waiter.job ?? "assets"}</span>
              {waiter.priority !== 0 && <span className="count">{waiter.priority}</span>}
            </li>
          ))}
        </ul>
        {row.waiting > row.waiters.length && (
          <p className="px-3 py-2">
            <Link to="/runs" search={{ q: "status:queued" }} className="link text-accent">
              All that wait
            </Link>
          </p>
        )}
      </Panel>
      {data && data.items.length > 0 && (
        <Panel title="Changed by">
          <ul>
            {data.items.map((change) => (
              <li key={change.at} className="flex h-8 items-center gap-2 px-3">
                <span className="text-faint">
                  <Ago at={change.at} />
                </span>
                <span className="flex-1">{change.author}</span>
                <span>
                  {change.before ?? "–"} → {change.after ?? "removed"}
                </span>
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </div>
  );
}
