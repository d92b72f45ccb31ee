import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import type { Micros } from "@/api/types";
import type { Times } from "@/model/time";
import { useTimes } from "@/ui/preferences";

export interface PlotSeries {
  name: string;
  color: string;
  values: readonly (number | null)[];
}

interface PlotProps {
  label: string;
  at: readonly Micros[];
  series: readonly PlotSeries[];
  /** Bars on top of each other, for counts; else lines. */
  isBar: boolean;
  /** The values are lengths of time in seconds: the axis is cut at whole minutes and hours. */
  isTime?: boolean;
  /** What stands below each point, where they are not just instants: the name of the period. */
  names?: readonly string[];
  format: (value: number | null) => string;
}

const HEIGHT = 210;
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;
/** Between two lines of an axis of time, in seconds. */
const TIME_STEPS = [
  ...[0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 20, 30],
  ...[1, 2, 5, 10, 20, 30].map((count) => count * MINUTE),
  ...[1, 2, 4, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((count) => count * DAY),
];

/** A plot over time; the table beside it holds the same figures for those who cannot see it. */
export function Plot({ label, at, series, isBar, isTime = false, names, format }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const times = useTimes();
  useEffect(() => {
    const parent = box.current;
    if (!parent || series.length === 0) return;
    const style = getComputedStyle(document.documentElement);
    const faint = style.getPropertyValue("--faint");
    const line = style.getPropertyValue("--line");
    const stacked = isBar ? stack(series) : series.map((each) => [...each.values]);
    const axis = {
      stroke: faint,
      grid: { stroke: line, width: 1 },
      ticks: { show: false },
      font: "11px system-ui",
    };
    const plot = new uPlot(
      {
        width: parent.clientWidth,
        height: HEIGHT,
        cursor: { points: { size: 6 }, y: false },
        legend: { show: false },
        ...(times.zone ? { tzDate: (at: number) => uPlot.tzDate(new Date(at * 1000), times.zone) } : {}),
        scales: {
          x: { range: (_, first, last) => (isBar ? widened(first, last, at.length) : [first, last]) },
          y: { range: (_, _least, most) => [0, Math.max(most, 1e-3) * 1.08] },
        },
        padding: [10, 14, 0, 0],
        axes: [
          names
            ? { ...axis, grid: { show: false }, size: 24, ...named(at, names) }
            : { ...axis, size: 24, values: (_, splits) => days(splits, times) },
          {
            ...axis,
            size: 66,
            ...(isTime ? { incrs: TIME_STEPS } : {}),
            values: (_, splits) => splits.map((value) => (value === 0 ? "0" : format(value))),
          },
        ],
        series: [
          {},
          ...series.map((each) => ({
            label: each.name,
            stroke: each.color,
            width: isBar ? 0 : 1.75,
            spanGaps: true,
            points: { show: false },
            ...(isBar ? { fill: each.color, paths: uPlot.paths.bars?.({ size: [0.72, 40] }) ?? null } : {}),
          })),
        ],
      } as uPlot.Options,
      [at.map((each) => each / 1e6), ...stacked] as uPlot.AlignedData,
      parent,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: parent.clientWidth, height: HEIGHT }));
    observer.observe(parent);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [at, series, isBar, isTime, names, format, times]);
  return <div ref={box} role="img" aria-label={label} className="min-h-[210px]" />;
}

/** Half a bar more on either side, so that the first and the last are whole. */
function widened(first: number, last: number, count: number): [number, number] {
  const half = (last - first) / Math.max(1, count - 1) / 2;
  return [first - half, last + half];
}

/** A split at each point with its name; of many, as many as there is room for. */
function named(at: readonly Micros[], names: readonly string[]) {
  const step = Math.ceil(at.length / 16);
  const shown = at.map((each) => each / 1e6).filter((_, index) => index % step === 0);
  return { splits: () => shown, values: () => names.filter((_, index) => index % step === 0) };
}

/** The day where it begins, else the time of day. */
function days(splits: readonly number[], times: Times): string[] {
  return splits.map((seconds) => times.axisLabel(seconds * 1e6, 60));
}

/** Each series on top of those after it: drawn from the tallest to the lowest. */
function stack(series: readonly PlotSeries[]): number[][] {
  const sums = series.map((each) => each.values.map((value) => value ?? 0));
  for (let row = sums.length - 2; row >= 0; row--) {
    sums[row] = (sums[row] ?? []).map((value, index) => value + (sums[row + 1]?.[index] ?? 0));
  }
  return sums;
}
