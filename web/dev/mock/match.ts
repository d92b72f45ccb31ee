// Enough of the query language for looking at pages: terms joined by "and", negation, alternatives, globs.
import { type Term, terms } from "../../src/model/query.ts";

/** What a thing answers for a field: its values, or null where the field means nothing to it. */
export type Fields = (field: string) => string[];

function globOf(pattern: string): RegExp {
  const text = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${text}$`, "i");
}

function matchesTerm(term: Term, fields: Fields, now: number): boolean {
  const word = term.text.replace(/^(not\s+|-)/i, "");
  if (term.field === null) {
    return fields("*").some((text) => text.toLowerCase().includes(word.replaceAll('"', "").toLowerCase()));
  }
  const values = fields(term.field);
  if (term.values.length === 0) return values.length > 0;
  return term.values.some((wanted) => {
    const compare = /^(>=|<=|>|<)(.*)$/.exec(wanted);
    if (!compare) {
      const glob = globOf(wanted);
      return values.some((value) => glob.test(value));
    }
    const bound = readBound(compare[2] ?? "", now);
    const value = Number(values[0] ?? Number.NaN);
    return compare[1]?.startsWith(">") ? value > bound : value < bound;
  });
}

function readBound(text: string, now: number): number {
  const match = /^(-?)(\d+)([smhdw]?)$/.exec(text);
  if (!match) return Number.NaN;
  const seconds = Number(match[2]) * ({ s: 1, m: 60, h: 3600, d: 86400, w: 604800 }[match[3] ?? ""] ?? 1);
  return match[1] ? now - seconds * 1e6 : seconds;
}

export function matcher(q: string, now: number): (fields: Fields) => boolean {
  const parts = terms(q).filter((term) => !/^or$/i.test(term.text));
  return (fields) => parts.every((term) => matchesTerm(term, fields, now) !== term.negated);
}
