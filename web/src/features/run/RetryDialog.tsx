import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "@/api/client";
import { refresh } from "@/api/queries";
import type { LaunchRequest, LaunchResult, RunDetail } from "@/api/types";
import { Dialog } from "@/ui/Dialog";
import { LaunchGates, LaunchRefusals } from "@/ui/LaunchGates";
import { EMPTY_LAUNCH, isBlocked, usePreview, withoutTag, withPriority, withTag } from "@/ui/launch";
import { Choice } from "@/ui/parts";
import { PriorityStepper } from "@/ui/Stepper";
import { TagEditor } from "@/ui/TagEditor";
import { toast, toastError } from "@/ui/toasts";

/** Runs it again: all tags are shown, can be changed and taken out. */
export function RetryDialog({
  run,
  mode,
  onClose,
}: {
  run: RunDetail;
  mode: "all" | "from_failure";
  onClose: () => void;
}) {
  const [request, setRequest] = useState<LaunchRequest>({
    ...EMPTY_LAUNCH,
    job: run.job,
    location: run.location,
    parent: run.id,
    config: run.config,
    mode,
  });
  const { preview, error } = usePreview(request);
  const navigate = useNavigate();
  const launch = async () => {
    try {
      const result = await api.post<LaunchResult>("launch", request);
      refresh("run");
      toast("Launched");
      onClose();
      const id = result.run_ids[0];
      if (id) await navigate({ to: "/runs/$id", params: { id } });
    } catch (fault) {
      toastError(fault);
    }
  };
  return (
    <Dialog
      title={`Run ${run.job ?? "assets"} again`}
      onClose={onClose}
      width="w-[640px]"
      footer={
        <>
          {error && <span className="mr-auto truncate text-bad-ink">{error.message}</span>}
          <button type="button" className="btn" onClick={onClose}>
            Not now
          </button>
          <button
            type="button"
            className="btn btn-primary"
            disabled={isBlocked(preview)}
            onClick={() => void launch()}
          >
            Launch
          </button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <div className="flex items-end justify-between gap-4">
          <div>
            <div className="label pb-1">What runs</div>
            <Choice
              label="What runs"
              value={request.mode}
              options={[
                { value: "from_failure" as const, label: "From the failure" },
                { value: "all" as const, label: "Everything" },
              ]}
              onChange={(next) => setRequest({ ...request, mode: next })}
            />
          </div>
          <div>
            <div className="label pb-1">Priority</div>
            <PriorityStepper
              value={preview?.priority ?? run.priority}
              onChange={(next) => setRequest(withPriority(request, next))}
            />
          </div>
        </div>
        {preview && (
          <p className="text-soft">
            {preview.steps.length} steps:{" "}
            <span className="font-mono text-[12px]">{preview.steps.slice(0, 6).join(", ")}</span>
            {preview.steps.length > 6 && " …"}
          </p>
        )}
        <section>
          <h3 className="label pb-1">Tags</h3>
          {preview && (
            <TagEditor
              tags={preview.tags}
              removed={request.remove_tags}
              onSet={(key, value) => setRequest(withTag(request, key, value))}
              onRemove={(key) => setRequest(withoutTag(request, key, run.tags[key] !== undefined))}
              onRestore={(key) =>
                setRequest({ ...request, remove_tags: request.remove_tags.filter((other) => other !== key) })
              }
            />
          )}
          {preview && <LaunchRefusals preview={preview} />}
        </section>
        {preview && (
          <section>
            <h3 className="label pb-1">Before it starts</h3>
            <LaunchGates preview={preview} />
          </section>
        )}
      </div>
    </Dialog>
  );
}
