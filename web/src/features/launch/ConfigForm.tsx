import { useMemo } from "react";
import { type FieldSpec, leaves, type Schema, shortPath } from "@/model/schema";
import { getAt, readYaml, setAt, writeYaml, type Yaml, YamlError } from "@/model/yaml";
import { Switch } from "@/ui/parts";

/** The configuration as fields, one per leaf of its schema; the text stays the truth. */
export function ConfigForm({
  schema,
  text,
  onChange,
  onYaml,
}: {
  schema: Schema;
  text: string;
  onChange: (text: string) => void;
  onYaml: () => void;
}) {
  const fields = useMemo(() => leaves(schema), [schema]);
  const read = useMemo(() => tryRead(text), [text]);
  if (fields.length === 0) return <p className="p-4 text-soft">Nothing to configure.</p>;
  if (read instanceof YamlError) {
    return (
      <div className="flex items-center gap-3 p-4">
        <p className="text-soft">
          Line {read.line}: {read.message}.
        </p>
        <button type="button" className="btn btn-small" onClick={onYaml}>
          Open as YAML
        </button>
      </div>
    );
  }
  const groups = groupFields(fields);
  return (
    <div className="flex flex-col gap-4 overflow-auto p-4">
      {groups.map(([name, members]) => (
        <fieldset key={name} className="flex flex-col gap-2.5">
          <legend className="pb-1.5 font-medium font-mono text-[12.5px] text-soft">{name}</legend>
          {members.map((field) => (
            <Field
              key={field.path.join(".")}
              field={field}
              value={getAt(read, field.path)}
              onChange={(value) => onChange(writeYaml(setAt(read, field.path, value)))}
            />
          ))}
        </fieldset>
      ))}
    </div>
  );
}

function tryRead(text: string): Yaml | YamlError {
  try {
    return readYaml(text);
  } catch (error) {
    if (error instanceof YamlError) return error;
    throw error;
  }
}

function groupFields(fields: readonly FieldSpec[]): [string, FieldSpec[]][] {
  const groups = new Map<string, FieldSpec[]>();
  for (const field of fields) {
    const name = shortPath(field.path.slice(0, -1)) || "run";
    groups.set(name, [...(groups.get(name) ?? []), field]);
  }
  return [...groups];
}

function Field({
  field,
  value,
  onChange,
}: {
  field: FieldSpec;
  value: Yaml | undefined;
  onChange: (value: Yaml | undefined) => void;
}) {
  const { schema, path, isRequired } = field;
  const name = path.at(-1) ?? "";
  const id = `config-${path.join("-")}`;
  const isMissing = isRequired && value === undefined && schema.default === undefined;
  return (
    <div className="grid grid-cols-[170px_minmax(0,340px)_1fr] items-center gap-3">
      <label htmlFor={id} className="truncate font-mono text-[12.5px]">
        {name}
        {isRequired && <span className="text-bad-ink"> *</span>}
      </label>
      <Control id={id} schema={schema} value={value} onChange={onChange} isMissing={isMissing} />
      <span className="truncate text-faint text-sm">
        {schema.description}
        {isMissing && <span className="text-bad-ink"> needed</span>}
      </span>
    </div>
  );
}

function Control({
  id,
  schema,
  value,
  onChange,
  isMissing,
}: {
  id: string;
  schema: Schema;
  value: Yaml | undefined;
  onChange: (value: Yaml | undefined) => void;
  isMissing: boolean;
}) {
  const usual =
    schema.default === undefined
      ? ""
      : Array.isArray(schema.default)
        ? schema.default.join(", ")
        : String(schema.default);
  if (schema.type === "boolean") {
    return (
      <Switch
        isOn={value === undefined ? schema.default === true : value === true}
        label={id}
        onChange={onChange}
      />
    );
  }
  if (schema.enum) {
    return (
      <select
        id={id}
        className="field"
        value={String(value ?? usual)}
        onChange={(event) => onChange(event.target.value)}
      >
        {schema.enum.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    );
  }
  const shown =
    value === undefined || value === null ? "" : Array.isArray(value) ? value.join(", ") : String(value);
  return (
    <input
      id={id}
      className="field w-full font-mono text-[12.5px]"
      type={schema.type === "integer" || schema.type === "number" ? "number" : "text"}
      min={schema.minimum}
      max={schema.maximum}
      aria-invalid={isMissing}
      placeholder={usual}
      value={shown}
      onChange={(event) => onChange(parse(schema, event.target.value))}
    />
  );
}

function parse(schema: Schema, text: string): Yaml | undefined {
  if (text === "") return undefined;
  if (schema.type === "integer" || schema.type === "number") return Number(text);
  if (schema.type === "array") return text.split(",").map((part) => part.trim());
  return text;
}
