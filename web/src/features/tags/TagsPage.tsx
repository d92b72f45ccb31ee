import { Link } from "@tanstack/react-router";
import { useRead } from "@/api/queries";
import type { NearDuplicate, Page, TagKeyRow, UntaggedReport } from "@/api/types";
import { termText } from "@/model/query";
import { Icon } from "@/ui/Icon";
import { Empty, Failure, Loading, PageHead, Panel, Snippet } from "@/ui/Panel";
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
              {row.failure_rate === null ? "–" : `${(row.failure_rate * 100).toFixed(0)} %`}
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
              {row.assets.toLocaleString()} assets
            </Link>
          </li>
        ))}
        <li className="flex h-9 items-center gap-3 px-3">
          <span className="flex-1 text-soft">No tag at all</span>
          <Link to="/assets" search={{ q: "tag:<null>" }} className="link">
            {data.without_any.assets.toLocaleString()} assets
          </Link>
          <Link to="/jobs" search={{ q: "tag:<null>" }} className="link">
            {data.without_any.jobs.toLocaleString()} jobs
          </Link>
        </li>
      </ul>
    </Panel>
  );
}
