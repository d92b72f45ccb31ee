import { Link } from "@tanstack/react-router";
import { useRead } from "@/api/queries";
import type { NearDuplicate, Page, TagFinding, TagKeyRow, UntaggedReport } from "@/api/types";
import { termText } from "@/model/query";
import { counted } from "@/model/words";
import { Icon } from "@/ui/Icon";
import { Empty, Failure, Loading, PageHead, Panel, Snippet } from "@/ui/Panel";
import { AssetLink, RunLink } from "@/ui/parts";
import { HueDot, StaticChip } from "@/ui/TagChip";
import { useUrl } from "@/ui/url";

export default function TagsPage() {
  const [search, setSearch] = useUrl();
  const isSystem = search.tab === "system";
  const { data, error } = useRead<Page<TagKeyRow>>(
    "tag",
    "tags",
    { text: search.text, system: isSystem, limit: 200 },
    { keep: true },
  );
  const rows = data?.items.filter((row) => row.is_system === isSystem) ?? [];
  return (
    <>
      <PageHead
        title="Tags"
        actions={
          <input
            className="field w-60"
            data-filter
            placeholder="Find a key"
            aria-label="Find a key"
            defaultValue={search.text ?? ""}
            onChange={(event) =>
              setSearch({ text: event.target.value || undefined } as never, { replace: true })
            }
          />
        }
      >
        {data && <span className="text-faint">{rows.length} keys</span>}
      </PageHead>
      <div
        className="flex flex-none border-line border-b bg-surface px-4"
        role="tablist"
        aria-label="Which keys"
        data-tabs
      >
        {(["own", "system"] as const).map((tab) => (
          <button
            key={tab}
            type="button"
            role="tab"
            aria-selected={(search.tab ?? "own") === tab}
            className="tab"
            onClick={() => setSearch({ tab })}
          >
            {tab === "own" ? "Your keys" : "System keys"}
          </button>
        ))}
      </div>
      <div className="flex min-h-0 flex-1 gap-3 overflow-auto p-3">
        <Panel className="min-w-0 flex-1 self-start">
          {error ? (
            <Failure error={error} />
          ) : !data ? (
            <Loading />
          ) : rows.length === 0 ? (
            <NoTags />
          ) : (
            <KeyTable rows={rows} />
          )}
        </Panel>
        {!isSystem && (
          <div className="flex w-80 flex-none flex-col gap-3">
            <Findings />
            <Near />
            <Untagged />
          </div>
        )}
      </div>
    </>
  );
}

function NoTags() {
  return (
    <Empty title="No tags yet">
      <p>
        Tags are key and value on assets, ops, jobs and runs. They find, steer, limit and account for work:
      </p>
      <Snippet text={'@em.asset(tags={"team": "growth", "tier": "gold"})\ndef clicks(): ...'} />
    </Empty>
  );
}

function KeyTable({ rows }: { rows: readonly TagKeyRow[] }) {
  return (
    <table className="simple-table">
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Values</th>
          <th scope="col" className="num">
            Assets
          </th>
          <th scope="col" className="num">
            Jobs
          </th>
          <th scope="col" className="num">
            Ops
          </th>
          <th scope="col" className="num">
            Runs
          </th>
          <th scope="col" className="num">
            Fails
          </th>
          <th scope="col" className="num">
            Limits
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key}>
            <td>
              <Link
                to="/tags/$key"
                params={{ key: row.key }}
                className="link flex items-center gap-2 font-medium"
              >
                <HueDot tagKey={row.key} />
                {row.key}
              </Link>
              {row.description && <span className="block pl-4 text-faint text-sm">{row.description}</span>}
            </td>
            <td>
              <span className="flex items-center gap-1">
                {row.top_values.slice(0, 3).map((value) => (
                  <Link
                    key={value}
                    to="/tags/$key/$value"
                    params={{ key: row.key, value: value || "∅" }}
                    className="rounded"
                  >
                    <StaticChip tagKey={row.key} value={value} isBare />
                  </Link>
                ))}
                {row.values > 3 && <span className="count">+{row.values - 3}</span>}
              </span>
            </td>
            <CountCell to="/assets" count={row.assets} tagKey={row.key} />
            <CountCell to="/jobs" count={row.jobs} tagKey={row.key} />
            <td className="num">{row.ops || <span className="text-faint">–</span>}</td>
            <CountCell to="/runs" count={row.runs} tagKey={row.key} />
            <td className={`num ${(row.failure_rate ?? 0) > 0.1 ? "text-bad-ink" : ""}`}>
              {row.failure_rate === null ? (
                <span className="text-faint">–</span>
              ) : (
                `${(row.failure_rate * 100).toFixed(0)} %`
              )}
            </td>
            <td className="num">
              {row.limits > 0 ? (
                <Link
                  to="/deployment/$section"
                  params={{ section: "concurrency" }}
                  search={{ text: row.key }}
                  className="link"
                >
                  {row.limits}
                </Link>
              ) : (
                <span className="text-faint">–</span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function CountCell({
  to,
  count,
  tagKey,
}: {
  to: "/assets" | "/jobs" | "/runs";
  count: number;
  tagKey: string;
}) {
  return (
    <td className="num">
      {count === 0 ? (
        <span className="text-faint">–</span>
      ) : (
        <Link to={to} search={{ q: `tag:${tagKey}` }} className="link">
          {count.toLocaleString()}
        </Link>
      )}
    </td>
  );
}

/** How many findings are told before the rest is only counted. */
const TOLD = 8;

function Findings() {
  const { data } = useRead<Page<TagFinding>>("tag", "tags/findings", { limit: TOLD });
  if (!data || data.total === 0) return null;
  return (
    <Panel title="Against the policies">
      <ul>
        {data.items.map((found) => (
          <li
            key={`${found.kind} ${found.name} ${found.key}`}
            className="border-line border-b px-3 py-2 last:border-b-0"
          >
            <div className="flex min-w-0 items-center gap-2">
              <Icon
                name="alert"
                size={13}
                className={`flex-none ${found.enforce === "refuse" ? "text-bad" : "text-wait"}`}
              />
              <span className="text-faint">{found.kind}</span>
              <Named found={found} />
              {found.enforce === "refuse" && (
                <span className="ml-auto flex-none text-bad-ink text-sm" title={found.mend}>
                  {found.kind === "run" ? "not run again" : "launch blocked"}
                </span>
              )}
            </div>
            <p className="break-words pl-5 text-faint text-sm">{found.message}</p>
          </li>
        ))}
        {data.total > data.items.length && (
          <li className="px-3 py-2 text-soft">
            {(data.total - data.items.length).toLocaleString()} more, which{" "}
            <code className="font-mono text-[12px]">earmark tags check</code> lists
          </li>
        )}
      </ul>
    </Panel>
  );
}

function Named({ found: { kind, name } }: { found: TagFinding }) {
  if (kind === "asset") return <AssetLink assetKey={name} />;
  if (kind === "run") return <RunLink id={name} />;
  if (kind === "op") return <span className="truncate font-mono text-[12.5px]">{name}</span>;
  return (
    <Link to="/jobs/$name" params={{ name }} className="link truncate font-medium">
      {name}
    </Link>
  );
}

function Near() {
  const { data } = useRead<Page<NearDuplicate>>("tag", "tags/near");
  if (!data || data.items.length === 0) return null;
  return (
    <Panel title="Nearly the same">
      <ul>
        {data.items.map((near) => (
          <li
            key={near.words.map((word) => word.word).join()}
            className="border-line border-b px-3 py-2 last:border-b-0"
          >
            <div className="flex flex-wrap items-center gap-x-2">
              <Icon name="alert" size={13} className="text-wait" />
              {near.words.map((word) => (
                <Link
                  key={word.word}
                  to="/assets"
                  search={{ q: near.key ? termText(`tag:${near.key}`, [word.word]) : `tag:${word.word}` }}
                  className="link py-0.5 font-mono text-[12.5px]"
                >
                  {near.key ? `${near.key}=` : ""}
                  {word.word} <span className="text-faint">({word.count.toLocaleString()})</span>
                </Link>
              ))}
            </div>
            <p className="pl-5 text-faint text-sm">{near.reason}</p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Untagged() {
  const { data } = useRead<UntaggedReport>("tag", "tags/untagged");
  if (!data) return null;
  return (
    <Panel title="Without a tag">
      <ul>
        {data.keys.map((row) => (
          <li key={row.key} className="flex h-9 items-center gap-3 border-line border-b px-3 last:border-b-0">
            <span className="flex w-24 items-center gap-2">
              <HueDot tagKey={row.key} /> {row.key}
            </span>
            <span
              className="h-1.5 flex-1 overflow-hidden rounded-full bg-line"
              title={`${(row.asset_share * 100).toFixed(1)} % of assets lack it`}
            >
              <span
                className="block h-full rounded-full bg-wait"
                style={{ width: `${row.asset_share * 100}%` }}
              />
            </span>
            <Link
              to="/assets"
              search={{ q: `-${termText(`tag:${row.key}`, []).replace(/=$/, "")}` }}
              className="link"
            >
              {counted(row.assets, "asset")}
            </Link>
          </li>
        ))}
        <li className="flex h-9 items-center gap-3 px-3">
          <span className="flex-1 text-soft">No tag at all</span>
          <Link to="/assets" search={{ q: "tag:<null>" }} className="link">
            {counted(data.without_any.assets, "asset")}
          </Link>
          <Link to="/jobs" search={{ q: "tag:<null>" }} className="link">
            {counted(data.without_any.jobs, "job")}
          </Link>
        </li>
      </ul>
    </Panel>
  );
}
