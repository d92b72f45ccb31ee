import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useRead } from "@/api/queries";
import type { AssetDetail } from "@/api/types";
import { ASSET_TABS, assetSplat, readAssetSplat } from "@/model/paths";
import { Conditions } from "@/ui/Conditions";
import { Icon } from "@/ui/Icon";
import { Boundary, Failure, Loading, PageHead } from "@/ui/Panel";
import { Status } from "@/ui/Status";
import { Checks } from "./Checks";
import { Events } from "./Events";
import { Overview } from "./Overview";
import { Partitions } from "./Partitions";

const Lineage = lazy(() => import("@/ui/graph/Lineage"));

export default function AssetPage() {
  const { _splat = "" } = useParams({ strict: false }) as { _splat?: string };
  const { key, tab } = readAssetSplat(_splat);
  const { data: asset, error, refetch } = useRead<AssetDetail>("asset", "asset", { key });
  const navigate = useNavigate();
  if (error) return <Failure error={error} onRetry={() => void refetch()} />;
  if (!asset) return <Loading rows={14} />;
  const cut = key.lastIndexOf("/");
  const tabs = ASSET_TABS.filter((each) => each !== "partitions" || asset.partition_dimensions.length > 0);
  return (
    <>
      <PageHead
        title={
          <span className="flex items-center gap-2.5">
            <span>
              {cut > 0 && <span className="font-normal text-faint">{key.slice(0, cut + 1)}</span>}
              {key.slice(cut + 1)}
            </span>
            <span className="inline-flex font-normal text-base">
              <Status status={asset.status} />
            </span>
          </span>
        }
        actions={
          asset.is_executable && (
            <button
              type="button"
              className="btn btn-primary"
              onClick={() => void navigate({ to: "/launch", search: { select: `key:"${key}"` } })}
            >
              <Icon name="runs" size={14} /> Materialize…
            </button>
          )
        }
      />
      <nav
        aria-label="Parts of the asset"
        data-tabs
        className="flex flex-none border-line border-b bg-surface px-4"
      >
        {tabs.map((each) => (
          <Link
            key={each}
            to="/assets/$"
            params={{ _splat: assetSplat(key, each) }}
            aria-current={each === tab ? "page" : undefined}
            className="tab capitalize"
          >
            {each}
            {each === "checks" && asset.checks && <span className="count">{asset.checks.total}</span>}
            {each === "partitions" && asset.partitions && (
              <span className="count">{asset.partitions.total}</span>
            )}
          </Link>
        ))}
      </nav>
      <Boundary key={tab}>
        {tab === "overview" && <Overview asset={asset} />}
        {tab === "partitions" && <Partitions asset={asset} />}
        {tab === "events" && <Events assetKey={key} />}
        {tab === "checks" && <Checks assetKey={key} />}
        {tab === "automation" && <Conditions kind="asset" params={{ key }} automation={asset.automation} />}
        {tab === "lineage" && (
          <Suspense fallback={<Loading />}>
            <Lineage focus={key} />
          </Suspense>
        )}
      </Boundary>
    </>
  );
}
