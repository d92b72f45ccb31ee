/** Addresses of pages. An asset's key ends at `/-/`, so a key may have any number of segments. */
export const ASSET_TABS = ["overview", "partitions", "events", "checks", "lineage", "automation"] as const;
export type AssetTab = (typeof ASSET_TABS)[number];

export function assetSplat(key: string, tab: AssetTab = "overview"): string {
  return `${key}/-/${tab}`;
}

export function readAssetSplat(splat: string): { key: string; tab: AssetTab } {
  const cut = splat.lastIndexOf("/-/");
  if (cut < 0) return { key: splat.replace(/\/-$/, ""), tab: "overview" };
  const tab = splat.slice(cut + 3);
  return { key: splat.slice(0, cut), tab: ASSET_TABS.find((known) => known === tab) ?? "overview" };
}

/** Search parameters are plain strings; `:=,/*<>"` stay readable, a blank is a plus. */
export function writeSearch(search: Record<string, unknown>): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(search)) {
    if (typeof value !== "string" || value === "") continue;
    const text = encodeURIComponent(value).replace(/%(3A|3D|2C|2F|2A|40)/g, (code) =>
      decodeURIComponent(code),
    );
    parts.push(`${name}=${text.replaceAll("%20", "+")}`);
  }
  return parts.length ? `?${parts.join("&")}` : "";
}

export function readSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

/** A kept address such as `runs?q=status:failed`, in the parts that a link takes. */
export function readAddress(address: string): { to: string; search: Record<string, string> } {
  const [path = "", search = ""] = address.split("?", 2);
  return { to: `/${path}`, search: readSearch(search) };
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** The short form of what is the id of a run or a backfill; any other word as it is. */
export function shortRunId(word: string): string {
  return UUID.test(word) ? shortId(word) : word;
}

/** The last eight digits name a run well enough on a page: the first are those of the time. */
export function shortId(id: string): string {
  return id.length > 12 ? id.slice(-8) : id;
}
