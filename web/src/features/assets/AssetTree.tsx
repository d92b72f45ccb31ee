import { useState } from "react";
import { usePages } from "@/api/queries";
import type { AssetTreeRow } from "@/api/types";
import { Icon } from "@/ui/Icon";
import { Failure, Loading } from "@/ui/Panel";
import { AssetLink } from "@/ui/parts";
import { Status, StatusShape } from "@/ui/Status";
import { TagLine } from "@/ui/TagChip";
import { Ago } from "@/ui/Time";

/** Assets by the segments of their keys; each branch is read when it is opened. */
export function AssetTree({ q }: { q: string }) {
  return (
    <div className="min-h-0 flex-1 overflow-auto py-1" role="tree" aria-label="Assets by key">
      <Branch q={q} prefix="" depth={0} />
    </div>
  );
}

function Branch({ q, prefix, depth }: { q: string; prefix: string; depth: number }) {
  const pages = usePages<AssetTreeRow>("asset", "assets/tree", { q, prefix, limit: 100 });
  const { items, total, hasMore } = pages;
  if (pages.error && items.length === 0) return <Failure error={pages.error} onRetry={pages.reload} />;
  if (pages.isLoading) return depth === 0 ? <Loading /> : null;
  return (
    <>
      {items.map((row) => (
        <Twig key={row.prefix} row={row} q={q} depth={depth} isFirstOpen={items.length <= 3 && depth < 2} />
      ))}
      {hasMore && (
        <p className="py-1" style={{ paddingLeft: 40 + depth * 20 }}>
          <button type="button" className="btn btn-small" onClick={pages.more}>
            Show more of {(total - items.length).toLocaleString()}
          </button>
        </p>
      )}
    </>
  );
}

function Twig({
  row,
  q,
  depth,
  isFirstOpen,
}: {
  row: AssetTreeRow;
  q: string;
  depth: number;
  isFirstOpen: boolean;
}) {
  const [isOpen, setOpen] = useState(isFirstOpen);
  const indent = { paddingLeft: 14 + depth * 20 };
  if (row.asset) {
    return (
      <div
        role="treeitem"
        aria-level={depth + 1}
        aria-selected={false}
        tabIndex={-1}
        className="flex h-8 items-center gap-3 border-line border-b pr-4 hover:bg-hover"
        style={indent}
      >
        <span className="w-4" />
        <span className="w-64 truncate">
          <AssetLink assetKey={row.asset.key} />
        </span>
        <span className="w-28">
          <Status status={row.asset.status} />
        </span>
        <span className="min-w-0 flex-1">
          <TagLine tags={row.asset.tags} list="assets" most={4} />
        </span>
        <span className="text-faint">
          <Ago at={row.asset.materialized_at} none="never" />
        </span>
      </div>
    );
  }
  return (
    <>
      <button
        type="button"
        role="treeitem"
        aria-level={depth + 1}
        aria-expanded={isOpen}
        className="flex h-8 w-full items-center gap-2.5 border-line border-b pr-4 text-left hover:bg-hover"
        style={indent}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="chevron" size={13} className={`text-faint ${isOpen ? "rotate-90" : ""}`} />
        <span className="font-medium">{row.name}</span>
        <span className="count">{row.count.toLocaleString()}</span>
        {row.failed > 0 && (
          <span className="flex items-center gap-1 text-bad-ink text-sm">
            <StatusShape tone="bad" size={12} /> {row.failed} failed
          </span>
        )}
        {row.stale > 0 && (
          <span className="flex items-center gap-1 text-sm text-stale">
            <StatusShape tone="stale" size={12} /> {row.stale} stale
          </span>
        )}
      </button>
      {isOpen && <Branch q={q} prefix={row.prefix} depth={depth + 1} />}
    </>
  );
}
