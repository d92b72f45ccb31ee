import type { Micros, Seconds } from "@/api/types";
import { duration, utcTime } from "@/model/time";
import { serverNow, useNow } from "./clock";
import { useTimes } from "./preferences";

/** An age below a day, else a date; the full time, local and UTC, on hover. */
export function Ago({ at, none = "–" }: { at: Micros | null; none?: string }) {
  useNow();
  const times = useTimes();
  if (at === null) return <span className="text-faint">{none}</span>;
  return (
    <time dateTime={new Date(at / 1000).toISOString()} title={times.title(at)}>
      {/* Not the time of the last tick: what happened since then is past already. */}
      {times.age(at, serverNow())}
    </time>
  );
}

/** A time in full; UTC on hover. */
export function Instant({ at }: { at: Micros }) {
  const times = useTimes();
  return (
    <time dateTime={new Date(at / 1000).toISOString()} title={utcTime(at)}>
      {times.full(at)}
    </time>
  );
}

/** A length of time; counts on while the end is open. */
export function Took({
  from,
  to,
  seconds,
}: {
  from: Micros | null;
  to: Micros | null;
  seconds?: Seconds | null;
}) {
  if (seconds !== undefined && (to !== null || from === null)) return <>{duration(seconds)}</>;
  if (from === null) return <span className="text-faint">–</span>;
  if (to !== null) return <>{duration((to - from) / 1e6)}</>;
  return <Running from={from} />;
}

function Running({ from }: { from: Micros }) {
  const now = useNow(true);
  return <>{duration(Math.max(0, Math.round((now - from) / 1e6)))}</>;
}
