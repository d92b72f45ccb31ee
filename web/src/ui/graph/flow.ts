import type { Edge, Node } from "@xyflow/react";
import type { AssetStatus, Graph, GraphGroup, GraphNode } from "@/api/types";
import { look } from "@/model/status";

export type FlowNode = Node<
  | { kind: "asset"; node: GraphNode; paint: string; isFocus: boolean }
  | { kind: "group"; group: GraphGroup; paint: string; isTag: boolean }
>;

const WIDE = 230;
const GAP_X = 90;
const TALL = { asset: 58, group: 74 } as const;
const MOST_IN_A_COLUMN = 14;

/** Ranks become columns, and a column that grows too tall is wrapped into several. */
export function flowOf(
  graph: Graph,
  color: string,
  hueOf: (key: string) => number,
  focus: string | null,
): { nodes: FlowNode[]; edges: Edge[] } {
  type Item = { rank: number; order: number; node: FlowNode };
  const items: Item[] = [
    ...graph.groups.map((group) => ({
      rank: group.rank,
      order: group.order,
      node: {
        id: `group:${group.id}`,
        type: "group",
        position: { x: 0, y: 0 },
        width: WIDE,
        height: TALL.group,
        data: { kind: "group" as const, group, paint: groupPaint(group), isTag: graph.by.startsWith("tag:") },
      },
    })),
    ...graph.nodes.map((node) => ({
      rank: node.rank,
      order: node.order,
      node: {
        id: node.key,
        type: "asset",
        position: { x: 0, y: 0 },
        width: WIDE,
        height: TALL.asset,
        data: { kind: "asset" as const, node, paint: nodePaint(node, color, hueOf, graph), isFocus: node.key === focus },
      },
    })),
  ];
  const ranks = new Map<number, Item[]>();
  for (const item of items) ranks.set(item.rank, [...(ranks.get(item.rank) ?? []), item]);
  let x = 0;
  for (const rank of [...ranks.keys()].sort((a, b) => a - b)) {
    const column = (ranks.get(rank) ?? []).sort((a, b) => a.order - b.order);
    const lanes = Math.ceil(column.length / MOST_IN_A_COLUMN);
    const inLane = Math.ceil(column.length / lanes);
    for (const [index, item] of column.entries()) {
      const lane = Math.floor(index / inLane);
      const place = index % inLane;
      const size = Math.min(inLane, column.length - lane * inLane);
      item.node.position = { x: x + lane * (WIDE + 24), y: (place - size / 2) * 92 };
    }
    x += lanes * (WIDE + 24) + GAP_X;
  }
  const edges: Edge[] = graph.edges.map((edge) => ({
    id: `${edge.source}>${edge.target}`,
    source: edge.source,
    target: edge.target,
    ...(edge.count > 1 ? { label: String(edge.count) } : {}),
    style: { stroke: "var(--line-strong)", strokeWidth: Math.min(4, 1 + Math.log10(edge.count)) },
  }));
  return { nodes: items.map((item) => item.node), edges };
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
  const values = [...new Set(graph.nodes.map((each) => each.tags[key]).filter((each) => each !== undefined))].sort();
  const share = values.length <= 1 ? 0.5 : values.indexOf(value) / (values.length - 1);
  return `oklch(${0.45 + share * 0.35} 0.12 ${(hueOf(key) + (share - 0.5) * 90 + 360) % 360})`;
}
