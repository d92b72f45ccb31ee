import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { refresh } from "@/api/queries";
import type { BulkResult, BulkRuns, Tags } from "@/api/types";
import { Dialog } from "@/ui/Dialog";
import { Icon } from "@/ui/Icon";
import { StaticChip } from "@/ui/TagChip";
import { TagBox } from "@/ui/TagEditor";
import { toast, toastError } from "@/ui/toasts";

type Order = "cancel" | "retry" | "tag";
const VERB: Record<Order, string> = { cancel: "Cancel", retry: "Retry", tag: "Edit tags of" };

interface BulkBarProps {
  q: string;
  total: number;
  loaded: number;
  selected: ReadonlySet<string>;
  onClear: () => void;
  order: Order | null;
  onOrder: (order: Order | null) => void;
}

/** Acts on the selected rows, or on all that match the query; the server counts before anything is done. */
export function BulkBar(props: BulkBarProps) {
  const { selected, total } = props;
  const [isAll, setAll] = useState(false);
  if (selected.size === 0) return null;
  const count = isAll ? total : selected.size;
  return (
    <div
      className="flex h-11 flex-none items-center gap-2 border-line border-t bg-accent-tint px-4"
      role="toolbar"
      aria-label="Selected runs"
    >
      <span className="font-medium">{count.toLocaleString()} selected</span>
      {!isAll && selected.size >= props.loaded && total > selected.size && (
        <button type="button" className="btn btn-small" onClick={() => setAll(true)}>
          Select all {total.toLocaleString()} matching
        </button>
      )}
      {!isAll && selected.size < props.loaded && (
        <button type="button" className="btn btn-quiet btn-small" onClick={() => setAll(true)}>
          All {total.toLocaleString()} matching
        </button>
      )}
      <span className="flex-1" />
      <button type="button" className="btn btn-small" onClick={() => props.onOrder("tag")}>
        <Icon name="edit" size={13} /> Tags
      </button>
      <button type="button" className="btn btn-small" onClick={() => props.onOrder("retry")}>
        <Icon name="retry" size={13} /> Retry
      </button>
      <button type="button" className="btn btn-small btn-danger" onClick={() => props.onOrder("cancel")}>
        <Icon name="stop" size={13} /> Cancel
      </button>
      <button
        type="button"
        className="btn btn-small btn-quiet"
        onClick={() => {
          setAll(false);
          props.onClear();
        }}
      >
        Clear
      </button>
      {props.order && (
        <BulkDialog
          order={props.order}
          target={
            isAll
              ? { ids: null, q: props.q, expected: total }
              : { ids: [...selected], q: null, expected: null }
          }
          onClose={() => props.onOrder(null)}
          onDone={() => {
            setAll(false);
            props.onClear();
          }}
        />
      )}
    </div>
  );
}

function BulkDialog({
  order,
  target,
  onClose,
  onDone,
}: {
  order: Order;
  target: Pick<BulkRuns, "ids" | "q" | "expected">;
  onClose: () => void;
  onDone: () => void;
}) {
  const [plan, setPlan] = useState<BulkResult | null>(null);
  const [tags, setTags] = useState<Tags>({});
  const body = (isDry: boolean): BulkRuns => ({
    ...target,
    action: order,
    tags: order === "tag" ? { set: tags, remove: [] } : null,
    priority: null,
    dry_run: isDry,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the dry run belongs to the opening of the dialog
  useEffect(() => {
    api.post<BulkResult>("runs/bulk", body(true)).then(setPlan, (error) => {
      toastError(error);
      onClose();
    });
  }, []);
  const act = async () => {
    try {
      const result = await api.post<BulkResult>("runs/bulk", body(false));
      toast(
        `${VERB[order]}: ${result.done.toLocaleString()} done${result.failed.length ? `, ${result.failed.length} not` : ""}.`,
      );
      refresh("run");
      onDone();
      onClose();
    } catch (error) {
      toastError(error);
    }
  };
  const count = plan?.done ?? 0;
  return (
    <Dialog
      title={`${VERB[order]} ${plan ? count.toLocaleString() : "…"} runs`}
      onClose={onClose}
      footer={
        <>
          <button type="button" className="btn" onClick={onClose}>
            Keep as they are
          </button>
          <button
            type="button"
            className={`btn ${order === "cancel" ? "btn-danger" : "btn-primary"}`}
            disabled={count === 0 || (order === "tag" && Object.keys(tags).length === 0)}
            onClick={() => void act()}
          >
            {VERB[order]} {count.toLocaleString()} runs
          </button>
        </>
      }
    >
      {plan === null ? (
        <p className="text-soft">Counting…</p>
      ) : (
        <div className="flex flex-col gap-3">
          <p>
            {plan.matched.toLocaleString()} match; {count.toLocaleString()} can be acted on now.
          </p>
          {plan.failed.length > 0 && (
            <ul className="text-soft text-sm">
              {plan.failed.slice(0, 3).map((each) => (
                <li key={each.id}>
                  <span className="font-mono">{each.id.slice(-8)}</span>: {each.detail}
                </li>
              ))}
            </ul>
          )}
          {order === "tag" && (
            <>
              <div className="flex flex-wrap gap-1">
                {Object.entries(tags).map(([key, value]) => (
                  <StaticChip key={key} tagKey={key} value={value} />
                ))}
              </div>
              <TagBox onAdd={(key, value) => setTags({ ...tags, [key]: value })} />
            </>
          )}
        </div>
      )}
    </Dialog>
  );
}
