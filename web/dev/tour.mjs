// Walks through the pages as a person would, against the made-up data, and stops at the first thing that does not work.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const base = process.env.BASE ?? "http://localhost:5199";
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
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
page.setDefaultTimeout(6000);
const errors = [];
page.on("pageerror", (error) => errors.push(error.message));
page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
const q = () => new URL(page.url()).searchParams.get("q") ?? "";
const steps = [];
const step = (name, work) => steps.push([name, work]);

step("all assets with domain=marketing and pii=true takes three presses", async () => {
  await page.goto(base);
  await page.getByRole("link", { name: "Assets", exact: true }).click();
  const facets = page.getByRole("navigation", { name: "Facets" });
  await facets.getByRole("button", { name: /^marketing/ }).click();
  await facets.getByRole("button", { name: /^true/ }).click();
  await page.waitForURL(/pii/);
  assert.equal(q(), "tag:domain=marketing tag:pii=true");
});
step("alt-press on a facet's value excludes it, and the text shows it", async () => {
  await page
    .getByRole("navigation", { name: "Facets" })
    .getByRole("button", { name: /^growth/ })
    .click({ modifiers: ["Alt"] });
  await page.waitForURL(/growth/);
  assert.match(q(), /-tag:team=growth$/);
});
step("typing a value completes it with its key and count", async () => {
  await page.goto(`${base}/assets`);
  await page.getByRole("combobox", { name: "Filter" }).waitFor();
  await page.keyboard.press("f");
  await page.keyboard.type("marketing");
  const option = page.getByRole("option", { name: /tag:domain=marketing/ });
  await option.waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=tag:domain=marketing/);
  assert.equal(q(), "tag:domain=marketing");
});
step("fast typing loses no letter, and back goes to where one came from", async () => {
  await page.goto(`${base}/runs`);
  const box = page.getByRole("combobox", { name: "Filter" });
  await box.pressSequentially("status:failed tag:team=growth created:>-7d", { delay: 35 });
  await page.keyboard.press("Escape");
  await page.waitForURL(/7d/);
  assert.equal(q(), "status:failed tag:team=growth created:>-7d");
  assert.equal(await box.inputValue(), "status:failed tag:team=growth created:>-7d");
  await page.goBack();
  await page.waitForURL(/tag:domain=marketing/);
});
step("a chip filters, and its menu opens by the context menu", async () => {
  await page.goto(`${base}/runs`);
  await page.getByRole("button", { name: "tag team is growth" }).first().click();
  await page.waitForURL(/tag:team=growth/);
  await page.getByRole("button", { name: "tag team is growth" }).first().click({ button: "right" });
  await page.getByRole("menuitem", { name: "Assets with it" }).click();
  await page.waitForURL(/\/assets\?q=tag:team=growth/);
});
step("failed runs of a team in the last day takes four presses", async () => {
  await page.goto(base);
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await page.getByRole("tab", { name: /^Failed/ }).click();
  await page.getByRole("button", { name: "24h" }).click();
  await page.waitForURL(/created/);
  assert.equal(q(), "status:failed created:>-24h");
});
step("bulk cancel of all that match counts first", async () => {
  await page.goto(`${base}/runs?q=status:queued`);
  await page.getByRole("checkbox", { name: "Select all rows loaded" }).check();
  await page.getByRole("toolbar").getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("dialog").getByText("can be acted on now").waitFor();
  await page.getByRole("button", { name: "Keep as they are" }).click();
});
step("the rows can be walked by keys and opened", async () => {
  await page.goto(`${base}/runs?q=status:failed`);
  await page.locator("[data-index='0']").focus();
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.getByText("1 selected").waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/runs\/019ab/);
});
step("retry from failure shows every tag and launches", async () => {
  await page.getByRole("button", { name: /Retry from failure/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Remove tag env" }).click();
  await dialog.getByText("left out").waitFor();
  await dialog.getByRole("combobox", { name: "Add a tag" }).fill("reason=hotfix");
  await page.keyboard.press("Enter");
  await dialog.getByText("hotfix").waitFor();
  await dialog.getByRole("button", { name: "Higher priority" }).click();
  await dialog.getByText("number 1").waitFor();
  await dialog.getByRole("button", { name: "Launch" }).click();
  await page.getByText("Launched", { exact: true }).waitFor();
});
step("a launch can be reproduced from its link", async () => {
  await page.goto(`${base}/jobs/daily_marketing/launch`);
  await page.getByRole("combobox", { name: "Add a tag" }).fill("reason=hotfix");
  await page.keyboard.press("Enter");
  await page.getByLabel(/^limit/).fill("77");
  await page.waitForURL(/tags=reason=hotfix.*config=/);
  await page.reload();
  await page.getByText("hotfix").waitFor();
  assert.equal(await page.getByLabel(/^limit/).inputValue(), "77");
  await page.getByRole("button", { name: "YAML" }).click();
  await page.getByRole("textbox", { name: "Run configuration" }).getByText("limit: 77").waitFor();
});
step("the palette finds a tag and goes there", async () => {
  await page.keyboard.press("Escape");
  await page.goto(base);
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await page.keyboard.press("/");
  await page.getByRole("combobox", { name: "Search" }).fill("growth");
  await page.getByRole("option", { name: /team=growth/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/tags\/team\/growth/);
});
step("g then a letter goes to a page", async () => {
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await page.waitForURL(/deployment\/locations/);
});
step("a limit is changed in place, with undo", async () => {
  await page.goto(`${base}/deployment/concurrency`);
  const field = page.getByRole("textbox", { name: /Limit of env=staging/ });
  await field.fill("5");
  await page.keyboard.press("Enter");
  await page.getByText("env=staging: 3 → 5").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
});
step("a saved view is pinned in the navigation", async () => {
  await page.goto(`${base}/runs?q=tag:team=ml`);
  await page.getByRole("button", { name: "Save this view" }).click();
  await page.getByLabel("Name of this view").fill("ML runs");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "ML runs" }).first().waitFor();
});
step("a reload of a deep link gives the same view", async () => {
  await page.goto(`${base}/assets/int/attribution/orders_raw/-/lineage?color=tag:tier&hops=1`);
  await page.getByRole("combobox", { name: "Colour by" }).waitFor();
  assert.equal(await page.getByRole("combobox", { name: "Colour by" }).inputValue(), "tag:tier");
});
step("the theme holds over a reload, before the first paint", async () => {
  await page.getByRole("button", { name: "Look" }).click();
  await page.getByRole("menuitem", { name: "Dark theme" }).click();
  await page.reload({ waitUntil: "commit" });
  await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
});

let failed = 0;
for (const [name, work] of steps) {
  try {
    await work();
    console.log(`ok    ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}\n      ${error.message.split("\n").slice(0, 6).join("\n      ")}`);
  }
}
for (const error of new Set(errors)) console.log(`error on the page: ${error.slice(0, 300)}`);
await browser.close();
process.exit(failed + errors.length > 0 ? 1 : 0);
