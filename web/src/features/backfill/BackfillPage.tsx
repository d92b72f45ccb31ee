import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "@/api/client";
import { refresh, usePages, useRead } from "@/api/queries";
import type {
  BackfillDetail,
  BackfillDetailStrip,
  BackfillEdit,
  PartitionMap,
  RunRow,
  TagWithOrigin,
} from "@/api/types";
import { isSystemKey } from "@/model/hue";
import { termText } from "@/model/query";
import { counted } from "@/model/words";
import { Icon, type IconName } from "@/ui/Icon";
import { Failure, Loading, PageHead, Panel } from "@/ui/Panel";
import { PartitionCells } from "@/ui/PartitionCells";
import { AssetLink, ErrorText, Facts, PartsBar, RunLink } from "@/ui/parts";
import { SpanBar } from "@/ui/SpanBar";
import { Status } from "@/ui/Status";
import { PriorityStepper, Stepper } from "@/ui/Stepper";
import { TagEditor } from "@/ui/TagEditor";
import { Ago } from "@/ui/Time";
import { toast, toastError } from "@/ui/toasts";

const ACTIONS: Record<string, { label: string; icon: IconName; className: string }> = {
  pause: { label: "Pause", icon: "pause", className: "btn" },
  resume: { label: "Resume", icon: "runs", className: "btn btn-primary" },
  retry_failed: { label: "Retry failed", icon: "retry", className: "btn btn-primary" },
  cancel: { label: "Cancel", icon: "stop", className: "btn btn-danger" },
};

export default function BackfillPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const { data: row, error, refetch } = useRead<BackfillDetail>("backfill", `backfills/${id}`);
  if (error) return <Failure error={error} onRetry={() => void refetch()} />;
  if (!row) return <Loading rows={12} />;
  const act = async (action: string) => {
    try {
      await api.post(`backfills/${id}/${action}`);
      refresh("backfill", "run");
      toast(`${ACTIONS[action]?.label ?? action}: asked for`);
    } catch (fault) {
      toastError(fault);
    }
  };
  const { partitions } = row;
  return (
    <>
      <PageHead
        title={
          <span className="flex items-center gap-2.5">
            <Status status={row.status} /> {row.title}
          </span>
        }
        actions={row.actions.map((action) => {
          const face = ACTIONS[action];
          if (!face) return null;
          return (
            <button key={action} type="button" className={face.className} onClick={() => void act(action)}>
              <Icon name={face.icon} size={13} /> {face.label}
            </button>
          );
        })}
      >
        <span className="font-mono text-faint text-sm">{row.id}</span>
      </PageHead>
      <div className="flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col gap-3 overflow-auto p-4">
          {row.error_info && (
            <section className="rounded-lg border border-bad/30 border-l-3 border-l-bad bg-bad-tint px-4 py-3">
              <h2 className="pb-1 font-semibold text-bad-ink">{row.error}</h2>
              <ErrorText error={row.error_info} />
            </section>
          )}
          <Panel bodyClass="p-4">
            <div className="flex items-center gap-4">
              <PartsBar
                className="h-3 flex-1"
                parts={[
                  { count: partitions.materialized, tone: "good", word: "done" },
                  { count: partitions.failed, tone: "bad", word: "failed" },
                  { count: partitions.running, tone: "run", word: "running" },
                  { count: partitions.missing, tone: "", word: "to do" },
                ]}
              />
              <span>
                <strong>{partitions.materialized.toLocaleString()}</strong> of{" "}
                {partitions.total.toLocaleString()} done
                {partitions.failed > 0 && (
                  <>
                    {", "}
                    <Link
                      to="/runs"
                      search={{ q: `${termText("tag:dagster/backfill", [row.id])} status:failed` }}
                      className="link text-bad-ink underline"
                    >
                      {partitions.failed} failed
                    </Link>
                  </>
                )}
                {partitions.running > 0 && <span className="text-run">, {partitions.running} running</span>}
              </span>
            </div>
          </Panel>
          <Panel
            title="Partitions"
            aside={
              <span className="text-faint">
                {row.first} … {row.last}
              </span>
            }
            bodyClass="p-3"
          >
            <ul className="flex flex-col gap-1.5">
              {row.strips.map((strip) => (
                <Strip key={strip.asset ?? "job"} row={row} strip={strip} />
              ))}
            </ul>
          </Panel>
          {partitions.failed > 0 && <Failed id={row.id} />}
        </div>
        <Rail row={row} />
      </div>
    </>
  );
}

/** How far it is with one asset: a bar, or rows and columns where the partitions have two dimensions. */
function Strip({ row, strip }: { row: BackfillDetail; strip: BackfillDetailStrip }) {
  const isGrid = strip.dimensions.length === 2;
  const grid = useRead<PartitionMap>(
    "backfill",
    `backfills/${row.id}/grid`,
    { asset: strip.asset },
    { enabled: isGrid, keep: true },
  );
  const name = strip.asset ? (
    <AssetLink assetKey={strip.asset} />
  ) : (
    <Link to="/jobs/$name" params={{ name: row.job ?? "" }} className="link font-medium">
      {row.job}
    </Link>
  );
  const share = `${Math.round((strip.counts.materialized / Math.max(1, strip.counts.total)) * 100)} %`;
  if (isGrid)
    return (
      <li className="flex flex-col gap-2 py-1">
        <div className="flex items-center gap-3">
          <span className="flex min-w-0 flex-1">{name}</span>
          <span className="text-faint">{strip.dimensions.join(" × ")}</span>
          <span className="w-16 flex-none text-right text-faint">{share}</span>
        </div>
        {grid.error ? (
          <Failure error={grid.error} onRetry={() => void grid.refetch()} />
        ) : grid.data ? (
          <PartitionCells map={grid.data} />
        ) : (
          <Loading rows={2} />
        )}
      </li>
    );
  return (
    <li className="flex items-center gap-3">
      <span className="flex w-56 flex-none">{name}</span>
      <SpanBar spans={strip.spans} total={strip.counts.total} height={18} />
      {strip.counts.failed > 0 && (
        <span className="w-16 flex-none text-right text-bad-ink">{strip.counts.failed} failed</span>
      )}
      <span className="w-16 flex-none text-right text-faint">{share}</span>
    </li>
  );
}

/** The runs that failed, each with the first line of its error. */
function Failed({ id }: { id: string }) {
  const q = `${termText("tag:dagster/backfill", [id])} status:failed`;
  const pages = usePages<RunRow>("run", "runs", { q, sort: "-created_at", limit: 50 });
  return (
    <Panel
      title="What failed"
      aside={
        pages.total > pages.items.length && (
          <Link to="/runs" search={{ q }} className="link text-accent">
            All {pages.total.toLocaleString()}
          </Link>
        )
      }
    >
      <table className="simple-table">
        <thead>
          <tr>
            <th scope="col">Partition</th>
            <th scope="col">Run</th>
            <th scope="col">Step</th>
            <th scope="col">Error</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {pages.items.map((run) => (
            <tr key={run.id}>
              <td className="whitespace-nowrap font-medium">{run.partition}</td>
              <td>
                <RunLink id={run.id} />
              </td>
              <td className="whitespace-nowrap font-mono text-[12px]">{run.failure?.step}</td>
              <td className="w-full text-bad-ink">{run.failure?.message}</td>
              <td className="whitespace-nowrap text-faint">
                <Ago at={run.created_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Rail({ row }: { row: BackfillDetail }) {
  const [set, setSet] = useState<Record<string, string>>({});
  const [removed, setRemoved] = useState<string[]>([]);
  const tags = Object.entries({ ...row.tags, ...set })
    .filter(([key]) => !removed.includes(key) && key !== "dagster/priority")
    .map(
      ([key, value]): TagWithOrigin => ({
        key,
        value,
        origin: key in set ? "request" : "backfill",
        origin_name: null,
        is_system: isSystemKey(key),
        is_editable: !isSystemKey(key),
        overrides: [],
        warning: null,
      }),
    );
  const isChanged = Object.keys(set).length + removed.length > 0;
  const save = async (change: BackfillEdit, words = "Saved; runs still to come will carry it.") => {
    try {
      await api.patch(`backfills/${row.id}`, { tags: null, priority: null, max_in_flight: null, ...change });
      if (change.tags) {
        setSet({});
        setRemoved([]);
      }
      refresh("backfill");
      toast(words);
    } catch (fault) {
      toastError(fault);
    }
  };
  return (
    <aside
      aria-label="About this backfill"
      className="flex w-80 flex-none flex-col gap-4 overflow-y-auto border-line border-l bg-surface p-4"
    >
      <section>
        <h2 className="label pb-1.5">Tags of its runs</h2>
        <TagEditor
          tags={tags}
          removed={removed}
          onSet={(key, value) => setSet({ ...set, [key]: value })}
          onRemove={(key) => {
            const { [key]: _gone, ...rest } = set;
            setSet(rest);
            if (key in row.tags) setRemoved([...removed, key]);
          }}
          onRestore={(key) => setRemoved(removed.filter((other) => other !== key))}
        />
        {isChanged && (
          <button
            type="button"
            className="btn btn-primary btn-small mt-2"
            onClick={() => void save({ tags: { set, remove: removed } })}
          >
            Save tags
          </button>
        )}
      </section>
      <section>
        <h2 className="label pb-1.5">Priority</h2>
        <PriorityStepper value={row.priority} onChange={(priority) => void save({ priority })} />
      </section>
      <section>
        <h2 className="label pb-1.5">Runs at once, at most</h2>
        <Stepper
          label="Runs at once, at most"
          lower="Fewer runs at once"
          higher="More runs at once"
          value={row.max_in_flight}
          least={1}
          onChange={(most) => void save({ max_in_flight: most }, `At most ${counted(most, "run")} at once.`)}
        />
      </section>
      <Facts
        facts={[
          ["Created", <Ago key="c" at={row.created_at} />],
          ["By", row.author ?? "–"],
          [
            "Runs",
            <Link
              key="r"
              to="/runs"
              search={{ q: termText("tag:dagster/backfill", [row.id]) }}
              className="link text-accent"
            >
              {row.runs}
            </Link>,
          ],
          ["Now going on", row.in_flight],
        ]}
      />
    </aside>
  );
}
