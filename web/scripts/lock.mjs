// The lock must name every optional (per-platform) package and no registry address:
// a lock written while a platform package was missing makes `npm ci` fail on other machines.
import { readFileSync } from "node:fs";

const lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
const packages = lock.packages;
const faults = [];

function isLocked(from, name) {
  for (let base = from; ; base = base.slice(0, base.lastIndexOf("/node_modules/"))) {
    if (packages[`${base}${base ? "/" : ""}node_modules/${name}`]) return true;
    if (!base.includes("/node_modules/")) return Boolean(packages[`node_modules/${name}`]);
  }
}

for (const [path, entry] of Object.entries(packages)) {
  if (entry.resolved)
    faults.push(`${path}: holds an address; remove it (.npmrc: omit-lockfile-registry-resolved)`);
  if (path && !entry.integrity && !entry.link && !entry.inBundle)
    faults.push(`${path}: has no integrity hash`);
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    if (!isLocked(path, name)) faults.push(`${path || "root"}: optional dependency ${name} is not locked`);
  }
}
if (faults.length) {
  console.error(faults.join("\n"));
  process.exit(1);
}
console.log(`lock: ${Object.keys(packages).length} packages, every optional one locked, no addresses`);
