// Ranks of a graph become columns; a long chain of columns is broken into rows, like lines of text, so that it fills
// the screen instead of shrinking into a row of dots.

export interface LayeredItem {
  id: string;
  rank: number;
  order: number;
  height: number;
}
export interface LayeredOptions {
  /** Width of a node, gaps between columns and between nodes of one column. */
  width: number;
  gapX: number;
  gapY: number;
  /** A column with more nodes is set in several lanes. */
  mostInLane: number;
  /** Width of the screen over its height. */
  aspect: number;
}

interface Column {
  lanes: LayeredItem[][];
  width: number;
  height: number;
}

/** The left upper corner of each node. */
export function layered(
  items: readonly LayeredItem[],
  options: LayeredOptions,
): Map<string, { x: number; y: number }> {
  const columns = columnsOf(items, options);
  const rows = bestRows(columns, options);
  const places = new Map<string, { x: number; y: number }>();
  let y = 0;
  for (const row of rows) {
    const height = Math.max(...row.map((column) => column.height));
    let x = 0;
    for (const column of row) {
      for (const [lane, members] of column.lanes.entries()) {
        let top = y + (height - laneHeight(members, options)) / 2;
        for (const item of members) {
          places.set(item.id, { x: x + lane * (options.width + options.gapX / 3), y: top });
          top += item.height + options.gapY;
        }
      }
      x += column.width + options.gapX;
    }
    y += height + options.gapY * 3.5;
  }
  return places;
}

function columnsOf(items: readonly LayeredItem[], options: LayeredOptions): Column[] {
  const ranks = new Map<number, LayeredItem[]>();
  for (const item of items) {
    const known = ranks.get(item.rank);
    if (known) known.push(item);
    else ranks.set(item.rank, [item]);
  }
  return [...ranks.keys()]
    .sort((a, b) => a - b)
    .map((rank) => {
      const members = (ranks.get(rank) ?? []).sort((a, b) => a.order - b.order);
      const count = Math.ceil(members.length / options.mostInLane);
      const size = Math.ceil(members.length / count);
      const lanes = Array.from({ length: count }, (_, lane) => members.slice(lane * size, (lane + 1) * size));
      return {
        lanes,
        width: count * options.width + (count - 1) * (options.gapX / 3),
        height: Math.max(...lanes.map((lane) => laneHeight(lane, options))),
      };
    });
}

function laneHeight(lane: readonly LayeredItem[], options: LayeredOptions): number {
  return lane.reduce((sum, item) => sum + item.height, 0) + Math.max(0, lane.length - 1) * options.gapY;
}

/** The scale, in screens per pixel, at which text is well read: one line of nodes is not broken to grow beyond it. */
const READABLE = 1 / 1000;

/** The number of rows at which the drawing is largest on the screen. */
function bestRows(columns: readonly Column[], options: LayeredOptions): Column[][] {
  let best: Column[][] = [];
  let bestScale = 0;
  for (let count = 1; count <= Math.min(8, columns.length); count++) {
    const rows = breakInto(columns, count, options);
    const width = Math.max(...rows.map((row) => rowWidth(row, options)));
    const height = rows.reduce(
      (sum, row) => sum + Math.max(...row.map((column) => column.height)) + options.gapY * 3.5,
      0,
    );
    const scale = Math.min(options.aspect / width, 1 / height, READABLE);
    if (scale > bestScale * 1.15) {
      best = rows;
      bestScale = scale;
    }
  }
  return best;
}

function rowWidth(row: readonly Column[], options: LayeredOptions): number {
  return row.reduce((sum, column) => sum + column.width, 0) + (row.length - 1) * options.gapX;
}

function breakInto(columns: readonly Column[], count: number, options: LayeredOptions): Column[][] {
  const target = rowWidth(columns, options) / count;
  const rows: Column[][] = [[]];
  for (const column of columns) {
    const row = rows.at(-1) ?? [];
    if (row.length > 0 && rowWidth([...row, column], options) > target * 1.05 && rows.length < count)
      rows.push([column]);
    else row.push(column);
  }
  return rows;
}
