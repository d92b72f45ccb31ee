const PATHS = {
  home: "M2.5 7.5 8 3l5.500 4.500V13a.5.5 0 0 1-.5.5H9.500V10h-3v3.500H3a.5.5 0 0 1-.5-.5z",
  assets: "M2.500 4.500 8 2l5.500 2.500L8 7zM2.500 8 8 10.500 13.500 8M2.500 11.500 8 14l5.500-2.500",
  jobs: "M2.500 5.500h11v7h-11zM5.500 5.500V3.500h5v2M2.500 8.500h11",
  runs: "M4.500 3v10l8.500-5z",
  automation: "M8 4.500V8l2.500 1.500M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11z",
  tags: "M2.500 3v4.500l6 6 5-5-6-6H3a.5.5 0 0 0-.5.500zM5.500 5.500h.01",
  deployment: "M2.500 3h11v4h-11zM2.500 9h11v4h-11zM5 5h.01M5 11h.01",
  search: "M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9zM10.300 10.300 13.500 13.500",
  filter: "M2.500 4h11M4.500 8h7M6.500 12h3",
  close: "M4 4l8 8M12 4l-8 8",
  check: "M3 8.500 6.500 12 13 4.500",
  chevron: "M6 4l4 4-4 4",
  down: "M4 6l4 4 4-4",
  more: "M3.500 8h.01M8 8h.01M12.500 8h.01",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  sun: "M8 5.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5zM8 1.500v1.500M8 13v1.500M1.500 8H3M13 8h1.500M3.400 3.400l1 1M11.600 11.600l1 1M3.400 12.600l1-1M11.600 4.400l1-1",
  moon: "M13 9.500A5.500 5.500 0 0 1 6.500 3a5.500 5.500 0 1 0 6.500 6.500z",
  side: "M2.500 3h11v10h-11zM6 3v10",
  star: "M8 2.500l1.700 3.500 3.800.5-2.800 2.700.7 3.800L8 11.200 4.600 13l.7-3.800L2.500 6.500 6.300 6z",
  copy: "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
  link: "M6.500 9.500l3-3M7 4.500l1.500-1.500a3 3 0 0 1 4.500 4.500L11.500 9M9 11.500 7.500 13A3 3 0 0 1 3 8.500L4.500 7",
  stop: "M4 4h8v8H4z",
  pause: "M5.500 3.500v9M10.500 3.500v9",
  retry: "M13 8a5 5 0 1 1-1.500-3.500M13 2v3h-3",
  edit: "M10.500 3 13 5.500 5.500 13H3v-2.500z",
  trash: "M3 4.500h10M6 4.500V3h4v1.500M4.500 4.500l.5 9h6l.5-9",
  cog: "M8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM8 2v1.500M8 12.500V14M2 8h1.500M12.500 8H14M3.800 3.800l1 1M11.200 11.200l1 1M3.800 12.200l1-1M11.200 4.800l1-1",
  graph: "M3.500 2.500h3v3h-3zM9.500 6.500h3v3h-3zM3.500 10.500h3v3h-3zM6.500 4h1.500v8H6.500M8 8h1.500",
  table: "M2.500 3h11v10h-11zM2.500 6.500h11M2.500 9.500h11M6 6.500V13",
  tree: "M3 3h4M5 3v9.500h4M5 7.500h4M10 6h3.500v3H10zM10 11h3.500v3H10z",
  chart: "M2.500 13.500h11M4.500 11V8M8 11V4M11.500 11V6.500",
  timeline: "M2.500 4h5M5.500 8h6M8.500 12h5",
  out: "M9 3h4v4M13 3 7.500 8.500M11 9.500V13H3V5h3.500",
  clock: "M8 4.500V8l2.500 1.500M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11z",
  alert: "M8 2.500 14 13H2zM8 6.500v3M8 11.300h.01",
  lock: "M4 7.500h8v6H4zM5.500 7.500V5.500a2.500 2.500 0 0 1 5 0v2",
  eye: "M1.500 8S4 3.500 8 3.500 14.500 8 14.500 8 12 12.500 8 12.500 1.500 8 1.500 8zM8 6.200a1.800 1.800 0 1 0 0 3.600 1.800 1.800 0 0 0 0-3.600z",
  arrowUp: "M8 13V3M4 7l4-4 4 4",
  download: "M8 2.500v8M4.500 7 8 10.500 11.500 7M2.500 13.500h11",
  arrowDown: "M8 3v10M4 9l4 4 4-4",
  columns: "M2.500 3h11v10h-11zM6 3v10M10 3v10",
  focus: "M2.500 5.500v-3h3M10.500 2.500h3v3M13.500 10.500v3h-3M5.500 13.500h-3v-3M8 7v2M7 8h2",
  keyboard: "M1.500 4h13v8h-13zM4 6.500h.01M6.500 6.500h.01M9 6.500h.01M11.500 6.500h.01M5 9.500h6",
} as const;

export type IconName = keyof typeof PATHS;

/** A 16 px line icon. Decorative: the words beside it, or the button's label, carry the meaning. */
export function Icon({
  name,
  size = 16,
  className = "",
}: {
  name: IconName;
  size?: number;
  className?: string;
}) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "more" ? 2.2 : 1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
      className={`flex-none ${className}`}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
