import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useRead } from "@/api/queries";
import type { AssetAutomation, ConditionNode } from "@/api/types";
import { counted } from "@/model/words";
import { Icon } from "./Icon";
import { Empty, Failure, Loading, Panel } from "./Panel";
import { ErrorText, RunLink } from "./parts";
import { Ago } from "./Time";

interface Conditioned {
  /** What may have a condition. */
  kind: "asset" | "job";
  /** What names it in the address of what is read. */
  params: Record<string, string>;
  /** Schedules and sensors that also start it. */
  automation: readonly string[];
}

/** Why an asset or a job was, or was not, started by itself: the evaluated tree of its condition. */
export function Conditions({ kind, params, automation }: Conditioned) {
  const { data, error } = useRead<AssetAutomation>("tick", `${kind}/automation`, params);
  const [chosen, setChosen] = useState(0);
  if (error) return <Failure error={error} />;
  if (!data) return <Loading />;
  if (!data.condition && automation.length === 0) {
    return (
      <Empty title={`Nothing starts this ${kind} by itself`}>
        Give it an <code className="font-mono">automation_condition</code>, or a schedule.
      </Empty>
    );
  }
  const evaluation = data.evaluations[chosen];
  return (
    <div className="flex min-h-0 flex-1 gap-3 overflow-auto p-4">
      <Panel title="Evaluations" className="w-80 flex-none self-start">
        <ul>
          {data.evaluations.map((each, index) => (
            <li key={each.id}>
              <button
                type="button"
                aria-pressed={index === chosen}
                className={`flex h-8 w-full items-center gap-2 border-line border-b px-3 text-left hover:bg-hover ${index === chosen ? "bg-accent-tint" : ""}`}
                onClick={() => setChosen(index)}
              >
                <Icon
                  name={each.requested > 0 ? "check" : "minus"}
                  size={13}
                  className={each.requested > 0 ? "text-good" : "text-faint"}
                />
                <span className="flex-1">
                  {each.error
                    ? "Failed"
                    : each.requested > 0
                      ? `${each.requested} requested`
                      : "Nothing to do"}
                </span>
                <span className="text-faint">
                  <Ago at={each.at} />
                </span>
              </button>
            </li>
          ))}
        </ul>
      </Panel>
      <Panel
        title={<code className="font-mono text-[12.5px]">{data.condition}</code>}
        className="flex-1 self-start"
        bodyClass="p-3"
      >
        {evaluation && (
          <>
            {evaluation.tree && <Tree node={evaluation.tree} depth={0} />}
            {evaluation.error && <ErrorText error={evaluation.error} isOpen />}
            {evaluation.run_ids.length > 0 && (
              <p className="flex gap-2 pt-3">
                Started{" "}
                {evaluation.run_ids.map((id) => (
                  <RunLink key={id} id={id} />
                ))}
              </p>
            )}
          </>
        )}
        {automation.map((name) => (
          <p key={name} className="pt-3 text-soft">
            Also part of{" "}
            <Link to="/automation/$name" params={{ name }} className="link text-ink">
              {name}
            </Link>
          </p>
        ))}
      </Panel>
    </div>
  );
}

/** How many partitions are named before the rest is only counted. */
const NAMED = 3;

function verdict({ is_true, partitions, keys }: ConditionNode): string {
  if (!is_true) return "false";
  if (partitions === null) return "true";
  const named = keys.slice(0, NAMED).join(", ");
  return `${counted(partitions, "partition")}: ${named}${keys.length > NAMED ? ", …" : ""}`;
}

function Tree({ node, depth }: { node: ConditionNode; depth: number }) {
  return (
    <>
      <div className="flex min-h-7 items-center gap-2" style={{ paddingLeft: depth * 18 }}>
        <Icon
          name={node.is_true ? "check" : "minus"}
          size={13}
          className={node.is_true ? "text-good" : "text-faint"}
        />
        <span className="font-mono text-[12.5px]">{node.label}</span>
        <span className="text-faint text-sm" title={node.keys.join(", ") || undefined}>
          {verdict(node)}
        </span>
      </div>
      {node.children.map((child, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a condition stay in their order and may be alike
        <Tree key={place} node={child} depth={depth + 1} />
      ))}
    </>
  );
}
