import { useRead } from "@/api/queries";
import type { Scope, TermCosts } from "@/api/types";
import { removeTerm, terms } from "@/model/query";
import { Empty } from "./Panel";

/** For an empty result: which term shuts out most, with a button that removes it. */
export function NoMatch({
  scope,
  q,
  onChange,
  what,
}: {
  scope: Scope;
  q: string;
  onChange: (q: string) => void;
  what: string;
}) {
  const { data } = useRead<TermCosts>("query", "terms", { scope, q });
  const parts = terms(q);
  const useful = (data?.terms ?? []).filter((each) => each.total_without > 0);
  return (
    <Empty title={`No ${what} match`}>
      {useful.length > 0 ? <p>Taking out one term would show:</p> : <p>No single term is to blame.</p>}
      <ul className="flex flex-col items-center gap-1.5">
        {useful
          .sort((a, b) => b.total_without - a.total_without)
          .map((each) => {
            const term = parts.find((part) => part.text === each.text);
            return (
              <li key={each.text}>
                <button type="button" className="btn" onClick={() => term && onChange(removeTerm(q, term))}>
                  <span className="font-mono line-through decoration-faint">{each.text}</span>
                  <span className="count">{each.total_without.toLocaleString()}</span>
                </button>
              </li>
            );
          })}
      </ul>
      <button type="button" className="btn btn-quiet" onClick={() => onChange("")}>
        Clear the whole filter
      </button>
    </Empty>
  );
}
