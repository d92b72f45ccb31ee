import { Link } from "@tanstack/react-router";
import type { LaunchPreview } from "@/api/types";
import { duration } from "@/model/time";
import { Icon } from "./Icon";
import { RunLink, UsedBar } from "./parts";

/** Why a policy about tags refuses a launch, and how to mend it. */
export function LaunchRefusals({ preview }: { preview: LaunchPreview }) {
  if (preview.refused.length === 0) return null;
  return (
    <ul role="alert" className="mt-2 flex flex-col gap-2 rounded-md bg-bad-tint px-3 py-2 text-bad-ink">
      {preview.refused.map((each) => (
        <li key={`${each.kind} ${each.name} ${each.key}`}>
          <strong>The policy about {each.key} refuses this launch.</strong> {each.message} {each.mend}
        </li>
      ))}
    </ul>
  );
}

/** Which limits will bind and the place in line, before anything is launched. */
export function LaunchGates({ preview }: { preview: LaunchPreview }) {
  return (
    <div className="flex flex-col gap-1.5">
      <p>
        {preview.position === null ? (
          <>Would start at once.</>
        ) : (
          <>
            Would wait as <strong>number {preview.position}</strong> in line
            {preview.estimated_wait !== null && <>, about {duration(preview.estimated_wait)}</>}.
          </>
        )}
      </p>
      <ul className="flex flex-col gap-1">
        {preview.gates.map((gate) => (
          <li key={gate.label} className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
            <Icon
              name={gate.is_open ? "check" : "lock"}
              size={13}
              className={gate.is_open ? "text-good" : "text-wait"}
            />
            {gate.limit_id ? (
              <Link
                to="/deployment/$section"
                params={{ section: "concurrency" }}
                search={{ select: gate.limit_id }}
                className="link min-w-24 font-medium"
              >
                {gate.label}
              </Link>
            ) : (
              <span className="min-w-24 font-medium">{gate.label}</span>
            )}
            <UsedBar used={gate.used} limit={gate.limit} />
            {!gate.is_open && gate.holders[0] && (
              <span className="text-faint">
                held by <RunLink id={gate.holders[0].run_id} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
