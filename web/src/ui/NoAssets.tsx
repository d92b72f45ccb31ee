import { Empty, Snippet } from "./Panel";

/** What to do where nothing is defined yet. */
export function NoAssets({ title = "No assets yet" }: { title?: string }) {
  return (
    <Empty title={title}>
      <p>Put this into a file and start Earmark on it:</p>
      <Snippet
        text={`import earmark as em

@em.asset(tags={"domain": "marketing", "tier": "gold"})
def clicks():
    return [1, 2, 3]

@em.asset(tags={"domain": "marketing"}, deps=[clicks])
def report():
    print("done")

# earmark dev -f this_file.py`}
      />
    </Empty>
  );
}
