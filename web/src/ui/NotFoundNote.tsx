import { Empty } from "./Panel";

export function NotFound({ what }: { what: string }) {
  return (
    <Empty title={`There is no such ${what}`}>
      <p>
        Press <span className="kbd">/</span> to search.
      </p>
    </Empty>
  );
}
