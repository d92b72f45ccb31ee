import { Link } from "@tanstack/react-router";
import type { CSSProperties, ReactNode } from "react";
import type { ErrorInfo, MetadataEntry, RunSpark } from "@/api/types";
import { assetSplat, shortId } from "@/model/paths";
import { look } from "@/model/status";
import { duration } from "@/model/time";
import { Icon } from "./Icon";
import { Markdown } from "./Markdown";
import { Instant } from "./Time";

export function RunLink({ id, full = false }: { id: string; full?: boolean }) {
  return (
    <Link to="/runs/$id" params={{ id }} className="link font-mono text-[12px]" title={id}>
      {full ? id : shortId(id)}
    </Link>
  );
}

export function AssetLink({ assetKey, className = "" }: { assetKey: string; className?: string }) {
  const cut = assetKey.lastIndexOf("/");
  return (
    <Link
      to="/assets/$"
      params={{ _splat: assetSplat(assetKey) }}
      className={`link truncate ${className}`}
      title={assetKey}
    >
      {cut >= 0 && <span className="text-faint">{assetKey.slice(0, cut + 1)}</span>}
      <span className="font-medium">{assetKey.slice(cut + 1)}</span>
    </Link>
  );
}

/** The last runs as bars: height by duration, colour by state; each a link to its run. */
export function Sparks({ runs }: { runs: readonly RunSpark[] }) {
  const longest = Math.max(1, ...runs.map((run) => run.duration ?? 0));
  return (
    <span className="inline-flex h-5 items-end gap-[3px]">
      {runs.map((run) => {
        const { word, tone } = look(run.status);
        const height = 5 + 14 * Math.sqrt((run.duration ?? 0) / longest);
        return (
          <Link
            key={run.id}
            to="/runs/$id"
            params={{ id: run.id }}
            tabIndex={-1}
            aria-label={`Run ${shortId(run.id)}: ${word}`}
            title={`${word} in ${duration(run.duration)}`}
            className={`tone-${tone} w-[6px] rounded-[2px] hover:opacity-70`}
            style={{ height, background: "var(--tone)" }}
          />
        );
      })}
    </span>
  );
}

/** A bar of used against limit. */
export function UsedBar({ used, limit, waiting = 0 }: { used: number; limit: number; waiting?: number }) {
  const share = limit <= 0 ? (used > 0 ? 1 : 0) : Math.min(1, used / limit);
  const isFull = limit >= 0 && used >= limit;
  return (
    <span className="inline-flex items-center gap-2">
      <span
        role="meter"
        aria-valuenow={used}
        aria-valuemin={0}
        aria-valuemax={Math.max(limit, used, 1)}
        aria-label={`${used} of ${limit < 0 ? "no limit" : limit} used`}
        className="relative h-2 w-24 overflow-hidden rounded-full bg-line"
      >
        <span
          className={`absolute inset-y-0 left-0 rounded-full ${isFull ? "bg-wait" : "bg-accent"}`}
          style={{ width: `${share * 100}%` }}
        />
      </span>
      <span className="w-14 whitespace-nowrap">
        {used}/{limit < 0 ? "∞" : limit}
      </span>
      {waiting > 0 && <span className="whitespace-nowrap text-wait">{waiting} waiting</span>}
    </span>
  );
}

/** Parts of a whole as one bar; nothing but counts, so the title carries the words. */
export function PartsBar({
  parts,
  className = "h-2 w-28",
}: {
  parts: readonly { count: number; tone: string; word: string }[];
  className?: string;
}) {
  const total = parts.reduce((sum, part) => sum + part.count, 0) || 1;
  const words = parts
    .filter((part) => part.count > 0)
    .map((part) => `${part.count} ${part.word}`)
    .join(", ");
  return (
    <span
      role="img"
      aria-label={words}
      title={words}
      className={`inline-flex overflow-hidden rounded-full bg-line ${className}`}
    >
      {parts.map(
        (part) =>
          part.count > 0 && (
            <span
              key={part.word}
              className={`tone-${part.tone}`}
              style={{ width: `${(part.count / total) * 100}%`, background: "var(--tone)" }}
            />
          ),
      )}
    </span>
  );
}

export function Switch({
  isOn,
  label,
  onChange,
  isDisabled = false,
}: {
  isOn: boolean;
  label: string;
  onChange: (on: boolean) => void;
  isDisabled?: boolean;
}) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={isOn}
      aria-label={label}
      disabled={isDisabled}
      className="switch"
      onClick={(event) => {
        event.stopPropagation();
        onChange(!isOn);
      }}
    />
  );
}

/** Two to four choices in one frame. */
export function Choice<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: readonly { value: T; label: ReactNode }[];
  onChange: (value: T) => void;
}) {
  return (
    <fieldset aria-label={label} className="inline-flex overflow-hidden rounded-md border border-line-strong">
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          className={`inline-flex h-[26px] items-center gap-1.5 border-line-strong px-2.5 font-medium not-first:border-l ${option.value === value ? "bg-accent-tint text-ink" : "bg-surface text-soft hover:bg-hover"}`}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}

/** An error as a person wants it: what, where, the lines around it, then the frames. */
export function ErrorText({ error, isOpen = false }: { error: ErrorInfo; isOpen?: boolean }) {
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div className="break-words">
        <span className="font-mono font-semibold text-[12.5px] text-bad-ink">{error.kind}</span>
        <span className="font-mono text-[12.5px]">: {error.message}</span>
      </div>
      {error.where && <div className="font-mono text-faint text-sm">{error.where}</div>}
      {error.source.length > 0 && (
        <pre className="code rounded-md border border-line bg-surface py-1.5">
          {error.source.map((line) => (
            <div key={line.line} className={`px-3 ${line.is_cause ? "bg-bad-tint font-semibold" : ""}`}>
              <span className="mr-3 inline-block w-8 text-right text-faint">{line.line}</span>
              {line.text}
            </div>
          ))}
        </pre>
      )}
      {error.causes.map((cause) => (
        <div key={cause.message} className="text-soft">
          Caused by{" "}
          <span className="font-mono text-[12.5px]">
            {cause.kind}: {cause.message}
          </span>
        </div>
      ))}
      {error.traceback && (
        <details open={isOpen}>
          <summary className="text-faint text-sm">Traceback</summary>
          <pre className="code mt-1 max-h-80 rounded-md border border-line bg-surface p-3">
            {error.traceback}
          </pre>
        </details>
      )}
    </div>
  );
}

export function Metadata({ entries }: { entries: readonly MetadataEntry[] }) {
  if (entries.length === 0) return <p className="p-3 text-faint">No metadata.</p>;
  return (
    <dl className="grid grid-cols-[minmax(90px,auto)_1fr] gap-x-4 gap-y-1 p-3">
      {entries.map((entry) => (
        <div key={entry.name} className="contents">
          <dt
            className={`font-mono text-faint text-sm leading-5 ${entry.kind === "md" ? "col-span-2 pt-1" : ""}`}
          >
            {entry.name}
          </dt>
          <dd className={entry.kind === "md" ? "col-span-2 min-w-0" : "min-w-0"}>
            <MetadataValue entry={entry} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function MetadataValue({ entry }: { entry: MetadataEntry }) {
  if (entry.kind === "url") {
    return (
      <a href={String(entry.value)} className="link text-accent" rel="noreferrer noopener" target="_blank">
        {entry.text} <Icon name="out" size={12} className="inline" />
      </a>
    );
  }
  if (entry.kind === "table" && isTable(entry.value)) return <PreviewTable rows={entry.value} />;
  if (entry.kind === "json")
    return <pre className="code max-h-48">{JSON.stringify(entry.value, null, 2)}</pre>;
  if (entry.kind === "md")
    return <Markdown text={typeof entry.value === "string" ? entry.value : entry.text} />;
  if (entry.kind === "path") return <code className="break-all font-mono text-[12px]">{entry.text}</code>;
  if (entry.kind === "int" && typeof entry.value === "number") return <>{entry.value.toLocaleString()}</>;
  if (entry.kind === "timestamp" && typeof entry.value === "number") return <Instant at={entry.value} />;
  return <span className="break-words">{entry.text}</span>;
}

type Cell = string | number | boolean | null;
function isTable(value: unknown): value is Record<string, Cell>[] {
  return Array.isArray(value) && value.every((row) => typeof row === "object" && row !== null);
}

function PreviewTable({ rows }: { rows: readonly Record<string, Cell>[] }) {
  const names = Object.keys(rows[0] ?? {});
  return (
    <div className="overflow-auto rounded-md border border-line">
      <table className="simple-table font-mono text-[12px]">
        <thead>
          <tr>
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, 20).map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of a preview have no identity
            <tr key={index}>
              {names.map((name) => (
                <td key={name}>{String(row[name] ?? "")}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Facts beside each other: label above, value below. */
export function Facts({ facts }: { facts: readonly [string, ReactNode][] }) {
  return (
    <dl className="flex flex-wrap gap-x-7 gap-y-2">
      {facts.map(([label, value]) => (
        <div key={label} className="min-w-0">
          <dt className="label">{label}</dt>
          <dd className="min-w-0">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A small line of numbers over time. */
export function TrendLine({
  values,
  width = 220,
  height = 44,
}: {
  values: readonly (number | null)[];
  width?: number;
  height?: number;
}) {
  const known = values.filter((value): value is number => value !== null);
  if (known.length < 2) return null;
  const least = Math.min(...known);
  const span = Math.max(...known) - least || 1;
  const points = values
    .map((value, index) =>
      value === null
        ? null
        : `${((index / (values.length - 1)) * (width - 4) + 2).toFixed(1)},${(height - 3 - ((value - least) / span) * (height - 6)).toFixed(1)}`,
    )
    .filter((point) => point !== null);
  return (
    <svg
      width={width}
      height={height}
      role="img"
      aria-label={`from ${known[0]} to ${known.at(-1)}`}
      style={{ color: "var(--accent)" } as CSSProperties}
    >
      <polyline
        points={points.join(" ")}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinejoin="round"
      />
      <circle
        cx={points.at(-1)?.split(",")[0]}
        cy={points.at(-1)?.split(",")[1]}
        r="2.5"
        fill="currentColor"
      />
    </svg>
  );
}
