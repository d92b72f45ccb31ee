import { ByMenu } from "@/ui/ByMenu";
import { Choice } from "@/ui/parts";
import { Timeline } from "@/ui/Timeline";
import { useUrl } from "@/ui/url";

const RANGES = ["1h", "6h", "24h", "7d"].map((value) => ({ value, label: value }));

export default function RunTimeline() {
  const [search, setSearch] = useUrl();
  const range = search.range ?? "24h";
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-none items-center gap-3 border-line border-b px-3 py-2">
        <ByMenu
          label="Rows by"
          value={search.by ?? "job"}
          words={[
            { value: "job", label: "Job" },
            { value: "automation", label: "Automation" },
          ]}
          onChange={(by) => setSearch({ by })}
        />
        <Choice
          label="Range"
          value={range}
          options={RANGES}
          onChange={(next) => setSearch({ range: next })}
        />
        <span className="text-faint text-sm">Drag over the bars to zoom in.</span>
      </div>
      <div className="min-h-0 flex-1 overflow-auto">
        <Timeline
          q={search.q ?? ""}
          by={search.by ?? "job"}
          range={range}
          onRange={(next) => setSearch({ range: next })}
        />
      </div>
    </div>
  );
}
