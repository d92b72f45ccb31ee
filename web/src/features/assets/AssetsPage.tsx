import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { usePages } from "@/api/queries";
import type { AssetRow } from "@/api/types";
import { assetSplat } from "@/model/paths";
import { addTerm, termText } from "@/model/query";
import { ColumnMenu } from "@/ui/ColumnMenu";
import { DataTable } from "@/ui/DataTable";
import { Icon } from "@/ui/Icon";
import { ListPage, useTagColumns } from "@/ui/ListPage";
import { NoAssets } from "@/ui/NoAssets";
import { NoMatch } from "@/ui/NoMatch";
import { Loading } from "@/ui/Panel";
import { Choice } from "@/ui/parts";
import { useUrl } from "@/ui/url";
import { AssetTree } from "./AssetTree";
import { assetColumns } from "./columns";

const Lineage = lazy(() => import("@/ui/graph/Lineage"));

const VIEWS = [
  {
    value: "table",
    label: (
      <>
        <Icon name="table" size={14} /> Table
      </>
    ),
  },
  {
    value: "tree",
    label: (
      <>
        <Icon name="tree" size={14} /> Tree
      </>
    ),
  },
  {
    value: "graph",
    label: (
      <>
        <Icon name="graph" size={14} /> Graph
      </>
    ),
  },
] as const;

export default function AssetsPage() {
  const [search, setSearch] = useUrl();
  const q = search.q ?? "";
  const view = VIEWS.find((each) => each.value === search.view)?.value ?? "table";
  const columns = useTagColumns("columnsAssets");
  const pages = usePages<AssetRow>("asset", "assets", { q, sort: search.sort, limit: 100 }, view === "table");
  const navigate = useNavigate();
  return (
    <ListPage
      title="Assets"
      scope="assets"
      placeholder="tag:domain=marketing tag:pii=true"
      addColumn={columns.add}
      error={pages.error}
      head={view === "table" && <span className="text-faint">{pages.total.toLocaleString()}</span>}
      actions={
        <>
          <Choice label="View" value={view} options={VIEWS} onChange={(next) => setSearch({ view: next })} />
          {view === "table" && <ColumnMenu {...columns} />}
          <button
            type="button"
            className="btn btn-primary"
            title="Materialize all that match the filter"
            disabled={view === "table" && pages.total === 0}
            onClick={() => void navigate({ to: "/launch", search: { select: q || "*" } })}
          >
            <Icon name="runs" size={14} /> Materialize{" "}
            {view === "table" ? pages.total.toLocaleString() : "all"}
          </button>
        </>
      }
    >
      {view === "table" ? (
        <AssetTable q={q} pages={pages} tagKeys={columns.keys} />
      ) : view === "tree" ? (
        <AssetTree q={q} />
      ) : (
        <Suspense fallback={<Loading />}>
          <Lineage />
        </Suspense>
      )}
    </ListPage>
  );
}

function AssetTable({
  q,
  pages,
  tagKeys,
}: {
  q: string;
  pages: ReturnType<typeof usePages<AssetRow>>;
  tagKeys: readonly string[];
}) {
  const [search, setSearch] = useUrl();
  const navigate = useNavigate();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const columns = useMemo(
    () => assetColumns(tagKeys, (text) => setSearch({ q: addTerm(q, text) })),
    [tagKeys, q, setSearch],
  );
  const launch = (keys: readonly string[]) =>
    void navigate({ to: "/launch", search: { select: termText("key", keys) } });
  return (
    <>
      <DataTable
        label="Assets"
        columns={columns}
        pages={pages}
        idOf={(row) => row.key}
        onOpen={(row) => void navigate({ to: "/assets/$", params: { _splat: assetSplat(row.key) } })}
        onKey={(key, row) => {
          if (key !== "l") return false;
          launch(selected.size > 0 ? [...selected] : [row.key]);
          return true;
        }}
        sort={search.sort ?? "key"}
        onSort={(sort) => setSearch({ sort })}
        selection={{ ids: selected, set: setSelected }}
        empty={
          q ? (
            <NoMatch scope="assets" q={q} what="assets" onChange={(next) => setSearch({ q: next })} />
          ) : (
            <NoAssets />
          )
        }
      />
      {selected.size > 0 && (
        <div
          className="flex h-11 flex-none items-center gap-2 border-line border-t bg-accent-tint px-4"
          role="toolbar"
          aria-label="Selected assets"
        >
          <span className="flex-1 font-medium">{selected.size} selected</span>
          <button type="button" className="btn btn-primary btn-small" onClick={() => launch([...selected])}>
            Materialize {selected.size}…
          </button>
          <button type="button" className="btn btn-quiet btn-small" onClick={() => setSelected(new Set())}>
            Clear
          </button>
        </div>
      )}
    </>
  );
}
