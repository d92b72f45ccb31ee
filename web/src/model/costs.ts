import type { CostPeriod, CostReport, Micros } from "@/api/types";
import { addTerm, setField, termText } from "./query";
import { duration } from "./time";

/** `12.40`, `1,240`, `3.3 h`, `20 m 5 s`: an amount as its measure is read. */
export function amountText(measure: string, amount: number): string {
  if (amount === 0) return "–";
  if (measure === "run_time") return amount < 3600 ? duration(amount) : `${hours(amount)} h`;
  const digits = measure === "runs" ? 0 : Math.abs(amount) < 100 ? 2 : 0;
  return amount.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Hours, which can be multiplied by what one costs; days cannot be read off so well. */
function hours(seconds: number): string {
  return (seconds / 3600).toLocaleString("en", {
    minimumFractionDigits: seconds < 360_000 ? 1 : 0,
    maximumFractionDigits: seconds < 360_000 ? 1 : 0,
  });
}

/** How much more the last period that is over came to than the one before it, as a share; null where one has nothing. */
export function change(amounts: readonly number[], periods: readonly CostPeriod[]): number | null {
  const last = periods.findLastIndex((period) => period.is_over);
  const now = amounts[last];
  const before = amounts[last - 1];
  if (now === undefined || !before) return null;
  return now / before - 1;
}

/** What of everything carries no tag, as a share; null where there is nothing. */
export function withoutShare(report: CostReport): number | null {
  const all = sum(report.totals.amounts);
  const without = report.rows.find((row) => row.value === null);
  return all === 0 ? null : sum(without?.amounts ?? []) / all;
}

export function sum(amounts: readonly number[]): number {
  return amounts.reduce((all, one) => all + one, 0);
}

/** Whether what makes a row is of assets, not of runs. */
export const isOfAssets = (by: string) => by === "asset" || by.startsWith("asset_tag:");

/** What the rest is called that is summed up in one row. */
const OTHER = "(other)";

/** The term that finds the runs of a row; null where none does. */
export function termOfRow(by: string, value: string | null): string | null {
  if (value === OTHER) return null;
  if (by.startsWith("tag:"))
    return value === null ? `-${termText(by, []).replace(/=$/, "")}` : termText(by, [value]);
  if (by === "job") return termText("job", [value ?? "__ASSET_JOB"]);
  if (by === "location") return value === null ? null : termText("code_location", [value]);
  if (by === "source") return value === "schedule" || value === "sensor" ? `${value}:*` : null;
  return null;
}

/** The query of the runs that a figure is made of, those that were created in a period; null where there is none. */
export function runsOf(
  q: string,
  by: string,
  value: string | null,
  start: Micros,
  end: Micros,
): string | null {
  const term = isOfAssets(by) ? "" : termOfRow(by, value);
  if (term === null) return null;
  const own = setField(q, "created", null);
  const span = `created:>=${instant(start)} created:<${instant(end)}`;
  return addTerm(term === "" ? own : addTerm(own, term), span);
}

function instant(at: Micros): string {
  return new Date(at / 1000).toISOString();
}
