import { useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { api } from "@/api/client";
import { refresh, useRead } from "@/api/queries";
import type { JobDetail, LaunchForm, LaunchRequest, LaunchResult } from "@/api/types";
import { tagsFromText, tagsToText } from "@/model/tags";
import { FilterBar } from "@/ui/FilterBar";
import { Icon } from "@/ui/Icon";
import { LaunchGates, LaunchRefusals } from "@/ui/LaunchGates";
import { EMPTY_LAUNCH, isBlocked, usePreview, withoutTag, withPriority, withTag } from "@/ui/launch";
import { Failure, Loading, PageHead, Panel } from "@/ui/Panel";
import { Choice } from "@/ui/parts";
import { PriorityStepper } from "@/ui/Stepper";
import { TagEditor } from "@/ui/TagEditor";
import { toast, toastError } from "@/ui/toasts";
import { type Search, useUrl } from "@/ui/url";
import { ConfigForm } from "./ConfigForm";

const YamlEditor = lazy(() => import("./YamlEditor"));

/** `/jobs/NAME/launch` for a job, `/launch?select=QUERY` for assets; the address reproduces the launch. */
export default function LaunchPage() {
  const { name } = useParams({ strict: false }) as { name?: string };
  const { data: job, error } = useRead<JobDetail>("job", "job", { name }, { enabled: name !== undefined });
  if (error) return <Failure error={error} />;
  if (name === undefined) return <LaunchOfAssets />;
  return job ? <Launch key={name} job={job} form={job} onQuery={ignore} /> : <Loading rows={12} />;
}

const NO_FORM: LaunchForm = { config_schema: {}, default_config: "", partition_dimensions: [] };
const ignore = () => undefined;

/** What can be given to assets depends on which they are, so it is read anew as the query changes. */
function LaunchOfAssets() {
  const [search] = useUrl();
  const [q, setQ] = useState(search.select ?? "*");
  const { data, isPending } = useRead<LaunchForm>("asset", "launch/form", { q }, { keep: true });
  // A query that means nothing has no form; the preview says what is wrong with it.
  return isPending ? <Loading rows={12} /> : <Launch job={null} form={data ?? NO_FORM} onQuery={setQ} />;
}

function initial(job: JobDetail | null, form: LaunchForm, search: Search): LaunchRequest {
  const [first, last] = (search.partition ?? "").split("...");
  return {
    ...EMPTY_LAUNCH,
    job: job?.name ?? null,
    location: job?.location ?? null,
    q: job ? null : (search.select ?? "*"),
    op_selection: job && search.select ? search.select.split(",") : [],
    config: search.config ?? form.default_config,
    tags: tagsFromText(search.tags ?? ""),
    parent: search.from ?? null,
    partition: first && !last ? first : null,
    partition_range: first && last ? { first, last } : null,
    only: search.only === "missing" || search.only === "failed" ? search.only : "all",
  };
}

function Launch({
  job,
  form,
  onQuery,
}: {
  job: JobDetail | null;
  form: LaunchForm;
  onQuery: (q: string) => void;
}) {
  const [search, setSearch] = useUrl();
  const [request, setRequest] = useState(() => initial(job, form, search));
  const [begun, setBegun] = useState(form.default_config);
  if (begun !== form.default_config) {
    // Other assets were chosen. What nobody has touched begins anew; what somebody wrote stays.
    setBegun(form.default_config);
    if (request.config === begun) setRequest({ ...request, config: form.default_config });
  }
  const [isYaml, setYaml] = useState(search.mode === "yaml");
  const { preview, error } = usePreview(request);
  const navigate = useNavigate();
  useLinkOf(request, job, form, setSearch);
  const change = (part: Partial<LaunchRequest>) => setRequest({ ...request, ...part });
  const launch = async () => {
    try {
      const result = await api.post<LaunchResult>("launch", request);
      refresh("run", "tag");
      const id = result.run_ids[0];
      toast(result.run_ids.length > 1 ? `Launched ${result.run_ids.length} runs` : "Launched");
      if (result.backfill_id) await navigate({ to: "/backfills/$id", params: { id: result.backfill_id } });
      else if (id) await navigate({ to: "/runs/$id", params: { id } });
    } catch (fault) {
      toastError(fault);
    }
  };
  const faults = preview?.faults ?? [];
  const inherited = (key: string) =>
    preview?.tags.some((tag) => tag.key === key && (tag.origin !== "request" || tag.overrides.length > 0)) ??
    false;
  return (
    <>
      <PageHead
        title={
          <>
            Launch {job ? job.name : "assets"}
            {search.from && <span className="font-normal text-faint"> from run {search.from.slice(-8)}</span>}
          </>
        }
        actions={
          <>
            <button
              type="button"
              className="btn"
              onClick={() => {
                void navigator.clipboard.writeText(window.location.href);
                toast("This link opens the launch as it stands.");
              }}
            >
              <Icon name="link" size={14} /> Copy link
            </button>
            <button
              type="button"
              className="btn btn-primary"
              disabled={isBlocked(preview)}
              onClick={() => void launch()}
            >
              <Icon name="runs" size={14} /> Launch
            </button>
          </>
        }
      />
      <div className="flex min-h-0 flex-1 gap-3 overflow-auto p-3">
        <div className="flex min-w-0 flex-1 flex-col gap-3">
          {!job && (
            <Panel title="Assets" bodyClass="p-3">
              <FilterBar
                scope="assets"
                q={request.q ?? ""}
                onChange={(q) => {
                  change({ q });
                  onQuery(q || "*");
                }}
                placeholder="tag:domain=marketing"
              />
            </Panel>
          )}
          {form.partition_dimensions.length > 0 || request.partition || request.partition_range ? (
            <Panel title="Partition" bodyClass="p-3">
              <PartitionFields
                dimensions={form.partition_dimensions}
                request={request}
                count={preview?.partitions ?? null}
                onChange={change}
              />
            </Panel>
          ) : null}
          <Panel
            className="min-h-72 flex-1"
            title="Configuration"
            aside={
              <Choice
                label="Edit as"
                value={isYaml ? "yaml" : "form"}
                options={[
                  { value: "form" as const, label: "Form" },
                  { value: "yaml" as const, label: "YAML" },
                ]}
                onChange={(next) => {
                  setYaml(next === "yaml");
                  setSearch({ mode: next }, { replace: true });
                }}
              />
            }
            bodyClass="flex flex-col"
          >
            {isYaml ? (
              <Suspense fallback={<Loading rows={6} />}>
                <YamlEditor
                  value={request.config}
                  onChange={(config) => change({ config })}
                  schema={form.config_schema}
                  faults={faults}
                />
              </Suspense>
            ) : (
              <ConfigForm
                schema={form.config_schema}
                text={request.config}
                onChange={(config) => change({ config })}
                onYaml={() => setYaml(true)}
              />
            )}
            {faults.length > 0 && (
              <ul role="alert" className="border-line border-t bg-bad-tint px-3 py-2 text-bad-ink">
                {faults.map((fault) => (
                  <li key={fault.path + fault.message}>
                    <code className="font-mono text-[12px]">{fault.path}</code>
                    {fault.line !== null && ` line ${fault.line}`}: {fault.message}
                  </li>
                ))}
              </ul>
            )}
          </Panel>
        </div>
        <div className="flex w-[440px] flex-none flex-col gap-3">
          <Panel title="Tags of the run" bodyClass="p-3 min-h-0">
            {preview ? (
              <TagEditor
                tags={preview.tags}
                removed={request.remove_tags}
                onSet={(key, value) => setRequest(withTag(request, key, value))}
                onRemove={(key) => setRequest(withoutTag(request, key, inherited(key)))}
                onRestore={(key) =>
                  change({ remove_tags: request.remove_tags.filter((other) => other !== key) })
                }
              />
            ) : (
              <Loading rows={3} />
            )}
            {preview?.flow_conflicts.map((each) => (
              <p key={each.key} className="pt-2 text-wait">
                The assets do not agree on <strong>{each.key}</strong> ({each.values.join(", ")}):{" "}
                {each.resolution}.
              </p>
            ))}
            {preview && <LaunchRefusals preview={preview} />}
            {preview?.warnings.map((each) => (
              <p key={each} className="pt-2 text-wait">
                {each}
              </p>
            ))}
          </Panel>
          <Panel
            title="Priority"
            aside={
              <PriorityStepper
                value={preview?.priority ?? 0}
                onChange={(next) => setRequest(withPriority(request, next))}
              />
            }
          />
          <Panel title="Before it starts" bodyClass="p-3">
            {error ? (
              <p className="text-bad-ink">{error.message}</p>
            ) : preview ? (
              <LaunchGates preview={preview} />
            ) : (
              <Loading rows={2} />
            )}
          </Panel>
          {preview && preview.steps.length > 0 && (
            <Panel
              title={preview.steps.length === 1 ? "1 step" : `${preview.steps.length} steps`}
              bodyClass="p-3"
            >
              <p className="font-mono text-[12px] text-soft leading-5">
                {preview.steps.slice(0, 14).join(", ")}
                {preview.steps.length > 14 && ` and ${preview.steps.length - 14} more`}
              </p>
            </Panel>
          )}
        </div>
      </div>
    </>
  );
}

/** Keeps the address a link that reproduces the launch. */
function useLinkOf(
  request: LaunchRequest,
  job: JobDetail | null,
  form: LaunchForm,
  setSearch: ReturnType<typeof useUrl>[1],
): void {
  const link = useMemo(
    () => ({
      tags: tagsToText(request.tags) || undefined,
      config: request.config !== form.default_config ? request.config : undefined,
      select: job ? request.op_selection.join(",") || undefined : (request.q ?? undefined),
      partition: request.partition_range
        ? `${request.partition_range.first}...${request.partition_range.last}`
        : (request.partition ?? undefined),
      only: request.partition_range && request.only !== "all" ? request.only : undefined,
    }),
    [request, job, form],
  );
  useEffect(() => {
    const timer = setTimeout(() => setSearch(link as Search, { replace: true }), 300);
    return () => clearTimeout(timer);
  }, [link, setSearch]);
}

const ONLY = [
  { value: "all" as const, label: "All" },
  { value: "missing" as const, label: "Not written" },
  { value: "failed" as const, label: "Failed" },
];

function PartitionFields({
  dimensions,
  request,
  count,
  onChange,
}: {
  dimensions: LaunchForm["partition_dimensions"];
  request: LaunchRequest;
  /** How many partitions come of it, as far as is known. */
  count: number | null;
  onChange: (part: Partial<LaunchRequest>) => void;
}) {
  const total = dimensions.reduce((product, each) => product * each.total, 1);
  // The key of several dimensions is their keys in this order, with a bar between.
  const keyOf = (end: "first" | "last") => dimensions.map((each) => each[end]).join("|");
  const first = request.partition_range?.first ?? request.partition ?? "";
  const last = request.partition_range?.last ?? "";
  const set = (from: string, to: string) =>
    onChange(
      to
        ? { partition: null, partition_range: { first: from, last: to } }
        : { partition: from || null, partition_range: null },
    );
  return (
    <div className="flex items-end gap-3">
      <label className="flex flex-col gap-1">
        <span className="label">
          {dimensions.map((each) => `${each.name} (${each.kind})`).join(" | ") || "Partition"}
        </span>
        <input
          className="field w-48 font-mono"
          placeholder={keyOf("last") || "key"}
          value={first}
          onChange={(event) => set(event.target.value, last)}
        />
      </label>
      <label className="flex flex-col gap-1">
        <span className="label">to (for a range)</span>
        <input
          className="field w-48 font-mono"
          value={last}
          onChange={(event) => set(first, event.target.value)}
        />
      </label>
      {request.partition_range && (
        <>
          <Choice
            label="Which of the range"
            value={request.only}
            options={ONLY}
            onChange={(only) => onChange({ only })}
          />
          <span className="pb-1 text-soft" role="status">
            {count === null ? "" : count === 1 ? "1 partition" : `${count.toLocaleString()} partitions`}
          </span>
        </>
      )}
      {dimensions.length > 0 && !request.partition_range && (
        <span className="pb-1 text-faint">
          {total.toLocaleString()} from {keyOf("first")} to {keyOf("last")}
        </span>
      )}
    </div>
  );
}
