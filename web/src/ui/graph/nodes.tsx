import { Handle, type NodeProps, Position } from "@xyflow/react";
import type { AssetStatus } from "@/api/types";
import { look } from "@/model/status";
import { PartsBar } from "../parts";
import { StatusShape } from "../Status";
import { Ago } from "../Time";
import type { FlowNode } from "./flow";

const handle = "!h-1 !w-1 !min-w-0 !border-0 !bg-transparent";

export function AssetNode({ data }: NodeProps<FlowNode>) {
  if (data.kind !== "asset") return null;
  const { node, paint, isFocus } = data;
  const { word, tone } = look(node.status);
  const cut = node.key.lastIndexOf("/");
  return (
    <div
      className={`h-[58px] w-[230px] overflow-hidden rounded-md border bg-surface ${isFocus ? "border-accent outline-2 outline-accent" : "border-line-strong"}`}
      style={{ borderLeft: `4px solid ${paint}` }}
      title={node.key}
    >
      <Handle type="target" position={Position.Left} className={handle} />
      <div className="flex items-center gap-1.5 px-2.5 pt-1.5">
        <StatusShape tone={tone} size={13} />
        <span className="min-w-0 flex-1 truncate font-medium">{node.key.slice(cut + 1)}</span>
        {node.checks && node.checks.failed > 0 && (
          <span className="text-bad-ink text-xs">{node.checks.failed} checks</span>
        )}
      </div>
      <div className="flex items-center gap-2 whitespace-nowrap px-2.5 text-faint text-xs">
        <span>{word}</span>
        <Ago at={node.materialized_at} none="never" />
        <span className="flex-1" />
        {node.partitions && (
          <PartsBar
            className="h-1 w-12"
            parts={[
              { count: node.partitions.materialized, tone: "good", word: "materialized" },
              { count: node.partitions.failed, tone: "bad", word: "failed" },
              { count: node.partitions.missing, tone: "", word: "missing" },
            ]}
          />
        )}
      </div>
      <Handle type="source" position={Position.Right} className={handle} />
    </div>
  );
}

const ORDER: AssetStatus[] = ["failed", "skipped", "running", "stale", "missing", "materialized"];

export function GroupNode({ data }: NodeProps<FlowNode>) {
  if (data.kind !== "group") return null;
  const { group, paint } = data;
  const shown = ORDER.filter((status) => (group.statuses[status] ?? 0) > 0);
  return (
    <div
      className="flex h-[74px] w-[230px] cursor-pointer flex-col justify-center gap-1.5 rounded-lg border border-line-strong bg-surface px-3 hover:bg-hover"
      style={{
        boxShadow: `3px 3px 0 -1px var(--sunken), 3px 3px 0 0 var(--line-strong)`,
        borderTop: `3px solid ${paint}`,
      }}
    >
      <Handle type="target" position={Position.Left} className={handle} />
      <div className="flex items-center gap-2">
        <span className="min-w-0 flex-1 truncate font-semibold">{group.label}</span>
        <span className="count">{group.count.toLocaleString()}</span>
      </div>
      <PartsBar
        className="h-1.5 w-full"
        parts={shown.map((status) => ({
          count: group.statuses[status] ?? 0,
          tone: look(status).tone,
          word: look(status).word.toLowerCase(),
        }))}
      />
      <div className="flex gap-2 text-xs">
        {shown
          .filter((status) => status !== "materialized")
          .slice(0, 3)
          .map((status) => (
            <span key={status} className="flex items-center gap-1 text-faint">
              <StatusShape tone={look(status).tone} size={11} /> {group.statuses[status]}
            </span>
          ))}
      </div>
      <Handle type="source" position={Position.Right} className={handle} />
    </div>
  );
}
