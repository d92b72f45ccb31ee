import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useRead } from "@/api/queries";
import type { AssetAutomation, AssetDetail, ConditionNode } from "@/api/types";
import { Icon } from "@/ui/Icon";
import { Empty, Failure, Loading, Panel } from "@/ui/Panel";
import { ErrorText, RunLink } from "@/ui/parts";
import { Ago } from "@/ui/Time";

/** Why the asset was, or was not, started by itself: the evaluated tree of its condition. */
export function Automation({ asset }: { asset: AssetDetail }) {
  const { data, error } = useRead<AssetAutomation>("asset", "asset/automation", { key: asset.key });
  const [chosen, setChosen] = useState(0);
  if (error) return <Failure error={error} />;
  if (!data) return <Loading />;
  if (!data.condition && asset.automation.length === 0) {
    return (
      <Empty title="Nothing starts this asset by itself">
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
        {asset.automation.map((name) => (
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

/** Whether it holds, or of how many partitions; a part that nothing was asked of has no answer. */
function verdict({ is_true, candidates }: ConditionNode): string {
  if (candidates === 0) return is_true > 0 ? "true" : "–";
  if (candidates === 1) return is_true > 0 ? "true" : "false";
  return `${is_true} of ${candidates}`;
}

function Tree({ node, depth }: { node: ConditionNode; depth: number }) {
  const isTrue = node.is_true > 0;
  return (
    <>
      <div className="flex h-7 items-center gap-2" style={{ paddingLeft: depth * 18 }}>
        <Icon
          name={isTrue ? "check" : node.candidates === 0 ? "minus" : "close"}
          size={13}
          className={isTrue ? "text-good" : "text-faint"}
        />
        <span className="font-mono text-[12.5px]">{node.label}</span>
        <span className="text-faint text-sm">{verdict(node)}</span>
      </div>
      {node.children.map((child, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a condition stay in their order and may be alike
        <Tree key={place} node={child} depth={depth + 1} />
      ))}
    </>
  );
}
