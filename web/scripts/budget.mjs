// Holds the sizes: what the entry loads before anything is drawn, each chunk that loads later, and the styles.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const KB = 1000;
const FIRST_LOAD = 170 * KB;
const LAZY_CHUNK = 150 * KB;
const STYLES = 20 * KB;

const built = new URL("../../src/earmark/_ui/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", built), "utf8"));
const sizes = new Map();
const sizeOf = (file) => {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(new URL(file, built)), { level: 9 }).length);
  return sizes.get(file);
};

function staticImports(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const each of manifest[name].imports ?? []) staticImports(each, seen);
  return seen;
}

const entry = Object.keys(manifest).find((name) => manifest[name].isEntry);
const first = staticImports(entry);
const firstSize = [...first].reduce((sum, name) => sum + sizeOf(manifest[name].file), 0);
const lazy = Object.values(manifest).filter((chunk) => chunk.file.endsWith(".js"));
const later = lazy.filter((chunk) => ![...first].some((name) => manifest[name].file === chunk.file));
const biggest = later.map((chunk) => [sizeOf(chunk.file), chunk.file]).sort((a, b) => b[0] - a[0]);
const styles = [
  ...new Set(
    Object.values(manifest).flatMap((chunk) => [
      ...(chunk.css ?? []),
      ...(chunk.file.endsWith(".css") ? [chunk.file] : []),
    ]),
  ),
];
const stylesSize = styles.reduce((sum, file) => sum + sizeOf(file), 0);

const faults = [];
const show = (label, size, most) => {
  console.log(`${label.padEnd(34)} ${(size / KB).toFixed(1).padStart(7)} KB of ${most / KB} KB`);
  if (size > most) faults.push(label);
};
show("first load, JavaScript (gzip)", firstSize, FIRST_LOAD);
for (const [size, file] of biggest.slice(0, 5)) show(`later: ${file.split("/").at(-1)}`, size, LAZY_CHUNK);
show("styles (gzip)", stylesSize, STYLES);
if (faults.length) {
  console.error(`Over budget: ${faults.join(", ")}`);
  process.exit(1);
}
