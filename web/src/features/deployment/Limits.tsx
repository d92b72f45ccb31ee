import { useState } from "react";
import { api } from "@/api/client";
import { refresh, useRead } from "@/api/queries";
import type { LimitEdit, LimitRow, Page } from "@/api/types";
import { duration } from "@/model/time";
import { Icon } from "@/ui/Icon";
import { Failure, Loading, Panel } from "@/ui/Panel";
import { UsedBar } from "@/ui/parts";
import { HueDot } from "@/ui/TagChip";
import { toast, toastError } from "@/ui/toasts";
import { useUrl } from "@/ui/url";
import { LimitDetail } from "./LimitDetail";
import { LimitDialog } from "./LimitDialog";

const KIND: Record<LimitRow["kind"], string> = {
  runs: "All runs",
  tag: "Runs by tag",
  query: "Runs by query",
  pool: "Steps of a pool",
  rate: "Starts per time",
};

export function editOf(row: LimitRow): LimitEdit {
  const { kind, key, value, per_unique_value, where, per, limit, period, note } = row;
  return { kind, key, value, per_unique_value, where, per, limit, period, note };
}

/** Every limit in one table: used against limit, who holds, who waits; the number is edited in place. */
export function Limits() {
  const [search, setSearch] = useUrl();
  const { data, error } = useRead<Page<LimitRow>>("limit", "limits", { limit: 200 });
  const [isAdding, setAdding] = useState(false);
  if (error) return <Failure error={error} />;
  if (!data) return <Loading />;
  const text = search.text ?? "";
  const rows = data.items.filter((row) => `${row.label} ${row.key ?? ""} ${row.where ?? ""}`.includes(text));
  const chosen = data.items.find((row) => row.id === search.select);
  return (
    <div className="flex items-start gap-3">
      <Panel
        className="min-w-0 flex-1"
        title="Limits"
        aside={
          <>
            {text && (
              <button
                type="button"
                className="btn btn-small"
                onClick={() => setSearch({ text: undefined } as never)}
              >
                with {text} <Icon name="close" size={12} />
              </button>
            )}
            <button type="button" className="btn btn-primary btn-small" onClick={() => setAdding(true)}>
              <Icon name="plus" size={13} /> Add a limit
            </button>
          </>
        }
      >
        <table className="simple-table">
          <thead>
            <tr>
              <th scope="col">Limit</th>
              <th scope="col">What it holds back</th>
              <th scope="col">At most</th>
              <th scope="col">Used now</th>
              <th scope="col">From</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id} className={row.id === search.select ? "[&>td]:bg-accent-tint" : ""}>
                <td>
                  <button
                    type="button"
                    className="link flex items-center gap-2 font-medium"
                    aria-expanded={row.id === search.select}
                    onClick={() =>
                      setSearch({ select: row.id === search.select ? undefined : row.id } as never)
                    }
                  >
                    {row.key && row.kind !== "pool" && <HueDot tagKey={row.key} />}
                    <span className={row.kind === "query" ? "font-mono text-[12px]" : ""}>{row.label}</span>
                  </button>
                  {row.note && <span className="block text-faint text-sm">{row.note}</span>}
                </td>
                <td className="text-soft">
                  {KIND[row.kind]}
                  {row.per_unique_value && ", each value apart"}
                  {row.per.length > 0 && `, each ${row.per.join(" and ")} apart`}
                </td>
                <td>
                  <LimitNumber row={row} />
                </td>
                <td>
                  <UsedBar
                    used={row.used}
                    limit={
                      row.per_unique_value && row.limit >= 0
                        ? row.limit * Math.max(1, row.groups.length)
                        : row.limit
                    }
                    waiting={row.waiting}
                  />
                </td>
                <td className="text-faint">{row.source}</td>
                <td className="text-right">
                  {row.kind !== "runs" && row.source !== "default" && (
                    <button
                      type="button"
                      className="btn btn-quiet btn-small btn-icon"
                      aria-label={`Remove limit ${row.label}`}
                      onClick={() => void remove(row)}
                    >
                      <Icon name="trash" size={14} />
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
      {chosen && <LimitDetail row={chosen} />}
      {isAdding && <LimitDialog onClose={() => setAdding(false)} />}
    </div>
  );
}

async function remove(row: LimitRow): Promise<void> {
  try {
    await api.delete(`limits/${row.id}`);
    refresh("limit", "run");
    toast(`Removed ${row.label}`, {
      label: "Undo",
      run: () => void api.post("limits", editOf(row)).then(() => refresh("limit", "run"), toastError),
    });
  } catch (error) {
    toastError(error);
  }
}

/** The number itself is the editor: type and press Enter; it holds at once. */
function LimitNumber({ row }: { row: LimitRow }) {
  const [text, setText] = useState<string | null>(null);
  const save = async () => {
    const limit = Number(text);
    setText(null);
    if (text === null || text.trim() === "" || !Number.isInteger(limit) || limit < -1 || limit === row.limit)
      return;
    try {
      await api.put(`limits/${row.id}`, { ...editOf(row), limit });
      refresh("limit", "run");
      toast(`${row.label}: ${row.limit} → ${limit}`, {
        label: "Undo",
        run: () =>
          void api.put(`limits/${row.id}`, editOf(row)).then(() => refresh("limit", "run"), toastError),
      });
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <span className="flex items-center gap-2">
      <input
        className="field h-6 w-16 text-right"
        inputMode="numeric"
        aria-label={`Limit of ${row.label}; -1 is unlimited`}
        value={text ?? String(row.limit)}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => void save()}
        onKeyDown={(event) => {
          if (event.key === "Enter") event.currentTarget.blur();
          if (event.key === "Escape") setText(null);
        }}
      />
      {row.period !== null && (
        <span className="whitespace-nowrap text-faint">per {duration(row.period)}</span>
      )}
    </span>
  );
}
