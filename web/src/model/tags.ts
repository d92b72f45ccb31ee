import type { Tags } from "@/api/types";

const SEGMENT = /^[A-Za-z0-9_.-]{1,63}$/;
const VALUE = /^[A-Za-z0-9_.-]{0,63}$/;

/** `team=ml` -> its parts; a text without `=` has no value yet. */
export function parseTag(text: string): { key: string; value: string | null } {
  const cut = text.indexOf("=");
  if (cut < 0) return { key: text.trim(), value: null };
  return { key: text.slice(0, cut).trim(), value: text.slice(cut + 1).trim() };
}

/** Why the key cannot be used, in words, or null. The server decides; this is for while one types. */
export function keyFault(key: string): string | null {
  if (key === "") return "A tag needs a key.";
  const segments = key.split("/");
  const isNested = /^dagster\/(kind|partition)\//.test(key);
  if (segments.length > (isNested ? 3 : 2)) return "A key has at most one slash: prefix/name.";
  if (!segments.every((segment) => SEGMENT.test(segment))) {
    return "Each part of a key is 1 to 63 of A-Z a-z 0-9 - _ .";
  }
  return null;
}

/** A value outside the rule of good values still works; say so. */
export function valueWarning(value: string): string | null {
  return VALUE.test(value) ? null : "Works, but good values are at most 63 of A-Z a-z 0-9 - _ .";
}

/** `{a: "1"}` -> `a=1,b=2`, for a link; commas and percent signs in values are escaped. */
export function tagsToText(tags: Tags): string {
  return Object.entries(tags)
    .map(([key, value]) => `${key}=${value.replaceAll("%", "%25").replaceAll(",", "%2C")}`)
    .join(",");
}

export function tagsFromText(text: string): Tags {
  const tags: Tags = {};
  for (const part of text.split(",")) {
    const { key, value } = parseTag(part);
    if (key) tags[key] = (value ?? "").replaceAll("%2C", ",").replaceAll("%25", "%");
  }
  return tags;
}

/** A long value with its middle left out, so that both ends can be read. */
export function middle(text: string, most = 28): string {
  if (text.length <= most) return text;
  const head = Math.ceil((most - 1) * 0.6);
  return `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`;
}
