import { Link } from "@tanstack/react-router";
import type { RunRow } from "@/api/types";
import { AssetLink, PartsBar, RunLink } from "./parts";
import { StatusShape } from "./Status";
import { TagLine } from "./TagChip";

/** The job of a run, or its first asset; its partition and priority. */
export function RunSubject({ run }: { run: RunRow }) {
  const priority = run.priority !== 0 && (
    <span className="count" title={`Priority ${run.priority}`}>
      {run.priority > 0 ? "↑" : "↓"}
      {Math.abs(run.priority)}
    </span>
  );
  if (run.job) {
    return (
      <>
        <Link to="/jobs/$name" params={{ name: run.job }} className="link truncate font-medium">
          {run.job}
        </Link>
        {run.partition && <span className="flex-none text-faint text-sm">{run.partition}</span>}
        {priority}
      </>
    );
  }
  return (
    <>
      <AssetLink assetKey={run.assets[0] ?? ""} />
      {run.asset_count > 1 && <span className="flex-none text-faint">+{run.asset_count - 1}</span>}
      {priority}
    </>
  );
}

/** What one wants to know first: why it waits, what broke, how far it is; else its other tags. */
export function RunNews({
  run,
  shown = [],
  room,
}: {
  run: RunRow;
  /** Tag keys that stand in columns of their own. */
  shown?: readonly string[];
  room?: number | undefined;
}) {
  if (run.wait) {
    return (
      <>
        <Link
          to="/deployment/$section"
          params={{ section: "concurrency" }}
          search={run.wait.limit_id ? { select: run.wait.limit_id } : {}}
          className="link flex min-w-0 items-center gap-1.5 text-wait"
          title={`Waits for ${run.wait.label}: ${run.wait.used} of ${run.wait.limit} taken`}
        >
          <StatusShape tone="wait" size={12} />
          <span className="truncate">
            {run.wait.label} {run.wait.used}/{run.wait.limit}
          </span>
        </Link>
        {run.wait.holder && (
          <span className="flex-none text-faint">
            held by <RunLink id={run.wait.holder} />
          </span>
        )}
        <span className="flex-none text-faint" title="Place in the queue">
          #{run.wait.position}
        </span>
      </>
    );
  }
  if (run.failure) {
    return (
      <span className="truncate text-bad-ink" title={run.failure.message}>
        {run.failure.step && <span className="font-medium">{run.failure.step}: </span>}
        {run.failure.message}
      </span>
    );
  }
  return (
    <>
      {run.status === "STARTED" && <Progress run={run} />}
      <TagLine
        tags={run.tags}
        hidden={shown}
        room={room === undefined || run.status !== "STARTED" ? room : room - PROGRESS}
      />
    </>
  );
}

const PROGRESS = 110;

function Progress({ run }: { run: RunRow }) {
  const { total, succeeded, failed, running } = run.steps;
  return (
    <span className="inline-flex flex-none items-center gap-1.5 text-soft">
      <PartsBar
        className="h-1.5 w-16"
        parts={[
          { count: succeeded, tone: "good", word: "succeeded" },
          { count: failed, tone: "bad", word: "failed" },
          { count: running, tone: "run", word: "running" },
          { count: Math.max(0, total - succeeded - failed - running), tone: "", word: "to do" },
        ]}
      />
      {succeeded}/{total}
    </span>
  );
}
