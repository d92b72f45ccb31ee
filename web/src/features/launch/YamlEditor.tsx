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
import { leaves, type Schema } from "./schema";

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
});

/** Two blanks for Tab: YAML knows no tabs. Escape leaves the editor. */
const indentKeys = keymap.of([
  {
    key: "Tab",
    run: (view) => {
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
          <h3 className="label pb-1">Fields</h3>
          <dl className="flex flex-col gap-2">
            {fields.map((field) => (
              <div key={field.path.join(".")}>
                <dt className="font-mono text-[12px]">
                  {field.path.at(-1)}
                  {field.isRequired && <span className="text-bad-ink"> *</span>}{" "}
                  <span className="text-faint">{field.schema.enum?.join(" | ") ?? field.schema.type}</span>
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
