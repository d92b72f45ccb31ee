import { describe, expect, it } from "vitest";
import { leaves, plain, type Schema, schemaAt, shortPath, typeWord } from "./schema";

const ENV: Schema = { type: "object", properties: { env: { type: "string" } }, required: ["env"] };
const SCHEMA: Schema = {
  type: "object",
  properties: {
    ops: {
      type: "object",
      properties: {
        bake: {
          type: "object",
          properties: {
            config: {
              type: "object",
              properties: {
                loaves: { anyOf: [{ type: "integer" }, ENV], description: "How many." },
                kinds: { type: "array", items: { type: "string" } },
                note: { anyOf: [{ anyOf: [{ type: "string" }, ENV] }, { type: "null" }], default: "" },
              },
              required: ["loaves"],
            },
          },
        },
      },
    },
    resources: {},
  },
};

describe("a schema", () => {
  it("with a variable of the environment as the other choice means the value", () => {
    expect(plain({ anyOf: [{ type: "integer" }, ENV], default: 3 })).toEqual({ type: "integer", default: 3 });
  });
  it("has the leaves that a form draws, and none for what may be anything", () => {
    expect(leaves(SCHEMA).map((each) => [shortPath(each.path), each.schema.type, each.isRequired])).toEqual([
      ["bake.loaves", "integer", true],
      ["bake.kinds", "array", false],
      ["bake.note", "string", false],
    ]);
  });
  it("is followed along a path, into lists and through alternatives", () => {
    expect(schemaAt(SCHEMA, ["ops", "bake", "config", "kinds", "[]"])).toEqual({ type: "string" });
    expect(schemaAt(SCHEMA, ["ops", "bake", "config", "loaves", "env"])).toEqual({ type: "string" });
    expect(schemaAt(SCHEMA, ["ops", "roast"])).toBeNull();
    expect(schemaAt({ type: "object", additionalProperties: { type: "number" } }, ["any"])).toEqual({
      type: "number",
    });
  });
  it("says its type in a word", () => {
    expect(
      [
        { enum: ["a", "b"] },
        { type: "array", items: { type: "string" } },
        { properties: {}, type: "object" },
        {},
      ].map(typeWord),
    ).toEqual(["a | b", "list of string", "table", ""]);
  });
});
