export type Block =
  | { kind: "text"; text: string }
  | { kind: "image"; label: string; source: string }
  | { kind: "table"; head: string[]; rows: string[][] };

const IMAGE = /^!\[([^\]]*)\]\((data:image\/(?:svg\+xml|png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+)\)$/;
const RULE = /^\|?[\s:|-]*-[\s:|-]*\|?$/;

/** Splits a text into its pictures (only those that lie in the text: none is fetched), tables, and the rest. */
export function blocksOf(text: string): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  let plain: string[] = [];
  const settle = () => {
    const said = plain.join("\n").trim();
    if (said) blocks.push({ kind: "text", text: said });
    plain = [];
  };
  for (let at = 0; at < lines.length; at++) {
    const raw = lines[at] ?? "";
    const line = raw.trim();
    const image = IMAGE.exec(line);
    if (image) {
      settle();
      blocks.push({ kind: "image", label: image[1] ?? "", source: image[2] ?? "" });
    } else if (line.startsWith("|") && RULE.test((lines[at + 1] ?? "").trim())) {
      settle();
      const rows: string[][] = [];
      for (at += 2; lines[at]?.trim().startsWith("|"); at++) rows.push(cells(lines[at] ?? ""));
      at--;
      blocks.push({ kind: "table", head: cells(line), rows });
    } else plain.push(raw);
  }
  settle();
  return blocks;
}

function cells(line: string): string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim());
}
