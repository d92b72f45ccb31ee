import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { ApiError, api } from "@/api/client";
import { refresh } from "@/api/queries";
import { useUrl } from "@/ui/url";

export default function LoginPage() {
  const [token, setToken] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const [search] = useUrl();
  const navigate = useNavigate();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await api.post("login", { token: token.trim() });
      refresh("session");
      await navigate({ to: search.next?.startsWith("/") ? search.next : "/" });
    } catch (error) {
      const status = error instanceof ApiError ? error.problem.status : 0;
      setFault(
        status === 401 ? "This token is not known, or it was revoked." : String((error as Error).message),
      );
    }
  };
  return (
    <div className="grid h-full place-items-center bg-canvas">
      <form onSubmit={(event) => void submit(event)} className="panel flex w-[380px] flex-col gap-4 p-6">
        <h1 className="font-semibold text-xl">Log in to Earmark</h1>
        <label className="flex flex-col gap-1">
          <span className="label">Token</span>
          <input
            type="password"
            name="token"
            autoComplete="current-password"
            className="field h-9 font-mono"
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        </label>
        {fault && (
          <p role="alert" className="text-bad-ink">
            {fault}
          </p>
        )}
        <button type="submit" className="btn btn-primary h-9" disabled={token.trim() === ""}>
          Log in
        </button>
        <p className="text-faint text-sm">
          Make one with <code className="font-mono">earmark token create</code>. It is kept in a cookie that
          scripts cannot read.
        </p>
      </form>
    </div>
  );
}
