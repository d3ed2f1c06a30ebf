// Serves dist/ on this machine: `node serve.js [PORT]`. It has the headers that a server of the
// page should send.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml", ".wasm": "application/wasm" };

// The page has the same policy in itself, but its workers have only what comes with their files.
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
};

/** Returns a server of a folder. */
export function serve(folder) {
  return createServer(async (request, response) => {
    try {
      const { pathname } = new URL(request.url, "http://localhost");
      const file = join(folder, normalize(decodeURIComponent(pathname.endsWith("/") ? `${pathname}index.html` : pathname)));
      const bytes = await readFile(file);
      response.writeHead(200, { ...HEADERS, "content-type": TYPES[extname(file)] ?? "text/plain" }).end(bytes);
    } catch {
      response.writeHead(404).end(); // also for what is no path, or not of a file
    }
  });
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const server = serve(fileURLToPath(new URL("dist", import.meta.url)));
  server.listen(Number(argv[2] ?? 8080), "127.0.0.1", () => console.log(`http://localhost:${server.address().port}/`));
}
