import { describe, expect, it } from "vitest";
import {
  addTerm,
  excludeValue,
  fieldText,
  includeValue,
  quote,
  removeTerm,
  selectedValues,
  setField,
  terms,
  termText,
  toggleValue,
} from "./query";

const first = (q: string) => {
  const term = terms(q)[0];
  if (!term) throw new Error("no term");
  return term;
};

describe("terms", () => {
  it("cuts a query at blanks and drops the word and", () => {
    expect(terms("status:failed and tag:team=ml").map((term) => term.text)).toEqual([
      "status:failed",
      "tag:team=ml",
    ]);
  });
  it("keeps quotes and brackets whole", () => {
    const q = 'tag:note="two words" (group:a or group:b)';
    expect(terms(q).map((term) => term.text)).toEqual(['tag:note="two words"', "(group:a or group:b)"]);
    expect(first(q).values).toEqual(["two words"]);
  });
  it("reads a negated term with its word", () => {
    expect(first("not tag:pii=true")).toMatchObject({ text: "not tag:pii=true", negated: true });
    expect(first("-tag:tier")).toMatchObject({ field: "tag:tier", negated: true, values: [] });
  });
  it("keeps a slash and a prefix in a tag's key", () => {
    expect(first("tag:dagster/priority=10")).toMatchObject({ field: "tag:dagster/priority", values: ["10"] });
  });
  it("survives an open quote and an open bracket", () => {
    expect(terms('tag:a="x y').map((term) => term.text)).toEqual(['tag:a="x y']);
    expect(terms("(a b").map((term) => term.text)).toEqual(["(a b"]);
  });
});

describe("editing", () => {
  it("adds a term beside alternatives only after putting them in brackets", () => {
    expect(addTerm("a or b", "group:x")).toBe("(a or b) group:x");
    expect(addTerm("", "group:x")).toBe("group:x");
  });
  it("adds a second value to the same term and takes the last one out with its term", () => {
    const one = toggleValue("status:failed", "tag:team", "ml");
    expect(one).toBe("status:failed tag:team=ml");
    const two = toggleValue(one, "tag:team", "core");
    expect(two).toBe("status:failed tag:team=ml,core");
    expect(toggleValue(toggleValue(two, "tag:team", "ml"), "tag:team", "core")).toBe("status:failed");
  });
  it("leaves the text of other terms untouched", () => {
    const q = 'not  tag:pii=true   key:"raw_*"+ (group:a or group:b)';
    expect(toggleValue(toggleValue(q, "group", "c"), "group", "c")).toBe(q);
  });
  it("moves a value from wanted to excluded", () => {
    expect(excludeValue("tag:team=ml", "tag:team", "ml")).toBe("-tag:team=ml");
    expect(includeValue("-tag:team=ml", "tag:team", "ml")).toBe("tag:team=ml");
    expect(includeValue("tag:team=ml", "tag:team", "ml")).toBe("tag:team=ml");
  });
  it("removes a term and the and before it", () => {
    const q = "a and b and c";
    const [, b] = terms(q);
    expect(b && removeTerm(q, b)).toBe("a and c");
  });
  it("replaces a date", () => {
    expect(setField("created:>-24h status:failed", "created", "created:>-7d")).toBe(
      "status:failed created:>-7d",
    );
    expect(setField("created:>-24h", "created", null)).toBe("");
    expect(fieldText("created:>-24h x", "created")).toBe(">-24h");
  });
  it("does not mistake a comparison for a chosen value", () => {
    expect(selectedValues("duration:>10m", "duration")).toEqual([]);
  });
  it("quotes what the grammar would cut", () => {
    expect(quote("two words")).toBe('"two words"');
    expect(quote('say "hi"')).toBe('"say \\"hi\\""');
    expect(termText("tag:a b", ["c,d"])).toBe('tag:"a b"="c,d"');
    expect(selectedValues(termText("tag:a b", ["c,d"]), "tag:a b")).toEqual(["c,d"]);
  });
});
