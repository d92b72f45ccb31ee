import { useId, useState } from "react";
import { useRead } from "@/api/queries";
import type { Page, TagSuggestion, TagWithOrigin } from "@/api/types";
import { keyFault, parseTag, valueWarning } from "@/model/tags";
import { Icon } from "./Icon";
import { StaticChip } from "./TagChip";

export interface TagEditorProps {
  /** The tags as they will be, with where each comes from. */
  tags: readonly TagWithOrigin[];
  /** Keys that were inherited and are left out. */
  removed: readonly string[];
  onSet: (key: string, value: string) => void;
  onRemove: (key: string) => void;
  onRestore: (key: string) => void;
}

/** One line per tag, each with its origin; a box below adds one (`reason=hotfix`, Enter). */
export function TagEditor({ tags, removed, onSet, onRemove, onRestore }: TagEditorProps) {
  const own = tags.filter((tag) => tag.is_editable);
  const fixed = tags.filter((tag) => !tag.is_editable);
  return (
    <div className="flex flex-col gap-2">
      <ul className="flex flex-col">
        {own.map((tag) => (
          <li key={tag.key} className="group flex min-h-7 items-center gap-2">
            <StaticChip tagKey={tag.key} value={tag.value} />
            <Origin tag={tag} />
            {tag.warning && (
              <span className="flex items-center gap-1 truncate text-sm text-wait" title={tag.warning}>
                <Icon name="alert" size={12} /> {tag.warning}
              </span>
            )}
            <button
              type="button"
              className="btn btn-quiet btn-small btn-icon ml-auto"
              aria-label={`Remove tag ${tag.key}`}
              onClick={() => onRemove(tag.key)}
            >
              <Icon name="close" size={13} />
            </button>
          </li>
        ))}
        {removed.map((key) => (
          <li key={key} className="flex min-h-7 items-center gap-2 text-faint">
            <span className="font-mono line-through">{key}</span>
            <span className="text-sm">left out</span>
            <button type="button" className="btn btn-quiet btn-small ml-auto" onClick={() => onRestore(key)}>
              Put back
            </button>
          </li>
        ))}
      </ul>
      <TagBox onAdd={onSet} />
      {fixed.length > 0 && (
        <details>
          <summary className="text-faint text-sm">{fixed.length} set by the system</summary>
          <div className="flex flex-wrap gap-1 pt-1.5">
            {fixed.map((tag) => (
              <StaticChip key={tag.key} tagKey={tag.key} value={tag.value} />
            ))}
          </div>
        </details>
      )}
    </div>
  );
}

/** Where a tag comes from, and what it won over. */
export function Origin({ tag }: { tag: TagWithOrigin }) {
  const from =
    tag.origin === "request" ? "here" : tag.origin_name ? `${tag.origin} ${tag.origin_name}` : tag.origin;
  const over = tag.overrides[0];
  return (
    <span className="min-w-0 truncate text-faint text-sm">
      {from}
      {over && (
        <>
          {" · instead of "}
          <s>{over.value}</s> from {over.origin_name ?? over.origin}
        </>
      )}
    </span>
  );
}

/** A box for `key=value` with completion of keys, then of the key's values, with counts. */
export function TagBox({
  onAdd,
  label = "Add a tag",
}: {
  onAdd: (key: string, value: string) => void;
  label?: string;
}) {
  const [text, setText] = useState("");
  const [isOpen, setIsOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const listId = useId();
  const { key, value } = parseTag(text);
  const { data } = useRead<Page<TagSuggestion>>(
    "query",
    "tags/complete",
    value === null ? { scope: "runs", key, limit: 8 } : { scope: "runs", key, value: value || "*", limit: 8 },
    { enabled: isOpen, keep: true },
  );
  const items = isOpen ? (data?.items ?? []) : [];
  const fault = text === "" ? null : value === null ? null : keyFault(key);
  const warning = value ? valueWarning(value) : null;
  const add = (newKey: string, newValue: string) => {
    if (keyFault(newKey)) return;
    onAdd(newKey, newValue);
    setText("");
    setActive(-1);
    setIsOpen(false); // what stands below the box is at hand again; the next letter opens it
  };
  const take = (item: TagSuggestion) => {
    if (item.value === null) {
      setText(`${item.key}=`);
      setActive(-1);
    } else add(item.key, item.value);
  };
  return (
    <div className="relative">
      <input
        role="combobox"
        aria-label={label}
        aria-expanded={items.length > 0}
        aria-controls={listId}
        aria-activedescendant={active >= 0 ? `${listId}-${active}` : undefined}
        aria-invalid={Boolean(fault)}
        data-tag-box
        autoComplete="off"
        spellCheck={false}
        className="field w-full font-mono text-[12.5px]"
        placeholder="key=value, then Enter"
        value={text}
        onFocus={() => setIsOpen(true)}
        onBlur={() => setIsOpen(false)}
        onChange={(event) => {
          setText(event.target.value);
          setActive(-1);
          setIsOpen(true);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") setActive((active + 1) % Math.max(1, items.length));
          else if (event.key === "ArrowUp")
            setActive((active - 1 + items.length) % Math.max(1, items.length));
          else if (event.key === "Enter" || (event.key === "Tab" && active >= 0)) {
            const item = items[active];
            if (item) take(item);
            else if (value !== null) add(key, value);
          } else if (event.key === "Escape" && items.length > 0) {
            setIsOpen(false);
            event.stopPropagation();
          } else return;
          event.preventDefault();
        }}
      />
      {items.length > 0 && (
        <ul
          id={listId}
          role="listbox"
          className="popup absolute top-8 right-0 left-0 max-h-64 overflow-auto p-1"
          aria-label="Tags in use"
        >
          {items.map((item, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled by the combobox
            <li
              key={`${item.key}=${item.value}`}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === active}
              className="menu-item"
              onMouseDown={(event) => event.preventDefault()}
              onMouseEnter={() => setActive(index)}
              onClick={() => take(item)}
            >
              <span className="font-mono text-[12.5px]">
                {item.key}={item.value ?? ""}
              </span>
              <span className="min-w-0 flex-1 truncate text-faint text-sm">{item.description}</span>
              <span className="count">{item.count.toLocaleString()}</span>
            </li>
          ))}
        </ul>
      )}
      {(fault ?? warning) && (
        <div className={`pt-1 text-sm ${fault ? "text-bad-ink" : "text-wait"}`}>{fault ?? warning}</div>
      )}
    </div>
  );
}
