// Writes src/api/types.ts from the server's OpenAPI document; with --check it only compares.
// The document comes from `python -m earmark.server.openapi`, by the Python named in PYTHON.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const file = new URL("../src/api/types.ts", import.meta.url);
const python = process.env.PYTHON ?? "python3";
const made = spawnSync(python, ["-m", "earmark.server.openapi"], { encoding: "utf8", maxBuffer: 1 << 26 });
if (made.status !== 0) {
  console.error(made.error?.message ?? made.stderr);
  console.error(`Name the Python that has Earmark installed: PYTHON=../.venv/bin/python (it was ${python}).`);
  process.exit(1);
}
const schema = JSON.parse(made.stdout);

// The client names its addresses itself, so what it takes from the document are the shapes.
const shapes = astToString(
  await openapiTS(
    { ...schema, paths: {} },
    { rootTypes: true, rootTypesNoSchemaPrefix: true, alphabetize: true },
  ),
);
const text = `// Generated from the server's OpenAPI document (shapes ${schema.info["x-shapes"]}): \`npm run generate\`. Do not edit.
// Every field of an answer is always sent; absence is \`null\`; a list may be empty but is never missing.

/** An instant: integer microseconds since 1970-01-01 UTC. */
export type Micros = number;
/** A length of time in seconds, fractions allowed. */
export type Seconds = number;
/** An asset key as people write it: segments joined by slashes. */
export type AssetKey = string;
/** Tag keys with their values, sorted by key. */
export type Tags = Record<string, string>;
/** One page of a list. \`next_cursor\` is null on the last page; \`total\` counts all that match \`q\`. */
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
  total: number;
}

${shapes}`;
if (process.argv.includes("--check")) {
  if (readFileSync(file, "utf8") !== text) {
    console.error("src/api/types.ts is not of the server's present OpenAPI document: npm run generate");
    process.exit(1);
  }
} else {
  writeFileSync(file, text);
}
