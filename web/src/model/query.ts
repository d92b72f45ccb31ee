// Editing of query text. The grammar lives on the server; here a query is cut into its top-level terms,
// so that facets, chips and date buttons can change one of them and leave the rest as it was typed.

export interface Term {
  text: string;
  from: number;
  to: number;
  negated: boolean;
  /** `tag:team`, `status`, `created`; null for bare words and groups in brackets. */
  field: string | null;
  /** What follows the field's `=` or `:`, cut at commas, without quotes. */
  values: string[];
}

const PLAIN_VALUE = /^[A-Za-z0-9_.*/@<>:+-]+$/;

/** Writes a value so that the grammar reads it back as one word. */
export function quote(value: string): string {
  if (PLAIN_VALUE.test(value)) return value;
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** The text of one term: `tag:team=ml`, `group:core`. */
export function termText(field: string, values: readonly string[]): string {
  const joint = field.startsWith("tag:") ? "=" : ":";
  return `${quoteField(field)}${joint}${values.map(quote).join(",")}`;
}

function quoteField(field: string): string {
  return field.startsWith("tag:") ? `tag:${quote(field.slice(4))}` : field;
}

/** The top-level terms of a query, in order. `and` is dropped, `or` kept as a term of its own. */
export function terms(q: string): Term[] {
  const found: Term[] = [];
  let negated = false;
  let start = 0;
  for (const [from, to] of words(q)) {
    const word = q.slice(from, to);
    if (!negated) start = from;
    if (/^and$/i.test(word)) continue;
    if (/^not$/i.test(word)) {
      negated = true;
      continue;
    }
    found.push(readTerm(q.slice(start, to), word, start, to, negated));
    negated = false;
  }
  return found;
}

function readTerm(text: string, word: string, from: number, to: number, negated: boolean): Term {
  const minus = word.startsWith("-") && word.length > 1;
  const body = minus ? word.slice(1) : word;
  const cut = body.startsWith("(") ? null : splitField(body);
  return {
    text,
    from,
    to,
    negated: negated || minus,
    field: cut?.field ?? null,
    values: cut ? splitValues(cut.rest) : [],
  };
}

function splitField(body: string): { field: string; rest: string } | null {
  const colon = /^([A-Za-z_]+):/.exec(body);
  if (!colon) return null;
  const name = colon[1] ?? "";
  const rest = body.slice(colon[0].length);
  if (name !== "tag") return { field: name, rest };
  const key = /^("(?:[^"\\]|\\.)*"|[^=\s]+)(?:=(.*))?$/s.exec(rest);
  if (!key) return null;
  return { field: `tag:${unquote(key[1] ?? "")}`, rest: key[2] ?? "" };
}

function unquote(word: string): string {
  if (!word.startsWith('"')) return word;
  return word.slice(1, word.endsWith('"') ? -1 : undefined).replace(/\\(.)/g, "$1");
}

function splitValues(rest: string): string[] {
  if (rest === "") return [];
  const parts = rest.match(/"(?:[^"\\]|\\.)*"|[^,"]+/g) ?? [];
  return parts.map(unquote);
}

/** Start and end of each word at the top level; quotes and brackets hold words together. */
function words(q: string): [number, number][] {
  const found: [number, number][] = [];
  let depth = 0;
  let quoted = false;
  let start = -1;
  for (let i = 0; i <= q.length; i++) {
    const char = q[i];
    if (quoted) {
      if (char === "\\") i++;
      else if (char === '"') quoted = false;
      if (i < q.length) continue;
    }
    const ends = i >= q.length || (depth === 0 && /\s/.test(char ?? ""));
    if (ends) {
      if (start >= 0) found.push([start, Math.min(i, q.length)]);
      start = -1;
      continue;
    }
    if (start < 0) start = i;
    if (char === '"') quoted = true;
    else if (char === "(") depth++;
    else if (char === ")") depth = Math.max(0, depth - 1);
  }
  return found;
}

function isAlternative(q: string): boolean {
  return terms(q).some((term) => /^or$/i.test(term.text));
}

/** Adds a term with `and`; a query made of alternatives is put in brackets first. */
export function addTerm(q: string, text: string): string {
  const base = q.trim();
  if (base === "") return text;
  return isAlternative(base) ? `(${base}) ${text}` : `${base} ${text}`;
}

/** Cuts out the term, and the blank or `and` beside it. */
export function removeTerm(q: string, term: Pick<Term, "from" | "to">): string {
  const before = q.slice(0, term.from).replace(/(\s*\band\b)?\s*$/i, "");
  const rest = q.slice(term.to).trimStart();
  const after = before === "" ? rest.replace(/^and\b\s*/i, "") : rest;
  return `${before}${before && after ? " " : ""}${after}`.trim();
}

function replaceTerm(q: string, term: Term, text: string): string {
  return q.slice(0, term.from) + text + q.slice(term.to);
}

function findTerm(q: string, field: string, negated: boolean): Term | undefined {
  if (isAlternative(q)) return undefined;
  return terms(q).find(
    (term) => term.field === field && term.negated === negated && !term.values.some(isComparison),
  );
}

function isComparison(value: string): boolean {
  return /^[<>]/.test(value);
}

/** The values of a field that the query asks for (or, negated, excludes). */
export function selectedValues(q: string, field: string, negated = false): string[] {
  return findTerm(q, field, negated)?.values ?? [];
}

/** Puts a value in or takes it out: `tag:team=ml` -> `tag:team=ml,core` -> `tag:team=core`. */
export function toggleValue(q: string, field: string, value: string, negated = false): string {
  const term = findTerm(q, field, negated);
  const sign = negated ? "-" : "";
  if (!term || term.values.length === 0) return addTerm(q, sign + termText(field, [value]));
  const values = term.values.includes(value)
    ? term.values.filter((other) => other !== value)
    : [...term.values, value];
  if (values.length === 0) return removeTerm(q, term);
  return replaceTerm(q, term, sign + termText(field, values));
}

/** Makes sure the value is asked for, and not excluded. */
export function includeValue(q: string, field: string, value: string): string {
  const cleared = selectedValues(q, field, true).includes(value) ? toggleValue(q, field, value, true) : q;
  return selectedValues(cleared, field).includes(value) ? cleared : toggleValue(cleared, field, value);
}

/** Makes sure the value is excluded, and not asked for. */
export function excludeValue(q: string, field: string, value: string): string {
  const cleared = selectedValues(q, field).includes(value) ? toggleValue(q, field, value) : q;
  return selectedValues(cleared, field, true).includes(value)
    ? cleared
    : toggleValue(cleared, field, value, true);
}

/** Replaces every top-level term of a field by one text, or removes them with `null`. */
export function setField(q: string, field: string, text: string | null): string {
  let next = q;
  for (;;) {
    const term = terms(next).find((each) => each.field === field);
    if (!term) break;
    next = removeTerm(next, term);
  }
  return text === null ? next : addTerm(next, text);
}

/** The text after `created:`, e.g. `>-24h`, if the query has such a term. */
export function fieldText(q: string, field: string): string | null {
  return (
    terms(q)
      .find((term) => term.field === field)
      ?.values.join(",") ?? null
  );
}
