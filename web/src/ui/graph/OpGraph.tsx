import "@xyflow/react/dist/base.css";
import {
  Background,
  Controls,
  type Edge,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from "@xyflow/react";
import { useMemo } from "react";
import type { JobGraph, JobGraphNode } from "@/api/types";
import { isSystemKey } from "@/model/hue";
import { layered } from "@/model/layered";
import { duration } from "@/model/time";
import { StaticChip } from "../TagChip";

type OpFlowNode = Node<{ op: JobGraphNode; isSelected: boolean }>;

/** The ops of a job from left to right, each with its tags and pool. */
export default function OpGraph({
  graph,
  selected,
  onSelect,
}: {
  graph: JobGraph;
  selected: string | null;
  onSelect: (name: string) => void;
}) {
  const places = useMemo(
    () =>
      layered(
        graph.nodes.map((op) => ({ ...op, id: op.name, height: 70 })),
        LAYOUT,
      ),
    [graph],
  );
  const nodes = useMemo(
    (): OpFlowNode[] =>
      graph.nodes.map((op) => ({
        id: op.name,
        type: "op",
        position: places.get(op.name) ?? { x: 0, y: 0 },
        width: 220,
        height: 70,
        data: { op, isSelected: op.name === selected },
      })),
    [graph, places, selected],
  );
  const edges = useMemo(
    (): Edge[] =>
      graph.edges.map((edge) => ({
        id: `${edge.source}>${edge.target}`,
        source: edge.source,
        target: edge.target,
        markerEnd: { type: MarkerType.ArrowClosed, color: "var(--line-strong)", width: 14, height: 14 },
        style: { stroke: "var(--line-strong)" },
      })),
    [graph],
  );
  return (
    <div className="min-h-0 flex-1">
      <ReactFlow<OpFlowNode>
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        fitView
        fitViewOptions={{ padding: 0.12, maxZoom: 1 }}
        nodesDraggable={false}
        nodesConnectable={false}
        minZoom={0.1}
        proOptions={{ hideAttribution: true }}
        onNodeClick={(_, node) => onSelect(node.id)}
        aria-label="Graph of ops; the Ops tab holds the same as a table"
      >
        <Background gap={24} size={1} color="var(--line)" />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}

function OpNode({ data }: NodeProps<OpFlowNode>) {
  const { op, isSelected } = data;
  const tag = Object.entries(op.tags).find(([key]) => !isSystemKey(key));
  return (
    <div
      className={`flex h-[70px] w-[220px] flex-col justify-center gap-1 overflow-hidden rounded-md border bg-surface px-3 ${isSelected ? "border-accent outline-2 outline-accent" : "border-line-strong"}`}
    >
      <Handle
        type="target"
        position={Position.Left}
        className="!h-1 !w-1 !min-w-0 !border-0 !bg-transparent"
      />
      <div className="flex items-center gap-2">
        <span className="min-w-0 flex-1 truncate font-medium font-mono text-[12.5px]">{op.name}</span>
        <span className="text-faint text-xs">{duration(op.p50)}</span>
      </div>
      <div className="flex items-center gap-1.5 text-faint text-xs">
        {tag && <StaticChip tagKey={tag[0]} value={tag[1]} />}
        {op.pool && <span className="min-w-0 truncate">pool {op.pool}</span>}
        {!tag && !op.pool && <span>{op.kind}</span>}
      </div>
      <Handle
        type="source"
        position={Position.Right}
        className="!h-1 !w-1 !min-w-0 !border-0 !bg-transparent"
      />
    </div>
  );
}

const NODE_TYPES = { op: OpNode };
const LAYOUT = { width: 220, gapX: 70, gapY: 26, mostInLane: 10, aspect: 1.2 };
