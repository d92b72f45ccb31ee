/** The keyboard map, as it is shown on `?` and on the page of settings. */
const KEY_MAP: readonly { title: string; keys: readonly [string, string][] }[] = [
  {
    title: "Everywhere",
    keys: [
      ["/ or Ctrl K", "Search and go"],
      ["f", "Filter"],
      ["?", "This list"],
      ["[ ]", "Tab before, tab after"],
    ],
  },
  {
    title: "Pages: g, then",
    keys: [
      ["h", "Home"],
      ["a", "Assets"],
      ["j", "Jobs"],
      ["r", "Runs"],
      ["u", "Automation"],
      ["t", "Tags"],
      ["d", "Deployment"],
      ["s", "Settings"],
    ],
  },
  {
    title: "Lists",
    keys: [
      ["j k", "Row below, row above"],
      ["x", "Select"],
      ["Enter", "Open"],
      ["l", "Launch"],
      ["r", "Retry"],
      ["c", "Cancel"],
      ["e", "Edit tags"],
    ],
  },
  {
    title: "Run",
    keys: [
      [".", "Next failure"],
      ["r", "Retry"],
      ["c", "Cancel"],
      ["e", "Edit tags"],
    ],
  },
];

/** All keys and what they do. */
export function KeyList() {
  return (
    <div className="grid grid-cols-[1.25fr_1fr] gap-6">
      {KEY_MAP.map((part) => (
        <section key={part.title}>
          <h3 className="label pb-1">{part.title}</h3>
          <dl className="grid grid-cols-[88px_1fr] gap-x-2 gap-y-1">
            {part.keys.map(([key, words]) => (
              <div key={key} className="contents">
                <dt>
                  <span className="kbd">{key}</span>
                </dt>
                <dd>{words}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
