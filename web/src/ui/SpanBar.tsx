import { type PointerEvent, useRef, useState } from "react";
import type { PartitionSpan } from "@/api/types";
import { look } from "@/model/status";

/** Partitions as one bar of spans. With `onPick`, dragging over it chooses a range. */
export function SpanBar({
  spans,
  total,
  height = 20,
  onPick,
}: {
  spans: readonly PartitionSpan[];
  total: number;
  height?: number;
  onPick?: (first: string, last: string) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const share = (event: PointerEvent) => {
    const rect = box.current?.getBoundingClientRect();
    return rect ? Math.min(0.99999, Math.max(0, (event.clientX - rect.left) / rect.width)) : 0;
  };
  const spanAt = (at: number) => spans.find((span) => at * total >= span.from && at * total < span.to);
  const finish = () => {
    if (drag && onPick) {
      const [a, b] = drag[0] <= drag[1] ? drag : [drag[1], drag[0]];
      const first = spanAt(a);
      const last = spanAt(b);
      if (first && last) onPick(first.first, last.last);
    }
    setDrag(null);
  };
  const bad = spans
    .filter((span) => span.status === "failed")
    .reduce((sum, span) => sum + span.to - span.from, 0);
  return (
    <div
      ref={box}
      role="img"
      aria-label={`${total} partitions, ${bad} failed`}
      className={`relative w-full overflow-hidden rounded-[4px] bg-line ${onPick ? "cursor-crosshair" : ""}`}
      style={{ height }}
      onPointerDown={(event) => {
        if (!onPick) return;
        setDrag([share(event), share(event)]);
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => drag && setDrag([drag[0], share(event)])}
      onPointerUp={finish}
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
      {drag && (
        <span
          className="absolute inset-y-0 z-2 bg-ink/25"
          style={{ left: `${Math.min(...drag) * 100}%`, width: `${Math.abs(drag[1] - drag[0]) * 100}%` }}
        />
      )}
    </div>
  );
}
