import {
  acceptCompletion,
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  startCompletion,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { useEffect, useRef } from "react";
import type { ConfigFault } from "@/api/types";
import { complete, type Suggestion } from "@/model/complete";
import { leaves, type Schema, shortPath, typeWord } from "@/model/schema";

const setFaultLines = StateEffect.define<number[]>();
const faultLines = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let next = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setFaultLines)) continue;
      const lines = effect.value
        .filter((line) => line >= 1 && line <= transaction.state.doc.lines)
        .sort((a, b) => a - b);
      next = Decoration.set(
        lines.map((line) =>
          Decoration.line({ class: "cm-fault" }).range(transaction.state.doc.line(line).from),
        ),
      );
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const look = EditorView.theme({
  "&": { flex: "1", minHeight: "0", fontSize: "12.5px", backgroundColor: "transparent", color: "var(--ink)" },
  ".cm-content": { fontFamily: "var(--font-mono)", caretColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--faint)", border: "none" },
  ".cm-activeLine": { backgroundColor: "color-mix(in oklch, var(--accent-tint) 55%, transparent)" },
  ".cm-fault": { backgroundColor: "var(--bad-tint)", boxShadow: "inset 3px 0 0 var(--bad)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-tooltip": {
    backgroundColor: "var(--surface)",
    border: "1px solid var(--line-strong)",
    borderRadius: "6px",
    boxShadow: "var(--shadow)",
    overflow: "hidden",
  },
  ".cm-tooltip.cm-completionInfo": { padding: "6px 10px", maxWidth: "280px", color: "var(--soft)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--font-mono)", maxHeight: "16em" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": {
    display: "flex",
    gap: "16px",
    padding: "3px 10px",
    color: "var(--ink)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--accent-tint)",
    color: "var(--ink)",
  },
  ".cm-completionDetail": { marginLeft: "auto", fontStyle: "normal", color: "var(--faint)" },
});

/** What the schema knows at the caret; where a key opens a table, its keys are offered next. */
function suggest(schema: Schema): (context: CompletionContext) => CompletionResult | null {
  return (context) => {
    const found = complete(context.state.doc.toString(), context.pos, schema);
    if (!found || (!context.explicit && found.from === context.pos && !startsHere(context))) return null;
    return { from: found.from, options: found.items.map(option), filter: false };
  };
}

/** At a line that is blank so far, or after `key: `, something is offered without a letter typed. */
function startsHere(context: CompletionContext): boolean {
  return context.matchBefore(/(^\s*(- )?|: )$/) !== null;
}

function option(item: Suggestion): Completion {
  return {
    label: item.label,
    detail: `${item.detail}${item.isRequired ? " *" : ""}`,
    ...(item.info ? { info: item.info } : {}),
    apply: (view, _, from, to) => {
      view.dispatch({
        changes: { from, to, insert: item.insert },
        selection: { anchor: from + item.insert.length },
        userEvent: "input.complete",
      });
      if (item.goesOn) startCompletion(view);
    },
  };
}

/** Tab takes what is offered; otherwise two blanks, as YAML knows no tabs. Escape leaves the editor. */
const indentKeys = keymap.of([
  {
    key: "Tab",
    run: (view) => {
      if (acceptCompletion(view)) return true;
      view.dispatch(view.state.replaceSelection("  "));
      return true;
    },
  },
  {
    key: "Escape",
    run: (view) => {
      view.contentDOM.blur();
      return true;
    },
  },
]);

/** The configuration as text, with its fields and their meaning beside it. */
export default function YamlEditor({
  value,
  onChange,
  schema,
  faults,
}: {
  value: string;
  onChange: (value: string) => void;
  schema: Schema;
  faults: readonly ConfigFault[];
}) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const change = useRef(onChange);
  change.current = onChange;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once and keeps its own text
  useEffect(() => {
    if (!box.current) return;
    const editor = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: value,
        extensions: [
          lineNumbers(),
          drawSelection(),
          highlightActiveLine(),
          yaml(),
          history(),
          autocompletion({ override: [suggest(schema)], icons: false }),
          indentKeys,
          keymap.of([...defaultKeymap, ...historyKeymap]),
          faultLines,
          look,
          EditorView.contentAttributes.of({ "aria-label": "Run configuration" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) change.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);
  useEffect(() => {
    view.current?.dispatch({
      effects: setFaultLines.of(faults.map((fault) => fault.line).filter((line) => line !== null)),
    });
  }, [faults]);
  const fields = leaves(schema);
  return (
    <div className="flex min-h-0 flex-1">
      <div ref={box} className="flex min-h-60 min-w-0 flex-1 overflow-auto py-1" />
      {fields.length > 0 && (
        <aside aria-label="Fields" className="w-64 flex-none overflow-auto border-line border-l p-3">
          <h3 className="label flex items-center pb-1">
            <span className="flex-1">Fields</span>
            <span className="kbd">Ctrl Space</span>
          </h3>
          <dl className="flex flex-col gap-2">
            {fields.map((field) => (
              <div key={field.path.join(".")}>
                <dt className="break-words font-mono text-[12px]">
                  {shortPath(field.path)}
                  {field.isRequired && <span className="text-bad-ink"> *</span>}{" "}
                  <span className="text-faint">{typeWord(field.schema)}</span>
                </dt>
                <dd className="text-faint text-sm">{field.schema.description}</dd>
              </div>
            ))}
          </dl>
        </aside>
      )}
    </div>
  );
}
