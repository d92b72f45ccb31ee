import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "@/api/client";
import { refresh } from "@/api/queries";
import type { RunDetail, TagWithOrigin } from "@/api/types";
import { duration } from "@/model/time";
import { Icon } from "@/ui/Icon";
import { AssetLink, Facts, RunLink } from "@/ui/parts";
import { Status } from "@/ui/Status";
import { TagChip } from "@/ui/TagChip";
import { Origin, TagEditor } from "@/ui/TagEditor";
import { Ago, Took } from "@/ui/Time";
import { toast, toastError } from "@/ui/toasts";

/** What the run is: its tags with where they come from, its times, its family, its assets. */
export function RunRail({
  run,
  isEditing,
  onEditing,
}: {
  run: RunDetail;
  isEditing: boolean;
  onEditing: (on: boolean) => void;
}) {
  return (
    <aside
      aria-label="About this run"
      className="w-80 flex-none overflow-y-auto border-line border-l bg-surface"
    >
      <Section
        title="Tags"
        aside={
          !isEditing && (
            <button type="button" className="btn btn-quiet btn-small" onClick={() => onEditing(true)}>
              <Icon name="edit" size={13} /> Edit
            </button>
          )
        }
      >
        {isEditing ? <EditTags run={run} onDone={() => onEditing(false)} /> : <TagList tags={run.tag_rows} />}
      </Section>
      <Section title="Times">
        <Facts
          facts={[
            ["Created", <Ago key="c" at={run.created_at} />],
            ["In queue", duration(run.queued)],
            ["Started", <Ago key="s" at={run.started_at} />],
            ["Took", <Took key="t" from={run.started_at} to={run.ended_at} seconds={run.duration} />],
            ...(run.last_good
              ? ([
                  [
                    "Last good run",
                    <span key="l" className="flex gap-1.5">
                      <RunLink id={run.last_good.id} /> {duration(run.last_good.duration)}
                      {run.last_good.id !== run.id && (
                        <Link
                          to="/runs/$id"
                          params={{ id: run.id }}
                          search={{ panel: "compare" }}
                          className="link text-accent"
                        >
                          compare
                        </Link>
                      )}
                    </span>,
                  ],
                ] as [string, React.ReactNode][])
              : []),
            ["Priority", run.priority],
          ]}
        />
      </Section>
      <Section title="From">
        <Facts
          facts={[
            ["Started by", <Source key="s" run={run} />],
            ["Location", run.location],
            ...(run.trace_id
              ? ([
                  [
                    "Trace",
                    <code key="t" className="break-all font-mono text-[12px]">
                      {run.trace_id}
                    </code>,
                  ],
                ] as [string, React.ReactNode][])
              : []),
            ...(run.worker
              ? ([["Worker", `${run.worker.host ?? ""} ${run.worker.pid ?? ""}`]] as [string, string][])
              : []),
          ]}
        />
      </Section>
      {run.family.length > 1 && (
        <Section title={`Family of ${run.family.length}`}>
          <ul className="flex flex-col">
            {run.family.map((each) => (
              <li
                key={each.id}
                className={`flex h-7 items-center gap-2 rounded px-1.5 ${each.id === run.id ? "bg-accent-tint" : ""}`}
              >
                <Status status={each.status} bare />
                <RunLink id={each.id} />
                <span className="flex-1" />
                <span className="text-faint text-sm">
                  <Ago at={each.created_at} />
                </span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {run.assets.length > 0 && (
        <Section title={`Assets (${run.asset_count})`}>
          <ul className="links">
            {run.asset_selection.slice(0, 12).map((key) => (
              <li key={key}>
                <AssetLink assetKey={key} />
              </li>
            ))}
          </ul>
        </Section>
      )}
      {run.flow_conflicts.length > 0 && (
        <Section title="Tags that did not agree">
          <ul>
            {run.flow_conflicts.map((each) => (
              <li key={each.key}>
                <span className="font-mono">{each.key}</span>: {each.values.join(", ")} ({each.resolution})
              </li>
            ))}
          </ul>
        </Section>
      )}
    </aside>
  );
}

function Section({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: React.ReactNode;
  children: React.ReactNode;
}) {
  return (
    <section className="border-line border-b px-4 py-3 last:border-b-0">
      <div className="flex h-6 items-center pb-1">
        <h2 className="label flex-1">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

function Source({ run }: { run: RunDetail }) {
  const { kind, name, tick } = run.source;
  if (name && (kind === "schedule" || kind === "sensor" || kind === "automation")) {
    return (
      <Link to="/automation/$name" params={{ name }} search={tick ? { tick } : {}} className="link">
        {kind} {name}
      </Link>
    );
  }
  return (
    <>
      {kind}
      {name ? ` by ${name}` : ""}
    </>
  );
}

function TagList({ tags }: { tags: readonly TagWithOrigin[] }) {
  const own = tags.filter((tag) => !tag.is_system);
  const system = tags.filter((tag) => tag.is_system);
  return (
    <div className="flex flex-col gap-1">
      {own.map((tag) => (
        <div key={tag.key} className="flex min-w-0 items-center gap-2">
          <TagChip tagKey={tag.key} value={tag.value} />
          <Origin tag={tag} />
        </div>
      ))}
      {own.length === 0 && <p className="text-faint">No tags of its own.</p>}
      {system.length > 0 && (
        <details open={system.length <= 3}>
          <summary className="pt-1 text-faint text-sm">{system.length} system tags</summary>
          <div className="flex flex-wrap gap-x-1 pt-1">
            {system.map((tag) => (
              <TagChip key={tag.key} tagKey={tag.key} value={tag.value} />
            ))}
          </div>
        </details>
      )}
    </div>
  );
}

/** Edits are kept apart from what the run was started with, with author and time. */
function EditTags({ run, onDone }: { run: RunDetail; onDone: () => void }) {
  const [set, setSet] = useState<Record<string, string>>({});
  const [removed, setRemoved] = useState<string[]>([]);
  const shown: TagWithOrigin[] = [
    ...run.tag_rows.filter((tag) => !removed.includes(tag.key) && !(tag.key in set)),
    ...Object.entries(set).map(
      ([key, value]): TagWithOrigin => ({
        key,
        value,
        origin: "edit",
        origin_name: null,
        is_system: key.startsWith("dagster/"),
        is_editable: true,
        overrides: [],
        warning: null,
      }),
    ),
  ];
  const save = async () => {
    try {
      await api.patch(`runs/${run.id}/tags`, { set, remove: removed });
      refresh("run", "tag");
      toast("Tags saved");
      onDone();
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <div className="flex flex-col gap-3">
      <TagEditor
        tags={shown}
        removed={removed}
        onSet={(key, value) => {
          setSet({ ...set, [key]: value });
          setRemoved(removed.filter((other) => other !== key));
        }}
        onRemove={(key) => {
          const { [key]: _gone, ...rest } = set;
          setSet(rest);
          if (run.tag_rows.some((tag) => tag.key === key)) setRemoved([...removed, key]);
        }}
        onRestore={(key) => setRemoved(removed.filter((other) => other !== key))}
      />
      <div className="flex gap-2">
        <button type="button" className="btn btn-primary btn-small" onClick={() => void save()}>
          Save tags
        </button>
        <button type="button" className="btn btn-small" onClick={onDone}>
          Leave as they are
        </button>
      </div>
    </div>
  );
}
