// All conformance vectors, in a worker of the page with the page's files and policy.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { serve } from "../serve.js";
import { address, dist, listen, open, stop } from "./chromium.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const TYPES = { ".wasm": "application/wasm", ".js": "text/javascript", ".gz": "application/octet-stream" };

/**
 * The page, and under /repository/ the vectors' tests. The package is the page's everywhere, but
 * for the metered module, which the page has no use for.
 */
function withVectors() {
  const page = serve(dist);
  return createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const path = pathname.endsWith(".metered.wasm") ? pathname : pathname.replace("/repository/hosts/typescript/dist/", "/compute-pipeline/");
    if (!path.startsWith("/repository/")) {
      request.url = path;
      page.emit("request", request, response);
      return;
    }
    createReadStream(root + path.slice("/repository/".length))
      .on("open", function () {
        response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "text/plain", "content-security-policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'" });
        this.pipe(response);
      })
      .on("error", () => response.writeHead(404).end());
  });
}

test("the vectors have their bits in a worker of the page", async () => {
  const server = await listen(withVectors());
  const page = await open({}, address(server));
  const lines = await page.evaluate(() => new Promise((resolve, reject) => {
    const said = [];
    const worker = new Worker("/repository/examples/browser/test/vectors_worker.js", { type: "module" });
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.onmessage = ({ data }) => (typeof data === "string" ? said.push(data) : resolve([...said, data]));
  }));
  await stop(server);
  assert.deepEqual(lines, ["2 passed, 0 failed", true]);
});
