import { expect, it } from "vitest";
import { assetSplat, readAddress, readAssetSplat, readSearch, shortRunId, writeSearch } from "./paths";

it("reads an asset's address back, whatever its key holds", () => {
  for (const key of ["orders", "marts/finance/daily", "a/-/b"]) {
    expect(readAssetSplat(assetSplat(key, "checks"))).toEqual({ key, tab: "checks" });
  }
  expect(readAssetSplat("orders")).toEqual({ key: "orders", tab: "overview" });
  expect(readAssetSplat("orders/-/nonsense").tab).toBe("overview");
});

it("keeps a query readable in the address and brings it back", () => {
  const q = 'status:failed tag:team=ml,core key:"raw_*"+ & more?';
  const text = writeSearch({ q, empty: "" });
  expect(text.startsWith("?q=status:failed+tag:team=ml,core+key:")).toBe(true);
  expect(readSearch(text)).toEqual({ q });
});

it("takes a kept address apart", () => {
  expect(readAddress("runs?q=status:failed+tag:team=ml&view=timeline")).toEqual({
    to: "/runs",
    search: { q: "status:failed tag:team=ml", view: "timeline" },
  });
  expect(readAddress("")).toEqual({ to: "/", search: {} });
});

it("shortens ids and leaves names alone", () => {
  expect(shortRunId("01a2076b-3396-78c4-a0d8-c1a5bc542db6")).toBe("bc542db6");
  expect(shortRunId("orders_in_the_inbox")).toBe("orders_in_the_inbox");
});
