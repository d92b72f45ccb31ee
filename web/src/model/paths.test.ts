import { expect, it } from "vitest";
import { assetSplat, readAddress, readAssetSplat, readSearch, writeSearch } from "./paths";

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
