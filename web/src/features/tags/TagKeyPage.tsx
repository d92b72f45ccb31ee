import { Link, useParams } from "@tanstack/react-router";
import { type CSSProperties, useState } from "react";
import { api } from "@/api/client";
import { refresh, usePages, useRead } from "@/api/queries";
import type { TagKeyDetail, TagValueRow } from "@/api/types";
import { HUES, hueOf } from "@/model/hue";
import { termText } from "@/model/query";
import { type Column, DataTable } from "@/ui/DataTable";
import { Empty, Failure, Loading, PageHead } from "@/ui/Panel";
import { UsedBar } from "@/ui/parts";
import { HueDot, StaticChip } from "@/ui/TagChip";
import { toastError } from "@/ui/toasts";
import { useUrl } from "@/ui/url";

function valueColumns(key: string): Column<TagValueRow>[] {
  const count = (
    label: string,
    to: "/assets" | "/jobs" | "/runs",
    of: (row: TagValueRow) => number,
  ): Column<TagValueRow> => ({
    id: label,
    label,
    width: "84px",
    isEnd: true,
    cell: (row) =>
      of(row) === 0 ? (
        <span className="text-faint">–</span>
      ) : (
        <Link to={to} search={{ q: termText(`tag:${key}`, [row.value]) }} className="link">
          {of(row).toLocaleString()}
        </Link>
      ),
  });
  return [
    {
      id: "value",
      label: "Value",
      width: "minmax(180px, 1fr)",
      cell: (row) => (
        <Link to="/tags/$key/$value" params={{ key, value: row.value || "∅" }} className="flex rounded">
          <StaticChip tagKey={key} value={row.value} />
        </Link>
      ),
    },
    count("Assets", "/assets", (row) => row.assets),
    count("Jobs", "/jobs", (row) => row.jobs),
    count("Runs", "/runs", (row) => row.runs),
    {
      id: "now",
      label: "Now",
      width: "150px",
      cell: (row) => (
        <>
          {row.running > 0 && <span className="text-run">{row.running} running</span>}
          {row.queued > 0 && <span className="text-soft">{row.queued} queued</span>}
        </>
      ),
    },
    {
      id: "fails",
      label: "Fails",
      width: "76px",
      isEnd: true,
      cell: (row) =>
        row.failure_rate === null ? (
          <span className="text-faint">–</span>
        ) : (
          <span className={row.failure_rate > 0.1 ? "text-bad-ink" : ""}>
            {(row.failure_rate * 100).toFixed(0)} %
          </span>
        ),
    },
    {
      id: "near",
      label: "",
      width: "minmax(80px, 0.5fr)",
      cell: (row) => row.near.length > 0 && <span className="text-wait">like {row.near.join(", ")}</span>,
    },
  ];
}

export default function TagKeyPage() {
  const { key } = useParams({ strict: false }) as { key: string };
  const [search, setSearch] = useUrl();
  const { data: tag, error } = useRead<TagKeyDetail>("tag", "tag", { key });
  const pages = usePages<TagValueRow>("tag", "tag/values", { key, text: search.text, limit: 100 });
  if (error) return <Failure error={error} />;
  if (!tag) return <Loading rows={12} />;
  return (
    <>
      <PageHead
        title={
          <span className="flex items-center gap-2.5">
            <HueDot tagKey={key} /> {key}
          </span>
        }
        actions={
          <>
            <Link to="/runs" search={{ view: "insights", by: `tag:${key}` }} className="btn">
              Insights by {key}
            </Link>
            <Link to="/runs" search={{ view: "costs", by: `tag:${key}` }} className="btn">
              Costs by {key}
            </Link>
            <input
              className="field w-52"
              data-filter
              placeholder="Find a value"
              aria-label="Find a value"
              defaultValue={search.text ?? ""}
              onChange={(event) =>
                setSearch({ text: event.target.value || undefined } as never, { replace: true })
              }
            />
          </>
        }
      >
        <span className="text-faint">{tag.values.toLocaleString()} values</span>
        {tag.near.length > 0 && (
          <span className="text-wait">
            like{" "}
            {tag.near.map((other) => (
              <Link key={other} to="/tags/$key" params={{ key: other }} className="link font-mono">
                {other}{" "}
              </Link>
            ))}
          </span>
        )}
      </PageHead>
      <div className="flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col bg-surface">
          <DataTable
            label={`Values of ${key}`}
            columns={valueColumns(key)}
            pages={pages}
            idOf={(row) => row.value}
            empty={<Empty title="No values match" />}
          />
        </div>
        <Rail tag={tag} />
      </div>
    </>
  );
}

function Rail({ tag }: { tag: TagKeyDetail }) {
  return (
    <aside
      aria-label="About this key"
      className="w-80 flex-none overflow-y-auto border-line border-l bg-surface"
    >
      {!tag.is_system && <Look key={tag.key} tag={tag} />}
      <section className="border-line border-b px-4 py-3">
        <h2 className="label pb-1.5">Limits bound to it</h2>
        {tag.limit_rows.length === 0 && (
          <p className="text-faint">
            None.{" "}
            <Link to="/deployment/$section" params={{ section: "concurrency" }} className="link text-accent">
              Add one
            </Link>
          </p>
        )}
        {tag.limit_rows.map((limit) => (
          <div key={limit.id} className="flex flex-col gap-0.5 py-1">
            <Link
              to="/deployment/$section"
              params={{ section: "concurrency" }}
              search={{ select: limit.id }}
              className="link truncate font-medium"
            >
              {limit.label}
            </Link>
            <UsedBar
              used={limit.used}
              limit={limit.per_unique_value ? limit.limit * Math.max(1, limit.groups.length) : limit.limit}
              waiting={limit.waiting}
            />
          </div>
        ))}
      </section>
      <section className="px-4 py-3">
        <h2 className="label pb-1.5">Without it</h2>
        <ul className="links">
          {tag.untagged
            .filter((row) => row.scope !== "ops")
            .map((row) => (
              <li key={row.scope}>
                <Link
                  to={row.scope === "assets" ? "/assets" : "/jobs"}
                  search={{ q: row.q }}
                  className="link"
                >
                  {row.count.toLocaleString()} {row.count === 1 ? row.scope.slice(0, -1) : row.scope}
                </Link>
              </li>
            ))}
        </ul>
      </section>
    </aside>
  );
}

/** Colour and description of a key, for everybody. */
function Look({ tag }: { tag: TagKeyDetail }) {
  const [description, setDescription] = useState(tag.description ?? "");
  const save = async (change: { hue?: number | null; description?: string }) => {
    try {
      await api.patch("tag", { hue: tag.hue, description: description || null, ...change }, { key: tag.key });
      refresh("tag");
    } catch (error) {
      toastError(error);
    }
  };
  const own = hueOf(tag.key);
  return (
    <section className="flex flex-col gap-3 border-line border-b px-4 py-3">
      <label className="flex flex-col gap-1">
        <span className="label">What it means</span>
        <textarea
          className="field"
          rows={2}
          value={description}
          onChange={(event) => setDescription(event.target.value)}
          onBlur={() => description !== (tag.description ?? "") && void save({ description })}
        />
      </label>
      <fieldset>
        <legend className="label pb-1">Colour</legend>
        <div className="flex flex-wrap gap-[7px]">
          {HUES.map((hue, index) => {
            const isChosen = tag.hue === null ? hue === own : tag.hue === index;
            return (
              <button
                key={hue}
                type="button"
                aria-pressed={isChosen}
                aria-label={`Hue ${index + 1}${hue === own ? ", its own" : ""}`}
                className={`dot !size-[17px] ${isChosen ? "outline-2 outline-ink outline-offset-2" : ""}`}
                style={{ "--h": hue } as CSSProperties}
                onClick={() => void save({ hue: hue === own ? null : index })}
              />
            );
          })}
        </div>
      </fieldset>
    </section>
  );
}
