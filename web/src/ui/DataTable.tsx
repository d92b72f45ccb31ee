import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type CSSProperties,
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useLayoutEffect,
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
    overscan: 12,
  });
  const rows = virtual.getVirtualItems();
  const [head, setHead] = useState<HTMLElement | null>(null);
  const rooms = useRooms(head, columns);
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
          const isSelected = selection?.ids.has(id) ?? false;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles keys for its rows
            <div
              key={id}
              role="row"
              data-index={item.index}
              aria-rowindex={item.index + 2}
              aria-selected={selection ? isSelected : undefined}
              tabIndex={item.index === active ? 0 : -1}
              className="grid-row"
              style={{ transform: `translateY(${item.start}px)` }}
              onFocus={() => setActive(item.index)}
              onClick={(event) => {
                if ((event.target as Element).closest("a,button,input")) return;
                if (window.getSelection()?.toString()) return;
                props.onOpen?.(row);
              }}
            >
              {selection && (
                <div role="gridcell" className="cell">
                  <input
                    type="checkbox"
                    tabIndex={-1}
                    aria-label={`Select ${id}`}
                    checked={isSelected}
                    onChange={() => toggle(selection, id)}
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
        })}
      </div>
    </div>
  );
}

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
