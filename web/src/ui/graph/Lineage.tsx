import "@xyflow/react/dist/base.css";
import { useNavigate } from "@tanstack/react-router";
import { Background, Controls, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { useContext, useEffect, useMemo } from "react";
import { useRead } from "@/api/queries";
import type { Graph } from "@/api/types";
import { assetSplat } from "@/model/paths";
import { ByMenu } from "../ByMenu";
import { Icon } from "../Icon";
import { NoAssets } from "../NoAssets";
import { NoMatch } from "../NoMatch";
import { Failure, Loading } from "../Panel";
import { HueContext } from "../TagChip";
import { useUrl } from "../url";
import { type FlowNode, flowOf } from "./flow";
import { AssetNode, GroupNode } from "./nodes";

// Not `group`: the library draws a frame around nodes of that type.
const NODE_TYPES = { asset: AssetNode, pack: GroupNode };

const OPEN_FROM_THE_START = 60;

/** Groups first; a press opens one. Colour by a tag key, group by a tag key, or look at one asset's surroundings. */
export default function Lineage({ focus }: { focus?: string }) {
  const [search, setSearch] = useUrl();
  const by = search.by ?? "group";
  const expand = useMemo(() => (search.expand ?? "").split("|").filter(Boolean), [search.expand]);
  const around = focus ?? search.focus ?? null;
  const hops = Number(search.hops ?? 2);
  const { data: groups, error } = useRead<Graph>(
    "asset",
    "graph",
    {
      q: around ? "" : search.q,
      by,
      expand: expand.map(encodeURIComponent),
      focus: around,
      up: hops,
      down: hops,
    },
    { keep: true },
  );
  // Few assets are drawn at once, until somebody opens or closes a group.
  const isSmall =
    !around && search.expand === undefined && groups !== undefined && groups.total <= OPEN_FROM_THE_START;
  const { data: opened } = useRead<Graph>(
    "asset",
    "graph",
    { q: search.q, by, expand: (groups?.groups ?? []).map(({ id }) => encodeURIComponent(id)) },
    { enabled: isSmall, keep: true },
  );
  const data = isSmall ? (opened ?? groups) : groups;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-none items-center gap-3 border-line border-b bg-surface px-3 py-2">
        {!around && (
          <ByMenu
            label="Group by"
            value={by}
            words={[{ value: "group", label: "Group" }]}
            onChange={(next) => setSearch({ by: next, expand: undefined } as never)}
          />
        )}
        <ByMenu
          label="Colour by"
          value={search.color ?? "status"}
          words={[{ value: "status", label: "Status" }]}
          onChange={(color) => setSearch({ color })}
        />
        {around && (
          <label className="flex items-center gap-2 text-faint">
            Steps up and down
            <input
              type="number"
              min={0}
              max={9}
              className="field w-14"
              value={hops}
              onChange={(event) => setSearch({ hops: event.target.value })}
            />
          </label>
        )}
        {expand.length > 0 && (
          <button
            type="button"
            className="btn btn-small"
            onClick={() => setSearch({ expand: undefined } as never)}
          >
            Close {expand.length} open groups
          </button>
        )}
        {search.focus && !focus && (
          <button
            type="button"
            className="btn btn-small"
            onClick={() => setSearch({ focus: undefined } as never)}
          >
            <Icon name="close" size={12} /> Leave {search.focus.split("/").at(-1)}
          </button>
        )}
        <span className="flex-1" />
        {data && (
          <span className="text-faint">
            {data.total.toLocaleString()} assets
            {data.truncated && (
              <span className="text-wait"> · only the first 1,500 are drawn; narrow the filter</span>
            )}
          </span>
        )}
      </div>
      {error ? (
        <Failure error={error} />
      ) : !data ? (
        <Loading />
      ) : data.total === 0 ? (
        search.q ? (
          <NoMatch scope="assets" q={search.q} what="assets" onChange={(next) => setSearch({ q: next })} />
        ) : (
          <NoAssets />
        )
      ) : (
        <ReactFlowProvider>
          <Canvas
            data={data}
            color={search.color ?? "status"}
            focus={around}
            onExpand={(id) =>
              setSearch({
                expand: (expand.includes(id) ? expand.filter((other) => other !== id) : [...expand, id]).join(
                  "|",
                ),
              })
            }
          />
        </ReactFlowProvider>
      )}
    </div>
  );
}

function Canvas({
  data,
  color,
  focus,
  onExpand,
}: {
  data: Graph;
  color: string;
  focus: string | null;
  onExpand: (id: string) => void;
}) {
  const hueOf = useContext(HueContext);
  const navigate = useNavigate();
  const { fitView } = useReactFlow();
  const { nodes, edges } = useMemo(() => flowOf(data, color, hueOf, focus), [data, color, hueOf, focus]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the view is fitted anew for other nodes
  useEffect(() => {
    const timer = setTimeout(() => void fitView({ padding: 0.08, maxZoom: 1.1 }), 30);
    return () => clearTimeout(timer);
  }, [nodes.length, fitView]);
  return (
    <div className="min-h-0 flex-1" data-graph>
      <ReactFlow<FlowNode>
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        onlyRenderVisibleElements
        nodesDraggable={false}
        nodesConnectable={false}
        minZoom={0.05}
        maxZoom={1.6}
        proOptions={{ hideAttribution: true }}
        onNodeClick={(_, node) => {
          if (node.data.kind === "group") onExpand(node.data.group.id);
          else void navigate({ to: "/assets/$", params: { _splat: assetSplat(node.data.node.key) } });
        }}
        aria-label="Lineage; the Table and Tree views hold the same assets"
      >
        <Background gap={24} size={1} color="var(--line)" />
        <Controls showInteractive={false} />
        {nodes.length > 40 && (
          <MiniMap<FlowNode>
            pannable
            zoomable
            ariaLabel="Overview"
            style={{ width: 160, height: 100 }}
            nodeColor={(node) => node.data.paint}
            bgColor="var(--surface)"
            maskColor="color-mix(in oklch, var(--sunken) 75%, transparent)"
          />
        )}
      </ReactFlow>
    </div>
  );
}
