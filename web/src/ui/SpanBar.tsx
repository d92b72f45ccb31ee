import type { PartitionSpan } from "@/api/types";
import { look } from "@/model/status";

/** Partitions as one bar of spans. */
export function SpanBar({
  spans,
  total,
  height = 20,
}: {
  spans: readonly PartitionSpan[];
  total: number;
  height?: number;
}) {
  const bad = spans
    .filter((span) => span.status === "failed")
    .reduce((sum, span) => sum + span.to - span.from, 0);
  return (
    <div
      role="img"
      aria-label={`${total} partitions, ${bad} failed`}
      className="relative w-full overflow-hidden rounded-[4px] bg-line"
      style={{ height }}
    >
      {spans.map((span) => {
        const { word, tone } = look(span.status);
        if (tone === "none") return null;
        const name = span.first === span.last ? span.first : `${span.first} … ${span.last}`;
        return (
          <span
            key={span.from}
            title={`${name}: ${word}`}
            className={`tone-${tone} absolute inset-y-0 ${tone === "good" ? "opacity-75" : ""}`}
            style={{
              left: `${(span.from / total) * 100}%`,
              width: `max(${tone === "bad" ? 2 : 0}px, ${((span.to - span.from) / total) * 100}%)`,
              background: "var(--tone)",
              zIndex: tone === "good" ? 0 : 1,
            }}
          />
        );
      })}
    </div>
  );
}
