// Partitions as a grid of cells: one row for one dimension; for two, the longer dimension runs from left to right.

import type { PartitionMap, PartitionStatus } from "@/api/types";

/** What a cell holds that is no partition of what is shown. */
const ABSENT = 255;
/** The letters of a row of lengths, in the order of STATUSES; others are cells that are no partition of what is shown. */
const LETTERS = "mwsrf";
const STATUSES: readonly PartitionStatus[] = ["missing", "materialized", "stale", "running", "failed"];

export interface Grid {
  columns: number;
  rows: number;
  /** The rows of the map are the columns of the grid. */
  isTurned: boolean;
  /** Empty where there are too many to be sent. */
  columnKeys: readonly string[];
  rowKeys: readonly string[];
  columnName: string;
  rowName: string;
  /** An index into STATUSES for each cell, row by row; ABSENT where there is no partition. */
  cells: Uint8Array;
}

export interface Cell {
  column: number;
  row: number;
}

/** Both ends included. */
export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export function gridOf(map: PartitionMap): Grid {
  const inner = map.dimensions.at(-1);
  const outer = map.dimensions.length > 1 ? map.dimensions[0] : undefined;
  const across = inner?.total ?? 0;
  const down = map.rows.length;
  const isTurned = outer !== undefined && down > across;
  const columns = isTurned ? down : across;
  const cells = new Uint8Array(across * down).fill(ABSENT);
  map.rows.forEach((row, place) => {
    const put = (status: number, from: number, to: number) => {
      for (let at = from; at < to; at++)
        cells[isTurned ? at * columns + place : place * columns + at] = status < 0 ? ABSENT : status;
    };
    for (const span of row.spans) put(STATUSES.indexOf(span.status), span.from, span.to);
    let from = 0;
    for (const [, letter = "", count] of (row.lengths ?? "").matchAll(/([a-z])(\d*)/g)) {
      const to = from + Number(count || 1);
      put(LETTERS.indexOf(letter), from, to);
      from = to;
    }
  });
  const shown = map.rows.map((row) => row.key ?? "");
  const named = inner?.keys ?? [];
  return {
    columns,
    rows: isTurned ? across : down,
    isTurned,
    columnKeys: isTurned ? shown : named,
    rowKeys: isTurned ? named : shown,
    columnName: (isTurned ? outer?.name : inner?.name) ?? "",
    rowName: (isTurned ? inner?.name : outer?.name) ?? "",
    cells,
  };
}

/** Null for a cell that is no partition of what is shown: one that a backfill does not fill. */
export function statusAt(grid: Grid, cell: Cell): PartitionStatus | null {
  return STATUSES[grid.cells[cell.row * grid.columns + cell.column] ?? ABSENT] ?? null;
}

/** The outline of all cells of a status, or of those that are no partitions, as the `d` of an SVG path in units of cells; neighbours in a row are one. */
export function outline(grid: Grid, status: PartitionStatus | null): string {
  const wanted = status === null ? ABSENT : STATUSES.indexOf(status);
  const parts: string[] = [];
  for (let row = 0; row < grid.rows; row++) {
    let start = -1;
    for (let column = 0; column <= grid.columns; column++) {
      const fits = column < grid.columns && grid.cells[row * grid.columns + column] === wanted;
      if (fits && start < 0) start = column;
      if (!fits && start >= 0) {
        parts.push(`M${start} ${row}H${column}V${row + 1}H${start}Z`);
        start = -1;
      }
    }
  }
  return parts.join("");
}

export function boxOf(a: Cell, b: Cell): Box {
  return {
    left: Math.min(a.column, b.column),
    right: Math.max(a.column, b.column),
    top: Math.min(a.row, b.row),
    bottom: Math.max(a.row, b.row),
  };
}

/** A cell moved by a key, kept inside; null for other keys. */
export function moved(grid: Grid, cell: Cell, key: string): Cell | null {
  const steps: Record<string, [number, number]> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
    Home: [-grid.columns, 0],
    End: [grid.columns, 0],
  };
  const step = steps[key];
  if (!step) return null;
  const within = (at: number, count: number) => Math.min(count - 1, Math.max(0, at));
  return { column: within(cell.column + step[0], grid.columns), row: within(cell.row + step[1], grid.rows) };
}

/** A box in an address: columns, then rows, such as `0-11,2-2`. */
export function boxText(box: Box): string {
  return `${box.left}-${box.right},${box.top}-${box.bottom}`;
}

/** The box that an address names; null if it names none, or one that lies outside. */
export function readBox(text: string | undefined, grid: Grid): Box | null {
  const found = /^(\d+)-(\d+),(\d+)-(\d+)$/.exec(text ?? "");
  if (!found) return null;
  const [left, right, top, bottom] = found.slice(1).map(Number) as [number, number, number, number];
  const fits = left <= right && right < grid.columns && top <= bottom && bottom < grid.rows;
  return fits ? { left, right, top, bottom } : null;
}

/** How the server asks for a box: columns of the last dimension by place, rows of the first by key. */
export interface BoxParams extends Record<string, number | string | null> {
  start: number;
  end: number;
  first_row: string | null;
  last_row: string | null;
}

export function boxParams(map: PartitionMap, grid: Grid, box: Box): BoxParams {
  const [start, last] = grid.isTurned ? [box.top, box.bottom] : [box.left, box.right];
  const [from, to] = grid.isTurned ? [box.left, box.right] : [box.top, box.bottom];
  return {
    start,
    end: last + 1,
    first_row: map.rows[from]?.key ?? null,
    last_row: map.rows[to]?.key ?? null,
  };
}

/** Places of at most `most` labels, evenly apart, the first among them, each with room for itself. */
export function labelled(count: number, most: number): number[] {
  const step = Math.max(1, Math.ceil(count / Math.max(1, most)));
  return Array.from({ length: Math.ceil(count / step) }, (_, at) => at * step).filter(
    (place) => place + step <= count,
  );
}
