import { Component, type ReactNode, useId } from "react";
import { ApiError } from "@/api/client";
import { Icon } from "./Icon";

/** An error of drawing stays in its panel; the rest of the page lives on. */
export class Boundary extends Component<{ children: ReactNode; name?: string }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };
  static getDerivedStateFromError(error: Error) {
    return { error };
  }
  override render() {
    if (!this.state.error) return this.props.children;
    return <Failure error={this.state.error} onRetry={() => this.setState({ error: null })} />;
  }
}

/** What went wrong, in the server's words, with its hint and a way to try again. */
export function Failure({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  const problem = error instanceof ApiError ? error.problem : null;
  if (problem?.status === 404) {
    return (
      <Empty title={problem.detail}>
        {problem.hint ? <p>{problem.hint}</p> : <p>Its name may be mistyped, or it is gone.</p>}
        <p>
          Press <span className="kbd">/</span> to search for what there is.
        </p>
      </Empty>
    );
  }
  return (
    <div role="alert" className="m-3 flex items-start gap-3 rounded-md border border-bad/30 bg-bad-tint p-3">
      <Icon name="alert" className="mt-0.5 text-bad" />
      <div className="min-w-0 flex-1">
        <div className="font-semibold">{problem?.title ?? "This part of the page failed"}</div>
        <div className="break-words text-soft">{error.message}</div>
        {problem?.hint && <div className="text-soft">{problem.hint}</div>}
        {problem?.where && <code className="font-mono text-faint text-sm">{problem.where}</code>}
      </div>
      {onRetry && (
        <button type="button" className="btn btn-small" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Panel({
  title,
  aside,
  children,
  className = "",
  bodyClass = "",
}: {
  title?: ReactNode;
  aside?: ReactNode;
  /** None for a panel that is only its heading. */
  children?: ReactNode;
  className?: string;
  bodyClass?: string;
}) {
  const titleId = useId();
  return (
    <section aria-labelledby={title ? titleId : undefined} className={`panel flex flex-col ${className}`}>
      {(title || aside) && (
        <header
          className={`flex h-9 flex-none items-center gap-2 border-line px-3 ${children === undefined ? "" : "border-b"}`}
        >
          <h2 id={titleId} className="min-w-0 flex-1 truncate font-semibold">
            {title}
          </h2>
          {aside}
        </header>
      )}
      {children !== undefined && (
        <div className={`min-h-0 flex-1 ${bodyClass}`}>
          <Boundary>{children}</Boundary>
        </div>
      )}
    </section>
  );
}

/** Grey bars in the shape of what comes. */
export function Loading({ rows = 8 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-3 p-3">
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bars have no identity
        <div key={index} className="skeleton h-3.5" style={{ width: `${92 - ((index * 23) % 45)}%` }} />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-14 text-center">
      <h3 className="font-semibold text-lg">{title}</h3>
      <div className="flex max-w-xl flex-col items-center gap-3 text-soft">{children}</div>
    </div>
  );
}

/** A page's own line: title, what belongs beside it, actions to the right. */
export function PageHead({
  title,
  children,
  actions,
}: {
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <header className="flex min-h-12 flex-none items-center gap-3 border-line border-b bg-surface px-4 py-2">
      <h1 className="min-w-0 truncate font-semibold text-lg">{title}</h1>
      <div className="flex min-w-0 flex-1 items-center gap-3">{children}</div>
      {actions && <div className="flex flex-none items-center gap-2">{actions}</div>}
    </header>
  );
}

export function Snippet({ text }: { text: string }) {
  return (
    <div className="relative w-full text-left">
      <pre className="code rounded-md border border-line bg-sunken p-3 pr-20">{text}</pre>
      <button
        type="button"
        className="btn btn-small absolute top-2 right-2"
        onClick={() => void navigator.clipboard.writeText(text)}
      >
        <Icon name="copy" size={13} /> Copy
      </button>
    </div>
  );
}
