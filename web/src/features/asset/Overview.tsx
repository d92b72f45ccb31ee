import { Link } from "@tanstack/react-router";
import type { AssetDetail, AssetRow } from "@/api/types";
import { termText } from "@/model/query";
import { Icon } from "@/ui/Icon";
import { Panel } from "@/ui/Panel";
import { AssetLink, ErrorText, Facts, Metadata, RunLink, TrendLine } from "@/ui/parts";
import { Status } from "@/ui/Status";
import { TagChip } from "@/ui/TagChip";
import { Origin } from "@/ui/TagEditor";
import { Ago } from "@/ui/Time";
import { PartitionGrid } from "./PartitionGrid";

export function Overview({ asset }: { asset: AssetDetail }) {
  return (
    <div className="flex min-h-0 flex-1 overflow-hidden">
      <div className="flex min-w-0 flex-1 flex-col gap-3 overflow-auto p-4">
        <Trouble asset={asset} />
        {asset.description && <p className="max-w-3xl whitespace-pre-wrap text-soft">{asset.description}</p>}
        {asset.partitions && (
          <Panel
            title="Partitions"
            aside={<span className="text-faint">{asset.partitions.total.toLocaleString()} in all</span>}
            bodyClass="p-3"
          >
            <PartitionGrid assetKey={asset.key} />
          </Panel>
        )}
        <div className="grid grid-cols-[3fr_2fr] items-start gap-3">
          <Panel
            title="Latest materialization"
            aside={
              asset.latest && (
                <span className="flex items-center gap-2 text-faint">
                  <Ago at={asset.latest.at} /> {asset.latest.run_id && <RunLink id={asset.latest.run_id} />}
                </span>
              )
            }
          >
            {asset.latest ? (
              <Metadata entries={asset.latest.metadata} />
            ) : (
              <p className="p-3 text-faint">Never materialized.</p>
            )}
          </Panel>
          <div className="flex flex-col gap-3">
            <Panel title="Numbers over time" bodyClass="p-3">
              {asset.trends.length === 0 && <p className="text-faint">Numeric metadata is plotted here.</p>}
              <ul className="flex flex-col gap-3">
                {asset.trends.map((trend) => (
                  <li key={trend.name} className="flex items-center gap-4">
                    <div className="w-32 min-w-0">
                      <div className="truncate font-mono text-faint text-sm">{trend.name}</div>
                      <div className="font-semibold text-lg">{format(trend.values.at(-1) ?? null)}</div>
                    </div>
                    <TrendLine values={trend.values} />
                  </li>
                ))}
              </ul>
            </Panel>
            <Neighbours title="Upstream" rows={asset.upstream} />
            <Neighbours title="Downstream" rows={asset.downstream} />
          </div>
        </div>
      </div>
      <Definition asset={asset} />
    </div>
  );
}

function format(value: number | null): string {
  return value === null ? "–" : value.toLocaleString(undefined, { maximumFractionDigits: 3 });
}

/** The text of the error, or why it was skipped or is stale, where one looks first. */
function Trouble({ asset }: { asset: AssetDetail }) {
  if (asset.failure) {
    return (
      <section
        aria-label="Failure"
        className="rounded-lg border border-bad/30 border-l-3 border-l-bad bg-bad-tint px-4 py-3"
      >
        <div className="flex items-center gap-2 pb-1.5">
          <h2 className="font-semibold text-bad-ink">The last run failed in {asset.failure.step}</h2>
          <RunLink id={asset.failure.run_id} />
          <span className="text-faint">
            <Ago at={asset.failure.at} />
          </span>
        </div>
        <ErrorText error={asset.failure.error} />
      </section>
    );
  }
  if (asset.skipped_because) {
    return (
      <Notice icon="alert">
        Skipped, because upstream <AssetLink assetKey={asset.skipped_because} className="inline" /> failed.
      </Notice>
    );
  }
  if (asset.stale_causes.length > 0) {
    return (
      <Notice icon="alert">
        Stale:{" "}
        {asset.stale_causes.map((cause) => (
          <span key={cause.asset} className="mr-2">
            <AssetLink assetKey={cause.asset} className="inline" /> {cause.reason}
            {cause.partitions !== null &&
              ` (${cause.partitions === 1 ? "one partition" : `${cause.partitions} partitions`})`}
          </span>
        ))}
      </Notice>
    );
  }
  return null;
}

function Notice({ icon, children }: { icon: "alert"; children: React.ReactNode }) {
  return (
    <p className="flex items-center gap-2 rounded-lg border border-line border-l-3 border-l-stale bg-surface px-4 py-2.5">
      <Icon name={icon} className="text-stale" />
      <span>{children}</span>
    </p>
  );
}

function Neighbours({ title, rows }: { title: string; rows: readonly AssetRow[] }) {
  return (
    <Panel title={title} aside={<span className="text-faint">{rows.length}</span>}>
      {rows.length === 0 && <p className="p-3 text-faint">None.</p>}
      <ul>
        {rows.map((row) => (
          <li key={row.key} className="flex h-8 items-center gap-3 border-line border-b px-3 last:border-b-0">
            <Status status={row.status} bare />
            <AssetLink assetKey={row.key} className="flex-1" />
            <span className="text-faint">
              <Ago at={row.materialized_at} none="never" />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** The definition: tags with where they come from, owners, code, jobs. */
function Definition({ asset }: { asset: AssetDetail }) {
  return (
    <aside
      aria-label="Definition"
      className="flex w-80 flex-none flex-col overflow-y-auto border-line border-l bg-surface"
    >
      <Part title="Tags">
        <div className="flex flex-col gap-1">
          {asset.tag_rows.map((tag) => (
            <div key={tag.key} className="flex min-w-0 items-center gap-2">
              <TagChip tagKey={tag.key} value={tag.value} list="assets" />
              <Origin tag={tag} />
            </div>
          ))}
          {asset.tag_rows.length === 0 && (
            <p className="text-faint">
              None. Add <code className="font-mono">tags=</code> to the asset.
            </p>
          )}
        </div>
      </Part>
      <Part title="Definition">
        <Facts
          facts={[
            ["Group", <Peer key="g" field="group" value={asset.group} />],
            ["Kind", asset.kinds.join(", ") || "–"],
            [
              "Owners",
              asset.owners.length
                ? asset.owners.map((owner) => <Peer key={owner} field="owner" value={owner} />)
                : "–",
            ],
            ["Location", <Peer key="l" field="location" value={asset.location} />],
            ["Code version", asset.code_version ?? "–"],
            ["IO manager", asset.io_manager ?? "–"],
            ...(asset.pool ? ([["Pool", asset.pool]] as [string, string][]) : []),
            ...(asset.freshness
              ? ([["Freshness", `${asset.freshness.policy}: ${asset.freshness.state}`]] as [string, string][])
              : []),
          ]}
        />
        {asset.definition_at && <p className="pt-2 font-mono text-faint text-sm">{asset.definition_at}</p>}
      </Part>
      <Part title="In jobs">
        <ul className="links">
          {asset.jobs.map((name) => (
            <li key={name}>
              <Link to="/jobs/$name" params={{ name }} className="link">
                {name}
              </Link>
            </li>
          ))}
        </ul>
      </Part>
      {asset.metadata.length > 0 && (
        <section>
          <h2 className="label px-4 pt-3">Metadata</h2>
          <Metadata entries={asset.metadata} />
        </section>
      )}
    </aside>
  );
}

function Peer({ field, value }: { field: string; value: string }) {
  return (
    <Link to="/assets" search={{ q: termText(field, [value]) }} className="link block truncate">
      {value}
    </Link>
  );
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className="border-line border-b px-4 py-3">
      <h2 className="label pb-1.5">{title}</h2>
      {children}
    </section>
  );
}
