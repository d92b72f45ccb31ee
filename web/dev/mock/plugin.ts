import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import { Refusal, ROUTES } from "./routes.ts";
import { runs } from "./world.ts";

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text ? JSON.parse(text) : undefined;
}

function stream(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.write(": hello\n\n");
  let cursor = 1;
  const timer = setInterval(() => {
    const run = runs.find((each) => each.status === "STARTED");
    const changes = run ? [{ kind: "run_events", id: run.id, status: null }] : [];
    response.write(`id: ${cursor++}\nevent: change\ndata: ${JSON.stringify({ changes })}\n\n`);
  }, 4000);
  response.on("close", () => clearInterval(timer));
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "", "http://mock");
  const path = url.pathname.replace(/^\/api\//, "");
  if (path === "stream") return stream(response);
  const send = (status: number, body: unknown, type = "application/json") => {
    response.writeHead(status, { "content-type": type });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };
  const refuse = (status: number, detail: string) =>
    send(
      status,
      {
        type: "about:blank",
        title: status === 404 ? "Not found" : "Refused",
        status,
        detail,
        hint: null,
        where: null,
        facts: {},
      },
      "application/problem+json",
    );
  for (const [method, pattern, handler] of ROUTES) {
    const match = method === request.method ? pattern.exec(path) : null;
    if (!match) continue;
    try {
      const body = await readBody(request);
      const result = handler({ params: url.searchParams, body, ids: match.slice(1).map(decodeURIComponent) });
      return send(result === undefined ? 204 : 200, result);
    } catch (error) {
      if (error instanceof Refusal) return refuse(error.status, error.message);
      return refuse(500, error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }
  refuse(404, `The mock has no ${request.method} /api/${path}.`);
}

/** Answers /api while developing, with a second of nothing asked of a real server. */
export function mockPlugin(): Plugin {
  return {
    name: "earmark-mock-api",
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        if (request.url?.startsWith("/api/")) void answer(request, response);
        else next();
      });
    },
  };
}
