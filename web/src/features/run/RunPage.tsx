import { Link, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { refresh, useRead } from "@/api/queries";
import type { RunDetail } from "@/api/types";
import { shortId } from "@/model/paths";
import { isFinished } from "@/model/status";
import { counted } from "@/model/words";
import { Icon } from "@/ui/Icon";
import { Menu } from "@/ui/Menu";
import { Boundary, Failure, Loading, PageHead } from "@/ui/Panel";
import { ErrorText, RunLink } from "@/ui/parts";
import { Status } from "@/ui/Status";
import { toast, toastError } from "@/ui/toasts";
import { useUrl } from "@/ui/url";
import { Compare } from "./Compare";
import { EventLog } from "./EventLog";
import { Gantt } from "./Gantt";
import { Output } from "./Output";
import { RetryDialog } from "./RetryDialog";
import { RunRail } from "./RunRail";
import { WhyWaits } from "./WhyWaits";

export default function RunPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const { data: run, error, refetch } = useRead<RunDetail>("run", `runs/${id}`);
  const [retry, setRetry] = useState<"all" | "from_failure" | null>(null);
  const [isEditing, setEditing] = useState(false);
  useRunKeys(run, setRetry, setEditing);
  if (error) return <Failure error={error} onRetry={() => void refetch()} />;
  if (!run) return <Loading rows={14} />;
  return (
    <>
      <RunHead run={run} onRetry={setRetry} />
      <div className="flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col overflow-hidden">
          {run.first_failure && <FirstFailure run={run} />}
          {run.status === "QUEUED" && <WhyWaits id={run.id} />}
          <Boundary>
            <Gantt run={run} />
          </Boundary>
          <Boundary>
            <Lower run={run} />
          </Boundary>
        </div>
        <RunRail run={run} isEditing={isEditing} onEditing={setEditing} />
      </div>
      {retry && <RetryDialog run={run} mode={retry} onClose={() => setRetry(null)} />}
    </>
  );
}

function RunHead({ run, onRetry }: { run: RunDetail; onRetry: (mode: "all" | "from_failure") => void }) {
  const canFromFailure = run.actions.includes("retry_from_failure");
  return (
    <PageHead
      title={
        <span className="flex items-center gap-2.5">
          <Status status={run.status} />
          {run.job ? (
            <Link to="/jobs/$name" params={{ name: run.job }} className="link">
              {run.job}
            </Link>
          ) : (
            <span>{run.asset_count} assets</span>
          )}
          {run.partition && <span className="font-normal text-soft">{run.partition}</span>}
        </span>
      }
      actions={
        <>
          {run.actions.includes("cancel") && (
            <button type="button" className="btn btn-danger" onClick={() => void cancel(run.id)}>
              <Icon name="stop" size={13} /> Cancel
            </button>
          )}
          {canFromFailure && (
            <button type="button" className="btn btn-primary" onClick={() => onRetry("from_failure")}>
              <Icon name="retry" size={14} /> Retry from failure…
            </button>
          )}
          {run.actions.includes("retry") && (
            <button type="button" className="btn" onClick={() => onRetry("all")}>
              Run again…
            </button>
          )}
          <Menu
            label="More"
            trigger={<Icon name="more" />}
            buttonClass="btn btn-icon"
            entries={[
              { label: "Copy the run's id", onSelect: () => void navigator.clipboard.writeText(run.id) },
              {
                label: "Copy the command that shows it",
                onSelect: () => void navigator.clipboard.writeText(`earmark run show ${run.id}`),
              },
            ]}
          />
        </>
      }
    >
      <span role="status" className="visually-hidden">
        Run {shortId(run.id)} is {run.status.toLowerCase()}
      </span>
      <RunLink id={run.id} />
    </PageHead>
  );
}

async function cancel(id: string): Promise<void> {
  try {
    await api.post(`runs/${id}/cancel`, { force: false });
    refresh("run");
    toast("Asked to stop; its finally blocks run first.");
  } catch (error) {
    toastError(error);
  }
}

/** What broke first stands on top, with the lines of code it broke at. */
function FirstFailure({ run }: { run: RunDetail }) {
  const [, setSearch] = useUrl();
  const failure = run.first_failure;
  const [isOpen, setOpen] = useState(true);
  if (!failure) return null;
  const skipped = run.step_rows.filter((step) => step.status === "skipped").length;
  return (
    <section
      aria-label="First failure"
      className="flex-none border-line border-b border-l-3 border-l-bad bg-bad-tint px-4 py-2.5"
    >
      <div className="flex items-center gap-2 pb-1">
        <h2 className="font-semibold text-bad-ink">
          {failure.step ? (
            <>
              Step{" "}
              <button
                type="button"
                className="link font-mono"
                onClick={() => setSearch({ step: failure.step ?? "" })}
              >
                {failure.step}
              </button>{" "}
              failed first
            </>
          ) : (
            "The run failed"
          )}
        </h2>
        {skipped > 0 && <span className="text-soft">{counted(skipped, "step")} skipped because of it</span>}
        <span className="flex-1" />
        <button
          type="button"
          className="btn btn-quiet btn-small"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? "Less" : "More"}
        </button>
      </div>
      {isOpen ? (
        <div className="max-h-64 overflow-auto">
          <ErrorText error={failure.error} />
        </div>
      ) : (
        <p className="truncate font-mono text-[12.5px]">
          {failure.error.kind}: {failure.error.message}
        </p>
      )}
    </section>
  );
}

const LOWER = [
  { id: "log", label: "Events" },
  { id: "stdout", label: "stdout" },
  { id: "stderr", label: "stderr" },
  { id: "config", label: "Config" },
  { id: "compare", label: "Compare" },
] as const;

function Lower({ run }: { run: RunDetail }) {
  const [search, setSearch] = useUrl();
  const tab = LOWER.find((each) => each.id === search.panel)?.id ?? "log";
  return (
    <div className="flex min-h-0 flex-1 flex-col bg-surface">
      <div
        className="flex flex-none items-center border-line border-b px-4"
        role="tablist"
        aria-label="Output"
        data-tabs
      >
        {LOWER.map((each) => (
          <button
            key={each.id}
            type="button"
            role="tab"
            aria-selected={each.id === tab}
            className="tab"
            onClick={() => setSearch({ panel: each.id })}
          >
            {each.label}
          </button>
        ))}
        <span className="flex-1" />
        {search.step && (
          <button
            type="button"
            className="btn btn-small"
            onClick={() => setSearch({ step: undefined } as never)}
          >
            only <span className="font-mono">{search.step}</span> <Icon name="close" size={12} />
          </button>
        )}
      </div>
      {tab === "log" && <EventLog run={run} />}
      {(tab === "stdout" || tab === "stderr") && <Output run={run} stream={tab} />}
      {tab === "compare" && <Compare run={run} />}
      {tab === "config" && <pre className="code min-h-0 flex-1 p-4">{run.config || "No configuration."}</pre>}
    </div>
  );
}

/** `.` goes to the next failed step, r retries, c cancels, e edits tags. */
function useRunKeys(
  run: RunDetail | undefined,
  onRetry: (mode: "all" | "from_failure") => void,
  onEdit: (on: boolean) => void,
): void {
  const [search, setSearch] = useUrl();
  useEffect(() => {
    if (!run) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if ((event.target as Element).closest("input,textarea,select,[role=dialog]")) return;
      if (event.key === ".") {
        const failed = run.step_rows.filter((step) => step.status === "failed").map((step) => step.key);
        const next = failed[(failed.indexOf(search.step ?? "") + 1) % Math.max(1, failed.length)];
        if (next) setSearch({ step: next });
      } else if (event.key === "r" && isFinished(run.status)) {
        onRetry(run.actions.includes("retry_from_failure") ? "from_failure" : "all");
      } else if (event.key === "c" && run.actions.includes("cancel")) void cancel(run.id);
      else if (event.key === "e") onEdit(true);
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [run, search.step, setSearch, onRetry, onEdit]);
}
