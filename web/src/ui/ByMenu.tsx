import { useRead } from "@/api/queries";
import type { Page, TagKeyRow } from "@/api/types";

const TAGS = [{ label: "Tag", prefix: "tag:" }] as const;

/** Chooses what to group or colour by: fixed words, or any tag key, of one kind of thing or of several. */
export function ByMenu({
  label,
  value,
  words,
  tags = TAGS,
  onChange,
}: {
  label: string;
  value: string;
  words: readonly { value: string; label: string }[];
  tags?: readonly { label: string; prefix: string }[];
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
        {tags.map((group) => (
          <optgroup key={group.prefix} label={group.label}>
            {data?.items.map((row) => (
              <option key={row.key} value={`${group.prefix}${row.key}`}>
                {row.key}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}
