import type { Problem } from "./types";

/** A refusal by the server, or the lack of one: `problem.status` 0 means it was out of reach. */
export class ApiError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
    this.problem = problem;
  }
}

export type Params = Record<string, string | number | boolean | readonly string[] | null | undefined>;

/** Addresses are relative to the page's base, so a prefix or another port needs no setting. */
export function apiUrl(path: string, params: Params = {}): string {
  const url = new URL(`api/${path}`, document.baseURI);
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value === undefined || value === "") continue;
    url.searchParams.set(name, Array.isArray(value) ? value.join(",") : String(value));
  }
  return url.toString();
}

function unreachable(detail: string): ApiError {
  return new ApiError({
    type: "/problems/unreachable",
    title: "Server out of reach",
    status: 0,
    detail,
    hint: "Is `earmark dev` or `earmark server` running?",
    where: null,
    facts: {},
  });
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback: Problem = {
    type: "about:blank",
    title: response.statusText || `HTTP ${response.status}`,
    status: response.status,
    detail: `The server answered ${response.status} to ${new URL(response.url).pathname}.`,
    hint: null,
    where: null,
    facts: {},
  };
  if (!response.headers.get("content-type")?.includes("json")) return fallback;
  return { ...fallback, ...((await response.json()) as Partial<Problem>) };
}

async function request<T>(method: string, url: string, body: unknown, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      credentials: "same-origin",
      headers: body === undefined ? {} : { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable(error instanceof Error ? error.message : String(error));
  }
  if (!response.ok) throw new ApiError(await problemOf(response));
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const api = {
  get: <T>(path: string, params?: Params, signal?: AbortSignal) =>
    request<T>("GET", apiUrl(path, params), undefined, signal),
  post: <T = void>(path: string, body: unknown = {}) => request<T>("POST", apiUrl(path), body),
  put: <T = void>(path: string, body: unknown) => request<T>("PUT", apiUrl(path), body),
  patch: <T = void>(path: string, body: unknown, params?: Params) =>
    request<T>("PATCH", apiUrl(path, params), body),
  delete: (path: string) => request<void>("DELETE", apiUrl(path), undefined),
};
