import { useState } from "react";
import { useRead } from "@/api/queries";
import type { Facet, Facets, Scope } from "@/api/types";
import { addTerm, excludeValue, selectedValues, toggleValue } from "@/model/query";
import { type AnyStatus, look } from "@/model/status";
import { Icon } from "./Icon";
import { StatusShape } from "./Status";
import { HueDot } from "./TagChip";

export interface FacetRailProps {
  scope: Scope;
  q: string;
  onChange: (q: string) => void;
  /** The fields to show; the server's choice without. */
  fields?: string;
}

/** Values with counts beside a list. A press puts the value into the query text, Alt-press excludes it. */
export function FacetRail({ scope, q, onChange, fields }: FacetRailProps) {
  const [wanted, setWanted] = useState(8);
  const { data } = useRead<Facets>("query", "facets", { scope, q, fields, limit: wanted }, { keep: true });
  return (
    <nav aria-label="Facets" className="w-52 flex-none overflow-y-auto border-line border-r bg-surface py-2">
      {data?.facets.map((facet) => (
        <FacetGroup
          key={facet.field}
          facet={facet}
          q={q}
          onChange={onChange}
          onMore={() => setWanted(wanted + 24)}
        />
      ))}
    </nav>
  );
}

function FacetGroup({
  facet,
  q,
  onChange,
  onMore,
}: {
  facet: Facet;
  q: string;
  onChange: (q: string) => void;
  onMore: () => void;
}) {
  const wanted = selectedValues(q, facet.field);
  const excluded = selectedValues(q, facet.field, true);
  const isTag = facet.field.startsWith("tag:");
  const listed = new Set(facet.values.map((each) => each.value));
  const chosen = [...wanted, ...excluded].filter((value) => !listed.has(value) && !value.includes("*"));
  const values = [...facet.values, ...chosen.map((value) => ({ value, count: 0 }))];
  if (values.length === 0) return null;
  return (
    <details open className="group px-2 pb-1.5">
      <summary className="flex h-7 list-none items-center gap-1.5 rounded px-1.5 font-medium text-soft text-sm hover:bg-hover">
        {isTag && <HueDot tagKey={facet.field.slice(4)} />}
        <span className="flex-1 truncate">{facet.label}</span>
        <Icon name="chevron" size={12} className="text-faint transition-transform group-open:rotate-90" />
      </summary>
      <ul>
        {values.map(({ value, count }) => {
          const isOut = excluded.includes(value);
          const isIn = wanted.includes(value);
          return (
            <li key={value}>
              <button
                type="button"
                aria-pressed={isIn}
                title={isOut ? "Excluded" : "Alt-click excludes"}
                className={`flex h-6 w-full items-center gap-2 rounded px-1.5 text-left hover:bg-hover ${isIn ? "bg-accent-tint font-medium" : ""}`}
                onClick={(event) =>
                  onChange(
                    event.altKey
                      ? excludeValue(q, facet.field, value)
                      : toggleValue(q, facet.field, value, isOut),
                  )
                }
              >
                <Box isIn={isIn} isOut={isOut} />
                <FacetLabel field={facet.field} value={value} isOut={isOut} />
                <span className="text-faint text-xs">{count.toLocaleString()}</span>
              </button>
            </li>
          );
        })}
      </ul>
      <div className="flex gap-2 px-1.5 text-xs">
        {facet.more > 0 && (
          <button type="button" className="link h-6 text-faint" onClick={onMore}>
            {facet.more.toLocaleString()} more
          </button>
        )}
        {isTag && facet.missing > 0 && (
          <button
            type="button"
            className="link h-6 text-faint"
            onClick={() => onChange(addTerm(q, `-${facet.field}`))}
          >
            {facet.missing.toLocaleString()} without
          </button>
        )}
      </div>
    </details>
  );
}

function FacetLabel({ field, value, isOut }: { field: string; value: string; isOut: boolean }) {
  const className = `min-w-0 flex-1 truncate ${isOut ? "line-through text-faint" : ""}`;
  if (field !== "status") return <span className={className}>{value}</span>;
  const { word, tone } = look(RUN_WORDS[value] ?? (value as AnyStatus));
  return (
    <span className={`flex items-center gap-1.5 ${className}`}>
      <StatusShape tone={tone} size={12} /> {word}
    </span>
  );
}

/** The query language's words for the states of runs. */
const RUN_WORDS: Record<string, AnyStatus> = {
  succeeded: "SUCCESS",
  starting: "STARTING",
  started: "STARTED",
};

function Box({ isIn, isOut }: { isIn: boolean; isOut: boolean }) {
  return (
    <span
      className={`grid size-3.5 flex-none place-items-center rounded-[3px] border ${isIn ? "border-accent bg-accent text-accent-ink" : "border-line-strong"} ${isOut ? "text-bad" : ""}`}
    >
      {isIn && <Icon name="check" size={11} />}
      {isOut && <Icon name="close" size={11} />}
    </span>
  );
}
