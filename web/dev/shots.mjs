// Screenshots of every page with the made-up data, in both themes:
//   MOCK=1 npx vite --port 5199 &   node dev/shots.mjs OUT [name ...]
import { mkdirSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { chromium } from "playwright-core";

const base = process.env.BASE ?? "http://localhost:5199";
const out = process.argv[2] ?? "shots";
const only = process.argv.slice(3);
mkdirSync(out, { recursive: true });

const api = async (path) => (await fetch(`${base}/api/${path}`)).json();
const failed = (await api("runs?q=status:failed&limit=1")).items[0];
const running = (await api("runs?q=status:running&limit=1")).items[0];
const queued = (await api("runs?q=status:queued&limit=5")).items[4];
const backfill = (await api("backfills?limit=1")).items[0];
const broken = (await api("assets?q=status:failed&limit=1")).items[0];
const parted = (await api("assets?q=status:materialized&limit=200")).items.find((row) => row.partitions);

const PAGES = {
  home: "/",
  "home-team": "/?by=tag:team&range=24h",
  assets: "/assets",
  "assets-filter": "/assets?q=tag:domain=marketing+tag:pii=true",
  "assets-none": "/assets?q=tag:domain=marketing+group:ledger",
  "assets-tree": "/assets?view=tree",
  "assets-graph": "/assets?view=graph",
  "assets-graph-open": "/assets?view=graph&q=tag:domain=ml&by=tag:team&color=tag:tier&expand=growth",
  asset: `/assets/${broken.key}/-/overview`,
  "asset-good": `/assets/${parted.key}/-/overview`,
  "asset-partitions": `/assets/${parted.key}/-/partitions`,
  "asset-events": `/assets/${parted.key}/-/events`,
  "asset-checks": `/assets/${parted.key}/-/checks`,
  "asset-lineage": `/assets/${broken.key}/-/lineage`,
  "asset-automation": `/assets/${parted.key}/-/automation`,
  jobs: "/jobs",
  job: "/jobs/daily_marketing",
  "job-ops": "/jobs/daily_marketing?tab=ops",
  launch: "/jobs/daily_marketing/launch?tags=reason=hotfix",
  "launch-yaml": "/jobs/daily_marketing/launch?mode=yaml",
  "launch-assets": "/launch?select=tag:domain=marketing",
  runs: "/runs",
  "runs-failed": "/runs?q=status:failed+created:>-7d",
  "runs-timeline": "/runs?view=timeline&by=tag:team",
  "runs-insights": "/runs?view=insights&by=tag:team",
  "runs-backfills": "/runs?tab=backfills",
  run: `/runs/${failed.id}`,
  "run-running": `/runs/${running.id}`,
  "run-queued": `/runs/${queued.id}`,
  backfill: `/backfills/${backfill.id}`,
  automation: "/automation",
  "automation-one": "/automation/sync_crm_schedule",
  tags: "/tags",
  "tag-key": "/tags/team",
  "tag-value": "/tags/team/growth",
  locations: "/deployment/locations",
  daemons: "/deployment/daemons",
  concurrency: "/deployment/concurrency?select=team-each",
  config: "/deployment/config",
  login: "/login",
  "not-found": "/nowhere",
};

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
let faults = 0;
for (const theme of ["light", "dark"]) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: theme,
    reducedMotion: "reduce",
  });
  for (const [name, path] of Object.entries(PAGES)) {
    if (only.length && !only.includes(name)) continue;
    const page = await context.newPage();
    page.on("console", (message) => {
      if (message.type() !== "error") return;
      faults++;
      console.log(`${name} (${theme}): console: ${message.text().slice(0, 400)}`);
    });
    page.on("pageerror", (error) => {
      faults++;
      console.log(`${name} (${theme}): ${error.message.slice(0, 400)}`);
    });
    await page.goto(base + path);
    await page.waitForTimeout(name.includes("graph") || name.includes("lineage") ? 1800 : 1100);
    if (process.env.AXE === "1") {
      const result = await new AxeBuilder({ page })
        .withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"])
        .analyze();
      for (const violation of result.violations) {
        faults++;
        console.log(`${name} (${theme}): ${violation.id}: ${violation.help}`);
        for (const node of violation.nodes.slice(0, 3))
          console.log(`    ${node.html.slice(0, 170)}  ${node.any[0]?.message?.slice(0, 160) ?? ""}`);
      }
    }
    await page.screenshot({ path: `${out}/${name}-${theme}.png` });
    await page.close();
  }
  await context.close();
}
await browser.close();
console.log(faults === 0 ? "no faults" : `${faults} faults`);
