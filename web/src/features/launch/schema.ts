/** The part of JSON Schema that the form draws. */
export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  enum?: (string | number)[];
  default?: unknown;
  items?: Schema;
  minimum?: number;
  maximum?: number;
  format?: string;
}

export interface FieldSpec {
  path: string[];
  schema: Schema;
  isRequired: boolean;
}

/** The leaves of a schema in order, each with its path. */
export function leaves(schema: Schema, path: string[] = [], isRequired = true): FieldSpec[] {
  if (!schema.properties) return path.length ? [{ path, schema, isRequired }] : [];
  return Object.entries(schema.properties).flatMap(([name, each]) =>
    leaves(each, [...path, name], schema.required?.includes(name) ?? false),
  );
}
