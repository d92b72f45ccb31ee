import { expect, test } from "vitest";
import { blocksOf } from "./markdown";

test("a table stands between the texts around it", () => {
  expect(blocksOf("before\n| a | b |\n| --- | ---: |\n| 1 | 2 |\n| 3 | 4 |\nafter")).toEqual([
    { kind: "text", text: "before" },
    {
      kind: "table",
      head: ["a", "b"],
      rows: [
        ["1", "2"],
        ["3", "4"],
      ],
    },
    { kind: "text", text: "after" },
  ]);
});

test("a picture in the text is shown, one from elsewhere is not fetched", () => {
  expect(blocksOf("![Late](data:image/png;base64,AAAA)")).toEqual([
    { kind: "image", label: "Late", source: "data:image/png;base64,AAAA" },
  ]);
  expect(blocksOf("![Late](https://elsewhere.example/x.png)")[0]?.kind).toBe("text");
});
