import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type CSSProperties,
  type KeyboardEvent,
  memo,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Pages } from "@/api/queries";
import { Icon } from "./Icon";
import { Failure, Loading } from "./Panel";
import { usePreferences } from "./preferences";

export interface Column<T> {
  id: string;
  label: ReactNode;
  /** A track of the grid: `120px`, `minmax(160px, 1fr)`. */
  width: string;
  /** What stands in the cell; `room` is the width that it has, in pixels, once that is known. */
  cell: (row: T, room?: number) => ReactNode;
  /** The server's name of the order. */
  sort?: string;
  isEnd?: boolean;
}

export interface Selection {
  ids: ReadonlySet<string>;
  set: (ids: ReadonlySet<string>) => void;
}

export interface DataTableProps<T> {
  label: string;
  columns: readonly Column<T>[];
  pages: Pages<T>;
  idOf: (row: T) => string;
  onOpen?: (row: T) => void;
  /** Keys beyond j k x Enter, on the row in focus. */
  onKey?: (key: string, row: T) => boolean;
  sort?: string;
  onSort?: (sort: string) => void;
  selection?: Selection;
  empty: ReactNode;
}

/** A list of equal rows that reads on as it is scrolled and draws only what is in sight. */
export function DataTable<T>(props: DataTableProps<T>) {
  const { columns, pages, selection } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const rowHeight = useRowHeight();
  const virtual = useVirtualizer({
    count: pages.items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  const rows = virtual.getVirtualItems();
  const [head, setHead] = useState<HTMLElement | null>(null);
  const rooms = useRooms(head, columns);
  const hands = useHands(props, setActive);
  // A row far away is drawn only some time after the table has been scrolled to it; it gets the focus then.
  const toFocus = useRef<number | null>(null);
  useLayoutEffect(() => {
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${toFocus.current}"]`);
    if (!row) return;
    toFocus.current = null;
    row.focus({ preventScroll: true });
  });
  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= pages.items.length - 30) pages.more();
  }, [last, pages]);

  if (pages.error && pages.items.length === 0) return <Failure error={pages.error} onRetry={pages.reload} />;
  if (pages.isLoading) return <Loading rows={16} />;
  if (pages.items.length === 0) return <>{props.empty}</>;

  const template = `${selection ? "37px " : ""}${columns.map((column) => column.width).join(" ")}`;
  const focusRow = (index: number) => {
    const next = Math.max(0, Math.min(pages.items.length - 1, index));
    toFocus.current = next;
    setActive(next);
    virtual.scrollToIndex(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement && event.target.type !== "checkbox") return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = pages.items[active];
    if (!row) return;
    if (event.key === "j" || event.key === "ArrowDown") focusRow(active + 1);
    else if (event.key === "k" || event.key === "ArrowUp") focusRow(active - 1);
    else if (event.key === "Home") focusRow(0);
    else if (event.key === "End") focusRow(pages.items.length - 1);
    else if (event.key === "x" && selection) toggle(selection, props.idOf(row));
    else if (
      event.key === "Enter" &&
      event.target === event.currentTarget.querySelector(`[data-index="${active}"]`)
    )
      props.onOpen?.(row);
    else if (!props.onKey?.(event.key, row)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={scroller}
      role="grid"
      aria-label={props.label}
      aria-rowcount={pages.total + 1}
      aria-multiselectable={selection ? true : undefined}
      className={`relative min-h-0 flex-1 overflow-auto ${pages.isStale ? "opacity-70" : ""}`}
      style={{ "--columns": template } as CSSProperties}
      onKeyDown={onKeyDown}
    >
      <Head {...props} headRef={setHead} />
      <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
        {rows.map((item) => {
          const row = pages.items[item.index];
          if (!row) return null;
          const id = props.idOf(row);
          return (
            <Row
              key={id}
              id={id}
              row={row}
              index={item.index}
              top={item.start}
              columns={columns}
              rooms={rooms}
              isActive={item.index === active}
              isSelected={selection ? selection.ids.has(id) : null}
              hands={hands}
            />
          );
        })}
      </div>
    </div>
  );
}

/** What a row does when it is touched; always the same object, so that a row which stays in sight is not drawn again. */
interface Hands<T> {
  focus: (index: number) => void;
  open: (row: T) => void;
  toggle: (id: string) => void;
}

function useHands<T>(props: DataTableProps<T>, focus: (index: number) => void): Hands<T> {
  const latest = useRef(props);
  useLayoutEffect(() => {
    latest.current = props;
  });
  return useMemo(
    () => ({
      focus,
      open: (row) => latest.current.onOpen?.(row),
      toggle: (id) => latest.current.selection && toggle(latest.current.selection, id),
    }),
    [focus],
  );
}

interface RowProps<T> {
  id: string;
  row: T;
  index: number;
  top: number;
  columns: readonly Column<T>[];
  rooms: ReadonlyMap<string, number>;
  isActive: boolean;
  /** Null where rows are not selected. */
  isSelected: boolean | null;
  hands: Hands<T>;
}

const Row = memo(function Row<T>({
  id,
  row,
  index,
  top,
  columns,
  rooms,
  isActive,
  isSelected,
  hands,
}: RowProps<T>) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles keys for its rows
    <div
      role="row"
      data-index={index}
      aria-rowindex={index + 2}
      aria-selected={isSelected ?? undefined}
      tabIndex={isActive ? 0 : -1}
      className="grid-row"
      style={{ top }}
      onFocus={() => hands.focus(index)}
      onClick={(event) => {
        if ((event.target as Element).closest("a,button,input")) return;
        if (window.getSelection()?.toString()) return;
        hands.open(row);
      }}
    >
      {isSelected !== null && (
        <div role="gridcell" className="cell">
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={`Select ${id}`}
            checked={isSelected}
            onChange={() => hands.toggle(id)}
            className="accent-accent"
          />
        </div>
      )}
      {columns.map((column) => (
        <div key={column.id} role="gridcell" className={`cell ${column.isEnd ? "cell-end" : ""}`}>
          {column.cell(row, rooms.get(column.id))}
        </div>
      ))}
    </div>
  );
}) as <T>(props: RowProps<T>) => ReactNode;

function Head<T>({
  columns,
  pages,
  selection,
  idOf,
  sort,
  onSort,
  headRef,
}: DataTableProps<T> & { headRef: (head: HTMLElement | null) => void }) {
  const all = pages.items.length > 0 && pages.items.every((row) => selection?.ids.has(idOf(row)));
  return (
    <div role="rowgroup" className="sticky top-0 z-2">
      <div ref={headRef} role="row" aria-rowindex={1} className="grid-head">
        {selection && (
          <div role="columnheader" className="cell">
            <input
              type="checkbox"
              aria-label="Select all rows loaded"
              checked={all}
              onChange={() => selection.set(all ? new Set() : new Set(pages.items.map(idOf)))}
              className="accent-accent"
            />
          </div>
        )}
        {columns.map((column) => (
          <HeadCell
            key={column.id}
            column={column}
            {...(sort === undefined ? {} : { sort })}
            {...(onSort ? { onSort } : {})}
          />
        ))}
      </div>
    </div>
  );
}

function HeadCell<T>({
  column,
  sort,
  onSort,
}: {
  column: Column<T>;
  sort?: string;
  onSort?: (sort: string) => void;
}) {
  const className = `cell ${column.isEnd ? "cell-end" : ""}`;
  if (!column.sort || !onSort) {
    return (
      <div role="columnheader" className={className}>
        {column.label}
      </div>
    );
  }
  const field = column.sort;
  const state = sort === field ? "ascending" : sort === `-${field}` ? "descending" : "none";
  return (
    <div role="columnheader" aria-sort={state} className={className}>
      <button
        type="button"
        className="inline-flex items-center gap-1 hover:text-ink"
        onClick={() => onSort(state === "descending" ? field : `-${field}`)}
      >
        {column.label}
        {state !== "none" && <Icon name={state === "ascending" ? "arrowUp" : "arrowDown"} size={11} />}
      </button>
    </div>
  );
}

function toggle(selection: Selection, id: string): void {
  const next = new Set(selection.ids);
  if (!next.delete(id)) next.add(id);
  selection.set(next);
}

const CELL_PADDING = 16;

/** The width inside each column's cells, in pixels. */
function useRooms(head: HTMLElement | null, columns: readonly { id: string }[]): ReadonlyMap<string, number> {
  const [rooms, setRooms] = useState<ReadonlyMap<string, number>>(new Map());
  useLayoutEffect(() => {
    if (!head) return;
    const measure = () => {
      const cells = [...head.children].slice(-columns.length);
      setRooms(
        new Map(
          columns.map(({ id }, index) => [
            id,
            (cells[index]?.getBoundingClientRect().width ?? 0) - CELL_PADDING,
          ]),
        ),
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(head);
    return () => observer.disconnect();
  }, [head, columns]);
  return rooms;
}

function useRowHeight(): number {
  return usePreferences().density === "comfortable" ? 40 : 32;
}
