import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const SOURCE = join(import.meta.dirname, "..");
const ORDER = ["model", "api", "ui", "features", "routes"];

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name));
}

function imports(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"(@\/[^"]+)"/g)].map((match) =>
    (match[1] ?? "").slice(2),
  );
}

describe("layers", () => {
  const files = sources(SOURCE);
  it("import only what lies below them", () => {
    const faults = files.flatMap((file) => {
      const layer = relative(SOURCE, file).split("/")[0] ?? "";
      const height = ORDER.indexOf(layer);
      if (height < 0) return [];
      return imports(file)
        .filter((name) => name !== "api/types" && ORDER.indexOf(name.split("/")[0] ?? "") > height)
        .map((name) => `${relative(SOURCE, file)} imports ${name}`);
    });
    expect(faults).toEqual([]);
  });
  it("keep features apart from each other", () => {
    const faults = files.flatMap((file) => {
      const [layer, feature] = relative(SOURCE, file).split("/");
      if (layer !== "features") return [];
      return imports(file)
        .filter((name) => name.startsWith("features/") && name.split("/")[1] !== feature)
        .map((name) => `${relative(SOURCE, file)} imports ${name}`);
    });
    expect(faults).toEqual([]);
  });
  it("leave React and the browser out of the model", () => {
    const faults = sources(join(SOURCE, "model"))
      .filter((file) => !file.endsWith(".test.ts"))
      .filter((file) =>
        /from "(react|@tanstack|@base-ui)|\b(document|window|localStorage)\./.test(
          readFileSync(file, "utf8"),
        ),
      );
    expect(faults).toEqual([]);
  });
});
