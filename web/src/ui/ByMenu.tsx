import { useRead } from "@/api/queries";
import type { Page, TagKeyRow } from "@/api/types";

/** Chooses what to group or colour by: fixed words, or any tag key. */
export function ByMenu({
  label,
  value,
  words,
  onChange,
}: {
  label: string;
  value: string;
  words: readonly { value: string; label: string }[];
  onChange: (value: string) => void;
}) {
  const { data } = useRead<Page<TagKeyRow>>("tag", "tags", { limit: 200 });
  return (
    <label className="inline-flex items-center gap-2">
      <span className="text-faint">{label}</span>
      <select className="field pr-6" value={value} onChange={(event) => onChange(event.target.value)}>
        {words.map((word) => (
          <option key={word.value} value={word.value}>
            {word.label}
          </option>
        ))}
        <optgroup label="Tag">
          {data?.items.map((row) => (
            <option key={row.key} value={`tag:${row.key}`}>
              {row.key}
            </option>
          ))}
        </optgroup>
      </select>
    </label>
  );
}
