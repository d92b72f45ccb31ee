import { type Edge, MarkerType, type Node } from "@xyflow/react";
import type { AssetStatus, Graph, GraphEdge, GraphGroup, GraphNode } from "@/api/types";
import { layered } from "@/model/layered";
import { look } from "@/model/status";

export type FlowNode = Node<
  | { kind: "asset"; node: GraphNode; paint: string; isFocus: boolean }
  | { kind: "group"; group: GraphGroup; paint: string; isTag: boolean }
>;

const WIDE = 230;
const TALL = { asset: 58, group: 74 } as const;
const LAYOUT = { width: WIDE, gapX: 80, gapY: 26, mostInLane: 14, aspect: 1.55 };

/** Nodes and edges as they are drawn, in places that fill the screen. */
export function flowOf(
  graph: Graph,
  color: string,
  hueOf: (key: string) => number,
  focus: string | null,
): { nodes: FlowNode[]; edges: Edge[] } {
  const places = layered(
    [
      ...graph.groups.map((group) => ({ ...group, id: `group:${group.id}`, height: TALL.group })),
      ...graph.nodes.map((node) => ({ ...node, id: node.key, height: TALL.asset })),
    ],
    LAYOUT,
  );
  const at = (id: string) => places.get(id) ?? { x: 0, y: 0 };
  const groups = graph.groups.map(
    (group): FlowNode => ({
      id: `group:${group.id}`,
      type: "pack",
      position: at(`group:${group.id}`),
      width: WIDE,
      height: TALL.group,
      data: { kind: "group", group, paint: groupPaint(group), isTag: graph.by.startsWith("tag:") },
    }),
  );
  const assets = graph.nodes.map(
    (node): FlowNode => ({
      id: node.key,
      type: "asset",
      position: at(node.key),
      width: WIDE,
      height: TALL.asset,
      data: { kind: "asset", node, paint: nodePaint(node, color, hueOf, graph), isFocus: node.key === focus },
    }),
  );
  return { nodes: [...groups, ...assets], edges: graph.edges.map(drawnEdge) };
}

function drawnEdge(edge: GraphEdge): Edge {
  return {
    id: `${edge.source}>${edge.target}`,
    source: edge.source,
    target: edge.target,
    markerEnd: { type: MarkerType.ArrowClosed, color: "var(--line-strong)", width: 14, height: 14 },
    ...(edge.count > 1 ? { label: String(edge.count) } : {}),
    labelStyle: { fill: "var(--faint)", fontSize: 11 },
    labelBgStyle: { fill: "var(--canvas)" },
    style: { stroke: "var(--line-strong)", strokeWidth: Math.min(3, 1 + Math.log10(edge.count) / 2) },
  };
}

function statusPaint(status: AssetStatus): string {
  return `var(--${look(status).tone})`;
}

const WORST: AssetStatus[] = ["failed", "skipped", "running", "stale", "queued", "missing", "materialized"];
function groupPaint(group: GraphGroup): string {
  return statusPaint(WORST.find((status) => (group.statuses[status] ?? 0) > 0) ?? "missing");
}

/** One colour per value: the key's hue, turned by the value's place among those on screen. */
function nodePaint(node: GraphNode, color: string, hueOf: (key: string) => number, graph: Graph): string {
  if (!color.startsWith("tag:")) return statusPaint(node.status);
  const key = color.slice(4);
  const value = node.tags[key];
  if (value === undefined) return "var(--line-strong)";
  const values = [
    ...new Set(graph.nodes.map((each) => each.tags[key]).filter((each) => each !== undefined)),
  ].sort();
  const share = values.length <= 1 ? 0.5 : values.indexOf(value) / (values.length - 1);
  return `oklch(${0.45 + share * 0.35} 0.12 ${(hueOf(key) + (share - 0.5) * 90 + 360) % 360})`;
}
