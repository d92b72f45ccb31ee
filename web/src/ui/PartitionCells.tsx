import { type KeyboardEvent, type PointerEvent, useMemo, useRef, useState } from "react";
import type { PartitionMap, PartitionStatus } from "@/api/types";
import {
  type Box,
  boxOf,
  type Cell,
  type Grid,
  gridOf,
  labelled,
  moved,
  outline,
  statusAt,
} from "@/model/partitions";
import { look } from "@/model/status";
import { StatusShape } from "./Status";

const DRAWN: readonly PartitionStatus[] = ["materialized", "stale", "running", "failed"];
const ROW_LABELS = 112;
const LABEL_WIDTH = 110;

function heightOf(rows: number): number {
  if (rows === 1) return 26;
  if (rows <= 14) return 20;
  return rows <= 40 ? 12 : Math.max(3, 420 / rows);
}

/**
 * Partitions as cells: a bar for one dimension, a heat map for two. With `onPick`, dragging over it, or arrow keys with
 * Shift, choose a box of them.
 */
export function PartitionCells({
  map,
  picked = null,
  onPick,
}: {
  map: PartitionMap;
  picked?: Box | null;
  onPick?: (box: Box | null) => void;
}) {
  const grid = useMemo(() => gridOf(map), [map]);
  const [over, setOver] = useState<Cell | null>(null);
  const status = over && statusAt(grid, over);
  return (
    <div className="flex flex-col gap-1.5">
      <div className="flex">
        {grid.rows > 1 && <RowLabels grid={grid} />}
        <div className="min-w-0 flex-1">
          <Cells
            grid={grid}
            counts={map.counts}
            picked={picked}
            onOver={setOver}
            {...(onPick ? { onPick } : {})}
          />
          <ColumnLabels grid={grid} map={map} />
        </div>
      </div>
      <div className="flex min-h-5 items-center gap-4 text-faint text-sm" aria-live="polite">
        <span className="min-w-0 flex-1 truncate text-soft">
          {over
            ? `${nameOf(grid, map, over)}: ${status ? look(status).word : "no part of this"}`
            : onPick && "Drag to choose partitions; Shift and the arrow keys do the same."}
        </span>
        <Count tone="good" count={map.counts.materialized} word="materialized" />
        <Count tone="bad" count={map.counts.failed} word="failed" />
        <Count tone="run" count={map.counts.running} word="running" />
        <Count tone="none" count={map.counts.missing} word="missing" />
      </div>
    </div>
  );
}

function Cells({
  grid,
  counts,
  picked,
  onPick,
  onOver,
}: {
  grid: Grid;
  counts: PartitionMap["counts"];
  picked: Box | null;
  onPick?: (box: Box | null) => void;
  onOver: (cell: Cell | null) => void;
}) {
  const area = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<[Cell, Cell] | null>(null);
  const corners = useRef<[Cell, Cell] | null>(null);
  const cellAt = (event: PointerEvent): Cell => {
    const rect = area.current?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1);
    const place = (share: number, count: number) =>
      Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    return {
      column: place((event.clientX - rect.left) / rect.width, grid.columns),
      row: place((event.clientY - rect.top) / rect.height, grid.rows),
    };
  };
  const choose = (from: Cell, to: Cell) => {
    corners.current = [from, to];
    onPick?.(boxOf(from, to));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      corners.current = null;
      onOver(null);
      return onPick?.(null);
    }
    const [from, to] = corners.current ?? [null, { column: 0, row: 0 }];
    const next = from ? moved(grid, to, event.key) : event.key.startsWith("Arrow") ? to : null;
    if (!next) return;
    event.preventDefault();
    onOver(next);
    choose(event.shiftKey && from ? from : next, next);
  };
  const box = drag ? boxOf(...drag) : picked;
  const words = `${counts.total} partitions: ${counts.materialized} materialized, ${counts.failed} failed, ${counts.missing} missing`;
  const shared = {
    ref: area,
    className: `relative overflow-hidden rounded-[4px] bg-line ${onPick ? "cursor-crosshair touch-none select-none" : ""}`,
    style: { height: heightOf(grid.rows) * grid.rows },
    "aria-label": words,
    onPointerLeave: () => onOver(null),
  };
  const drawing = <Drawing grid={grid} box={box} />;
  if (!onPick) {
    return (
      <div {...shared} role="img" onPointerMove={(event) => onOver(cellAt(event))}>
        {drawing}
      </div>
    );
  }
  return (
    <div
      {...shared}
      role="application"
      aria-roledescription="grid of partitions"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it has keys for all that the pointer does
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        const cell = cellAt(event);
        setDrag([cell, cell]);
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        const cell = cellAt(event);
        onOver(cell);
        if (drag) setDrag([drag[0], cell]);
      }}
      onPointerUp={() => {
        if (drag) choose(...drag);
        setDrag(null);
      }}
      onPointerCancel={() => setDrag(null)}
    >
      {drawing}
    </div>
  );
}

function Drawing({ grid, box }: { grid: Grid; box: Box | null }) {
  const paths = useMemo(
    () => DRAWN.map((status) => ({ status, tone: look(status).tone, d: outline(grid, status) })),
    [grid],
  );
  const absent = useMemo(() => outline(grid, null), [grid]);
  return (
    <svg
      aria-hidden="true"
      className="absolute inset-0 size-full"
      viewBox={`0 0 ${grid.columns} ${grid.rows}`}
      preserveAspectRatio="none"
    >
      {absent && <path d={absent} fill="var(--surface)" />}
      {paths.map(
        ({ status, tone, d }) =>
          d && (
            <path
              key={status}
              d={d}
              className={`tone-${tone}`}
              fill="var(--tone)"
              fillOpacity={tone === "good" ? 0.75 : 1}
              stroke={tone === "bad" ? "var(--tone)" : "none"}
              vectorEffect="non-scaling-stroke"
            />
          ),
      )}
      <GridLines grid={grid} />
      {box && (
        <rect
          x={box.left}
          y={box.top}
          width={box.right - box.left + 1}
          height={box.bottom - box.top + 1}
          fill="var(--ink)"
          fillOpacity="0.16"
          stroke="var(--ink)"
          strokeWidth="2"
          vectorEffect="non-scaling-stroke"
        />
      )}
    </svg>
  );
}

/** Lines between cells, where cells are wide enough to be told apart. */
function GridLines({ grid }: { grid: Grid }) {
  const most = 160;
  if (grid.rows === 1 || grid.rows > 40) return null;
  const across = Array.from({ length: grid.rows - 1 }, (_, row) => `M0 ${row + 1}H${grid.columns}`);
  const down =
    grid.columns > most
      ? []
      : Array.from({ length: grid.columns - 1 }, (_, column) => `M${column + 1} 0V${grid.rows}`);
  return (
    <path
      d={[...across, ...down].join("")}
      stroke="var(--surface)"
      strokeWidth="1"
      vectorEffect="non-scaling-stroke"
      fill="none"
    />
  );
}

function RowLabels({ grid }: { grid: Grid }) {
  const height = heightOf(grid.rows);
  const shown = labelled(grid.rows, (height * grid.rows) / 18);
  return (
    <div className="relative flex-none text-soft text-sm" style={{ width: ROW_LABELS }}>
      {shown.map((row) => (
        <span
          key={row}
          className="absolute right-2 left-0 truncate"
          style={{ top: row * height + height / 2 - 9, lineHeight: "18px" }}
          title={grid.rowKeys[row]}
        >
          {grid.rowKeys[row] ?? row + 1}
        </span>
      ))}
    </div>
  );
}

function ColumnLabels({ grid, map }: { grid: Grid; map: PartitionMap }) {
  const [most, setMost] = useState(10);
  const measure = (node: HTMLDivElement | null) => {
    if (!node) return;
    const watch = new ResizeObserver(([entry]) =>
      setMost(Math.max(2, Math.floor((entry?.contentRect.width ?? 0) / LABEL_WIDTH))),
    );
    watch.observe(node);
    return () => watch.disconnect();
  };
  const ends = map.dimensions.at(-1);
  if (grid.columnKeys.length === 0) {
    return (
      <div className="flex justify-between pt-0.5 text-faint text-sm">
        <span>{ends?.first}</span>
        <span>{ends?.last}</span>
      </div>
    );
  }
  return (
    <div ref={measure} className="relative h-5 overflow-hidden text-faint text-sm">
      {labelled(grid.columns, most).map((column) => (
        <span
          key={column}
          className="absolute top-0.5 whitespace-nowrap"
          style={{ left: `${(column / grid.columns) * 100}%` }}
        >
          {grid.columnKeys[column]}
        </span>
      ))}
    </div>
  );
}

function nameOf(grid: Grid, map: PartitionMap, cell: Cell): string {
  if (grid.rows > 1) return `${grid.columnKeys[cell.column] ?? cell.column + 1}, ${grid.rowKeys[cell.row]}`;
  const known = grid.columnKeys[cell.column];
  if (known !== undefined) return known;
  const span = map.rows[0]?.spans.find((each) => cell.column >= each.from && cell.column < each.to);
  return span ? `${span.first} … ${span.last}` : String(cell.column + 1);
}

function Count({
  tone,
  count,
  word,
}: {
  tone: "good" | "bad" | "run" | "none";
  count: number;
  word: string;
}) {
  if (count === 0) return null;
  return (
    <span className="flex items-center gap-1">
      <StatusShape tone={tone} size={12} /> {count.toLocaleString()} {word}
    </span>
  );
}
