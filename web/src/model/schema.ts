// The part of JSON Schema that configuration uses: what the form draws, and what the editor completes.

export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  enum?: (string | number)[];
  anyOf?: Schema[];
  default?: unknown;
  items?: Schema;
  minimum?: number;
  maximum?: number;
  writeOnly?: boolean;
}

export interface FieldSpec {
  path: string[];
  /** Without alternatives: the value itself, not the name of a variable that holds it. */
  schema: Schema;
  isRequired: boolean;
}

/** Stands in a path for any item of a list. */
export const ITEM = "[]";

/** The alternatives of a schema; itself where it has none. */
export function branches(schema: Schema): Schema[] {
  return schema.anyOf ? schema.anyOf.flatMap(branches) : [schema];
}

function isReference(schema: Schema): boolean {
  const names = Object.keys(schema.properties ?? {});
  return names.length === 1 && names[0] === "env";
}

/** The value that a person means where a schema also takes null or the name of a variable of the environment. */
export function plain(schema: Schema): Schema {
  const { anyOf: _, ...rest } = schema;
  const meant = branches(schema).find((each) => each.type !== "null" && !isReference(each));
  return { ...meant, ...rest };
}

/** The type in a word or two: `integer`, `bread | cake`, `list of string`. */
export function typeWord(schema: Schema): string {
  const meant = plain(schema);
  if (meant.enum) return meant.enum.join(" | ");
  if (meant.type === "array")
    return `list of ${meant.items ? typeWord(meant.items) || "anything" : "anything"}`;
  return meant.type === "object" ? "table" : (meant.type ?? "");
}

/** The leaves of a schema in order, each with its path; what may be anything is left out. */
export function leaves(schema: Schema, path: string[] = [], isRequired = true): FieldSpec[] {
  const meant = plain(schema);
  if (meant.properties) {
    return Object.entries(meant.properties).flatMap(([name, each]) =>
      leaves(each, [...path, name], meant.required?.includes(name) ?? false),
    );
  }
  const isDrawn = path.length > 0 && (meant.type !== undefined || meant.enum !== undefined);
  return isDrawn ? [{ path, schema: meant, isRequired }] : [];
}

/** What stands at a path; null where the schema says nothing about it. */
export function schemaAt(schema: Schema, path: readonly string[]): Schema | null {
  let here: Schema = schema;
  for (const name of path) {
    const found: Schema | undefined = branches(here)
      .map((each) => (name === ITEM ? each.items : (each.properties?.[name] ?? openOf(each))))
      .find((each) => each !== undefined);
    if (!found) return null;
    here = found;
  }
  return here;
}

function openOf(schema: Schema): Schema | undefined {
  return typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

/** Path of a field for people: without the sections that are the same for all. */
export function shortPath(path: readonly string[]): string {
  return path.filter((part, at) => part !== "config" && !(at === 0 && part === "ops")).join(".");
}
