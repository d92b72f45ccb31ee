import { type Block, blocksOf } from "@/model/markdown";

/** The Markdown that metadata carries: pictures that lie in the text itself, tables, and else the text as it is. */
export function Markdown({ text }: { text: string }) {
  return (
    <div className="flex flex-col gap-2">
      {blocksOf(text).map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks of one text have no identity but their place
        <MarkdownBlock key={index} block={block} />
      ))}
    </div>
  );
}

function MarkdownBlock({ block }: { block: Block }) {
  if (block.kind === "image")
    return (
      <img
        src={block.source}
        alt={block.label}
        className="max-h-80 max-w-full self-start rounded-md bg-white"
      />
    );
  if (block.kind === "text") return <p className="break-words whitespace-pre-wrap">{block.text}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by keys
    <section className="overflow-auto rounded-md border border-line" aria-label="Table" tabIndex={0}>
      <table className="simple-table font-mono text-[12px]">
        <thead>
          <tr>
            {block.head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {block.rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of a table in text have no identity
            <tr key={index}>
              {block.head.map((name, column) => (
                <td key={name} className="whitespace-nowrap">
                  {row[column] ?? ""}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
