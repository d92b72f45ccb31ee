// Serves the built UI as the Python server will (deep links give index.html), with /api passed on to the made-up one.
//   MOCK=1 npx vite --port 5199 &   node dev/serve.mjs 5198 &   BASE=http://localhost:5198 node dev/tour.mjs
import { existsSync, readFileSync, statSync } from "node:fs";
import http from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const built = fileURLToPath(new URL("../../src/earmark/_ui/", import.meta.url));
const mock = Number(process.env.MOCK_PORT ?? 5199);
const TYPES = { ".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml" };

http
  .createServer((request, response) => {
    const url = new URL(request.url, "http://here");
    if (url.pathname.startsWith("/api/")) {
      const onward = http.request(
        { port: mock, path: request.url, method: request.method, headers: request.headers },
        (answer) => {
          response.writeHead(answer.statusCode, answer.headers);
          answer.pipe(response);
        },
      );
      onward.on("error", () => response.destroy());
      request.pipe(onward);
      return;
    }
    const file = join(built, url.pathname);
    const path =
      file.startsWith(built) && existsSync(file) && statSync(file).isFile()
        ? file
        : join(built, "index.html");
    response.writeHead(200, {
      "content-type": TYPES[extname(path)] ?? "application/octet-stream",
      "content-security-policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
    });
    response.end(readFileSync(path));
  })
  .listen(Number(process.argv[2] ?? 5198));
