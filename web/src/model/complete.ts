// Completion inside configuration text: from where the caret stands, and a schema, to what could stand there.

import { branches, ITEM, type Schema, schemaAt, typeWord } from "./schema";

export interface Suggestion {
  label: string;
  /** The type of a key; empty for values. */
  detail: string;
  info: string | null;
  isRequired: boolean;
  /** Replaces the text from `from` to the caret. */
  insert: string;
  /** More is to be chosen below it at once. */
  goesOn: boolean;
}

export interface Completions {
  from: number;
  items: Suggestion[];
}

const STEP = "  ";

interface Place {
  indent: number;
  isItem: boolean;
  key: string | null;
  rest: string;
}

/** Reads `  - name: rest`; the indent is that of the name. */
function readLine(line: string): Place | null {
  const parts = /^( *)((?:- +)*)(.*)$/.exec(line);
  const body = parts?.[3] ?? "";
  if (!parts || body.startsWith("#")) return null;
  const indent = (parts[1]?.length ?? 0) + (parts[2]?.length ?? 0);
  const named = /^("[^"]*"|'[^']*'|[^\s:#][^:]*?)\s*:(?: +(.*))?$/.exec(body);
  return {
    indent,
    isItem: parts[2] !== "",
    key: named ? (named[1] ?? "").replace(/^["']|["']$/g, "") : null,
    rest: named ? (named[2] ?? "") : body,
  };
}

/** The keys that a line of some indent lies below, from the outside in. */
function pathOf(lines: readonly string[], at: number, indent: number, isItem: boolean): string[] {
  const path: string[] = isItem ? [ITEM] : [];
  let below = indent;
  // A list may stand as far to the left as the key that it belongs to.
  let sameCounts = isItem;
  if (isItem) below = lines[at]?.search(/\S/) ?? indent;
  for (let i = at - 1; i >= 0 && (below > 0 || sameCounts); i--) {
    const line = lines[i] ?? "";
    if (line.trim() === "") continue;
    const place = readLine(line);
    if (!place) continue;
    const isAbove = place.indent < below || (sameCounts && !place.isItem && place.indent === below);
    if (isAbove && place.key !== null && place.rest === "") {
      path.unshift(place.key);
      below = place.indent;
      sameCounts = false;
    }
    const dash = line.search(/\S/);
    if (place.isItem && !sameCounts && dash < below) {
      path.unshift(ITEM);
      below = dash;
      sameCounts = true;
    }
  }
  return path;
}

/** The keys beside the caret's line, in the same table. */
function keysBeside(lines: readonly string[], at: number, indent: number, isItem: boolean): Set<string> {
  const keys = new Set<string>();
  for (const step of isItem ? [1] : [-1, 1]) {
    for (let i = at + step; i >= 0 && i < lines.length; i += step) {
      const line = lines[i] ?? "";
      const place = line.trim() === "" ? null : readLine(line);
      if (!place) continue;
      if (place.indent < indent || (step === 1 && place.isItem && place.indent === indent)) break;
      if (place.indent === indent && place.key !== null) keys.add(place.key);
      if (place.isItem && place.indent === indent) break;
    }
  }
  return keys;
}

/** What may stand at the caret; null where it is a comment or past what a schema says. */
export function complete(text: string, caret: number, schema: Schema): Completions | null {
  const lines = text.split("\n");
  const at = text.slice(0, caret).split("\n").length - 1;
  const start = text.lastIndexOf("\n", caret - 1) + 1;
  const before = text.slice(start, caret);
  const value = /^( *(?:- +)*)([^\s:#"'][^:#]*?)\s*:( +)(\S*)$/.exec(before);
  if (value) {
    const [, lead = "", name = "", , typed = ""] = value;
    const path = [...pathOf(lines, at, lead.length, lead.includes("-")), name];
    return found(valuesAt(schema, path), typed, caret);
  }
  const key = /^( *(?:- +)*)([\w.-]*)$/.exec(before);
  if (!key) return null;
  const [, lead = "", typed = ""] = key;
  const isItem = lead.includes("-");
  const path = pathOf(lines, at, lead.length, isItem);
  const beside = keysBeside(lines, at, lead.length, isItem);
  const here = schemaAt(schema, path);
  const keys = here ? keysOf(here, " ".repeat(lead.length)).filter((each) => !beside.has(each.label)) : [];
  const values = isItem ? valuesAt(schema, path) : [];
  return found([...keys, ...values], typed, caret);
}

function found(items: Suggestion[], typed: string, caret: number): Completions | null {
  const wanted = typed.toLowerCase();
  const fitting = items.filter((each) => each.label.toLowerCase().includes(wanted));
  return fitting.length > 0 ? { from: caret - typed.length, items: fitting } : null;
}

function keysOf(schema: Schema, lead: string): Suggestion[] {
  return branches(schema).flatMap((each) =>
    Object.entries(each.properties ?? {}).map(([name, field]) => {
      const word = typeWord(field);
      const goesOn = word === "table";
      const usual =
        field.default === undefined || field.default === "" || goesOn
          ? ""
          : `, usually ${JSON.stringify(field.default)}`;
      return {
        label: name,
        detail: `${word}${usual}`,
        info: field.description ?? null,
        isRequired: each.required?.includes(name) ?? false,
        insert: goesOn ? `${name}:\n${lead}${STEP}` : `${name}: `,
        goesOn: goesOn || field.enum !== undefined || word === "boolean",
      };
    }),
  );
}

function valuesAt(schema: Schema, path: readonly string[]): Suggestion[] {
  const here = schemaAt(schema, path);
  if (!here) return [];
  const words = branches(here).flatMap((each) => {
    if (each.enum) return each.enum.map(String);
    if (each.type === "boolean") return ["true", "false"];
    return each.type === "null" ? ["null"] : [];
  });
  const usual = here.default;
  if (typeof usual === "string" || typeof usual === "number") words.push(String(usual));
  return [...new Set(words)]
    .filter((word) => word !== "")
    .map((word) => ({
      label: word,
      detail: String(usual) === word ? "usual" : "",
      info: null,
      isRequired: false,
      insert: word,
      goesOn: false,
    }));
}
