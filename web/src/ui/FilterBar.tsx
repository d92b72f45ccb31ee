import {
  type KeyboardEvent,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { useRead } from "@/api/queries";
import type { Completion, Completions, Scope } from "@/api/types";
import { terms } from "@/model/query";
import { Icon } from "./Icon";
import { HueContext } from "./TagChip";

export interface FilterBarProps {
  scope: Scope;
  q: string;
  /** `isTyping` for what is sent while one types, which should not fill the history. */
  onChange: (q: string, isTyping?: boolean) => void;
  placeholder: string;
  /** A fault the server found in the query. */
  error?: string | null;
  aside?: ReactNode;
}

const TYPING_PAUSE = 140;

/** The one filter of a page: query text with completion from the server. Facets and chips edit the same text. */
export function FilterBar({ scope, q, onChange, placeholder, error, aside }: FilterBarProps) {
  const [text, setText] = useState(q);
  const [caret, setCaret] = useState(q.length);
  const [isOpen, setIsOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  // An answer to what was sent must not undo what was typed since: only a query from elsewhere replaces the text.
  const sent = useRef(q);
  const send = useCallback(
    (next: string, isTyping = false) => {
      sent.current = next;
      onChange(next, isTyping);
    },
    [onChange],
  );
  useEffect(() => {
    if (q === sent.current) return;
    sent.current = q;
    setText(q);
  }, [q]);
  useEffect(() => {
    if (text.trim() === sent.current) return;
    const timer = setTimeout(() => send(text.trim(), true), TYPING_PAUSE);
    return () => clearTimeout(timer);
  }, [text, send]);

  const { data, isPlaceholderData } = useRead<Completions>(
    "query",
    "complete",
    { scope, q: text, at: caret, limit: 12 },
    {
      enabled: isOpen,
      keep: true,
    },
  );
  // The last answer stands until the next is there; it fits as long as the same word is being typed.
  const fits = data && (!isPlaceholderData || /^\S*$/.test(text.slice(data.replace_from, caret)));
  const items = isOpen && fits ? data.items : [];

  const take = (item: Completion) => {
    if (!data) return;
    const isField = item.kind === "field" || item.kind === "tag_key";
    const tail = text.slice(isPlaceholderData ? Math.max(caret, data.replace_from) : data.replace_to);
    const next = `${text.slice(0, data.replace_from)}${item.text}${isField || tail.startsWith(" ") ? "" : " "}${tail}`;
    const at = data.replace_from + item.text.length + (isField ? 0 : 1);
    setText(next);
    setCaret(at);
    setActive(-1);
    requestAnimationFrame(() => input.current?.setSelectionRange(at, at));
    if (!isField) send(next.trim());
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) return setIsOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      setActive((old) => (items.length === 0 ? -1 : (old + step + items.length + 1) % (items.length + 1)));
    } else if (event.key === "Enter" || (event.key === "Tab" && active >= 0)) {
      const item = items[active];
      if (item) {
        event.preventDefault();
        return take(item);
      }
      setIsOpen(false);
      send(text.trim());
    } else if (event.key === "Escape") {
      if (isOpen) setIsOpen(false);
      else input.current?.blur();
    }
  };

  return (
    <div className="relative flex min-w-0 flex-1 items-center">
      <div
        className={`field flex h-[30px] w-full items-center gap-2 px-2 focus-within:outline-2 focus-within:outline-focus ${error ? "border-bad" : ""}`}
      >
        <Icon name="filter" size={14} className="text-faint" />
        <div className="relative min-w-0 flex-1 font-mono text-[12.5px]">
          <Coloured text={text} />
          <input
            ref={input}
            data-filter
            role="combobox"
            aria-label="Filter"
            aria-expanded={items.length > 0}
            aria-controls={listId}
            aria-activedescendant={active >= 0 ? `${listId}-${active}` : undefined}
            aria-invalid={Boolean(error)}
            aria-autocomplete="list"
            autoComplete="off"
            spellCheck={false}
            placeholder={placeholder}
            className="relative block w-full bg-transparent text-transparent caret-ink outline-none"
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setCaret(event.target.selectionStart ?? event.target.value.length);
              setActive(-1);
              setIsOpen(true);
            }}
            onFocus={() => setIsOpen(true)}
            onBlur={() => setIsOpen(false)}
            onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
            onKeyDown={onKeyDown}
          />
        </div>
        {text !== "" && (
          <button
            type="button"
            className="text-faint hover:text-ink"
            aria-label="Clear the filter"
            onClick={() => {
              setText("");
              send("");
            }}
          >
            <Icon name="close" size={14} />
          </button>
        )}
        {aside}
        <span className="kbd">f</span>
      </div>
      {items.length > 0 && (
        <ul
          id={listId}
          role="listbox"
          className="popup absolute top-[34px] left-0 max-h-96 w-[460px] max-w-full overflow-auto p-1"
          aria-label="Suggestions"
        >
          {items.map((item, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled by the combobox
            <li
              key={`${item.kind}:${item.text}`}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === active}
              className="menu-item"
              onMouseDown={(event) => event.preventDefault()}
              onMouseEnter={() => setActive(index)}
              onClick={() => take(item)}
            >
              <span className="min-w-0 flex-1 truncate font-mono text-[12.5px]">{item.label}</span>
              {item.detail && <span className="truncate text-faint text-sm">{item.detail}</span>}
              {item.count !== null && <span className="count">{item.count.toLocaleString()}</span>}
            </li>
          ))}
        </ul>
      )}
      {error && (
        <div
          role="alert"
          className="popup absolute top-[34px] right-0 z-10 max-w-lg border-bad px-3 py-1.5 text-bad-ink"
        >
          {error}
        </div>
      )}
    </div>
  );
}

/** The same text behind the input, with the terms in their colours. */
function Coloured({ text }: { text: string }) {
  const hueOf = useContext(HueContext);
  const parts: ReactNode[] = [];
  let end = 0;
  for (const term of terms(text)) {
    parts.push(text.slice(end, term.from));
    end = term.to;
    const isTag = term.field?.startsWith("tag:") ?? false;
    const style = isTag
      ? { color: `oklch(var(--chip-ink-l) 0.12 ${hueOf(term.field?.slice(4) ?? "")})` }
      : { color: term.field ? "var(--accent)" : "var(--ink)" };
    parts.push(
      <span key={term.from} style={style} className={term.negated ? "line-through decoration-1" : ""}>
        {term.text}
      </span>,
    );
  }
  parts.push(text.slice(end));
  return (
    <div aria-hidden="true" className="pointer-events-none absolute inset-0 overflow-hidden whitespace-pre">
      {parts}
    </div>
  );
}
