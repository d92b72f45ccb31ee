// Copies src/api/types.ts between the markers of docs/design/0031-api.md; with --check it only compares.
import { readFileSync, writeFileSync } from "node:fs";

const document = new URL("../../docs/design/0031-api.md", import.meta.url);
const types = readFileSync(new URL("../src/api/types.ts", import.meta.url), "utf8");
const text = readFileSync(document, "utf8");
const start = "<!-- structs -->\n";
const head = text.slice(0, text.indexOf(start) + start.length);
const next = `${head}\n\`\`\`ts\n${types.trim()}\n\`\`\`\n`;
if (process.argv.includes("--check")) {
  if (next !== text) {
    console.error(
      "docs/design/0031-api.md is not of the present src/api/types.ts: node scripts/contract.mjs",
    );
    process.exit(1);
  }
} else {
  writeFileSync(document, next);
}
