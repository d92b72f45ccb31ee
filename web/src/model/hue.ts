/** Twelve hues of OKLCH, of equal lightness and chroma on screen; the red and green of states are left out. */
export const HUES = [50, 68, 90, 112, 182, 202, 224, 246, 268, 292, 318, 345] as const;

/** FNV-1a over UTF-8, so that the same key has the same hue in every browser and on every page. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash;
}

/** The hue of a tag's key in degrees: the chosen one (index 0-11) if there is one, else by hash. */
export function hueOf(key: string, chosen: number | null = null): number {
  const index = chosen ?? hashOf(key) % HUES.length;
  return HUES[index % HUES.length] ?? HUES[0];
}

/**
 * A colour for one value of a key, for charts: around the key's hue, lightness by place among the values. Lightness
 * alone did not tell six lines apart, so the hue turns as well.
 */
export function valueColor(key: string, index: number, count: number, dark: boolean): string {
  const share = count <= 1 ? 0.5 : index / (count - 1);
  const lightness = dark ? 0.58 + 0.3 * share : 0.42 + 0.36 * share;
  const hue = (hueOf(key) + (share - 0.5) * 170 + 360) % 360;
  return `oklch(${lightness.toFixed(3)} 0.11 ${hue.toFixed(0)})`;
}

export function isSystemKey(key: string): boolean {
  return key.startsWith("dagster/");
}
