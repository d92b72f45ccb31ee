import { Link, useLocation } from "@tanstack/react-router";
import { Empty } from "@/ui/Panel";

export function NotFound() {
  const { pathname } = useLocation();
  return (
    <Empty title="There is no page here">
      <p>
        Nothing lives at <code className="font-mono text-ink">{pathname}</code>. The address may be mistyped,
        or what it named is gone.
      </p>
      <p>
        Press <span className="kbd">/</span> to search, or go to{" "}
        <Link to="/" className="link text-accent underline">
          Home
        </Link>
        .
      </p>
    </Empty>
  );
}
