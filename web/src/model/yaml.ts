// A small reader and writer for run configuration: maps by indentation, lists, and plain scalars. It is what the form
// needs to edit single values; the YAML editor and the server take any YAML. What it cannot read it says so.

export type Yaml = string | number | boolean | null | Yaml[] | { [key: string]: Yaml };

export class YamlError extends Error {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.name = "YamlError";
    this.line = line;
  }
}

interface Line {
  indent: number;
  text: string;
  number: number;
}

export function readYaml(text: string): Yaml {
  const lines = text
    .split("\n")
    .map((raw, index): Line => {
      if (/^\s*\t/.test(raw)) throw new YamlError("YAML is not indented with tabs", index + 1);
      const body = stripComment(raw);
      return { indent: body.length - body.trimStart().length, text: body.trim(), number: index + 1 };
    })
    .filter((line) => line.text !== "" && line.text !== "---");
  if (lines.length === 0) return {};
  const [value, end] = readBlock(lines, 0, lines[0]?.indent ?? 0);
  const rest = lines[end];
  if (rest) throw new YamlError("This line does not belong to what is above it", rest.number);
  return value;
}

function stripComment(raw: string): string {
  let quote = "";
  for (let i = 0; i < raw.length; i++) {
    const char = raw[i] ?? "";
    if (quote) {
      if (char === "\\" && quote === '"') i++;
      else if (char === quote) quote = "";
    } else if (char === '"' || char === "'") quote = char;
    else if (char === "#" && (i === 0 || /\s/.test(raw[i - 1] ?? ""))) return raw.slice(0, i);
  }
  return raw;
}

function readBlock(lines: Line[], at: number, indent: number): [Yaml, number] {
  return lines[at]?.text.startsWith("- ") || lines[at]?.text === "-"
    ? readList(lines, at, indent)
    : readMap(lines, at, indent);
}

function readMap(lines: Line[], start: number, indent: number): [Yaml, number] {
  const map: { [key: string]: Yaml } = {};
  let at = start;
  for (let line = lines[at]; line && line.indent === indent; line = lines[at]) {
    const match = /^("(?:[^"\\]|\\.)*"|'[^']*'|[^:\s][^:]*?)\s*:(?:\s+(.*))?$/.exec(line.text);
    if (!match) {
      if (start === at && lines.length === 1) return [readScalar(line.text, line.number), at + 1];
      throw new YamlError("Expected `key: value`", line.number);
    }
    const key = String(readScalar(match[1] ?? "", line.number));
    const rest = match[2] ?? "";
    at++;
    const next = lines[at];
    if (rest !== "") map[key] = readScalar(rest, line.number);
    else if (next && (next.indent > indent || (next.indent === indent && next.text.startsWith("- ")))) {
      [map[key], at] = readBlock(lines, at, next.indent);
    } else map[key] = null;
  }
  return [map, at];
}

function readList(lines: Line[], start: number, indent: number): [Yaml, number] {
  const list: Yaml[] = [];
  let at = start;
  for (let line = lines[at]; line && line.indent === indent && /^-(\s|$)/.test(line.text); line = lines[at]) {
    const rest = line.text.slice(1).trim();
    if (rest === "" || /^[\w"'][^:]*:(\s|$)/.test(rest))
      throw new YamlError("Lists of maps are for the YAML view", line.number);
    list.push(readScalar(rest, line.number));
    at++;
  }
  return [list, at];
}

function readScalar(text: string, line: number): Yaml {
  if (/^[|>&*!%@`]/.test(text)) throw new YamlError("Blocks, anchors and tags are for the YAML view", line);
  if (text.startsWith("[")) return readFlow(text, line);
  if (text === "{}") return {};
  if (text.startsWith("{")) throw new YamlError("Maps in braces are for the YAML view", line);
  if (text.startsWith('"')) {
    try {
      return JSON.parse(text) as string;
    } catch {
      throw new YamlError("This string is not closed", line);
    }
  }
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  if (/^(null|Null|NULL|~)$/.test(text)) return null;
  if (/^[-+]?(\d+|\d*\.\d+)(e[-+]?\d+)?$/i.test(text)) return Number(text);
  return text;
}

function readFlow(text: string, line: number): Yaml[] {
  if (!text.endsWith("]")) throw new YamlError("This list is not closed", line);
  const inner = text.slice(1, -1).trim();
  if (inner === "") return [];
  const parts = inner.match(/\s*(?:"(?:[^"\\]|\\.)*"|'[^']*')\s*|[^,]+/g) ?? [];
  return parts.map((part) => readScalar(part.trim(), line));
}

export function writeYaml(value: Yaml, indent = 0): string {
  if (!isMap(value)) return `${writeScalar(value)}\n`;
  const pad = " ".repeat(indent);
  return Object.entries(value)
    .map(([key, each]) => {
      const name = writeScalar(key);
      return isMap(each) && Object.keys(each).length > 0
        ? `${pad}${name}:\n${writeYaml(each, indent + 2)}`
        : `${pad}${name}: ${writeScalar(each)}\n`;
    })
    .join("");
}

export function isMap(value: Yaml | undefined): value is { [key: string]: Yaml } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function writeScalar(value: Yaml): string {
  if (Array.isArray(value)) return `[${value.map(writeScalar).join(", ")}]`;
  if (isMap(value)) return "{}";
  if (typeof value !== "string") return String(value);
  const isPlain =
    /^[A-Za-z_./][\w ./@+-]*$/.test(value) && value.trim() === value && readScalar(value, 0) === value;
  const isDate = /^\d{4}-\d\d-\d\d$/.test(value);
  return isPlain || isDate ? value : JSON.stringify(value);
}

/** The value at a path, or undefined. */
export function getAt(value: Yaml, path: readonly string[]): Yaml | undefined {
  let here: Yaml | undefined = value;
  for (const key of path) here = isMap(here) ? here[key] : undefined;
  return here;
}

/** A copy with another value at the path; `undefined` takes the key out. */
export function setAt(value: Yaml, path: readonly string[], next: Yaml | undefined): Yaml {
  const [key, ...rest] = path;
  if (key === undefined) return next ?? {};
  const map = isMap(value) ? value : {};
  const inner = rest.length === 0 ? next : setAt(map[key] ?? {}, rest, next);
  const copy = { ...map };
  if (inner === undefined) delete copy[key];
  else copy[key] = inner;
  return copy;
}
