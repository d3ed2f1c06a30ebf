// The server by itself: whatever is asked for, it answers, and goes on.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { serve } from "../serve.js";

const folder = mkdtempSync(join(tmpdir(), "compute-pipeline-serve-"));
mkdirSync(join(folder, "sub"));
writeFileSync(join(folder, "index.html"), "<!doctype html>");
writeFileSync(join(folder, "sub", "a.json"), "[]");
const server = serve(folder);
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
after(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** Asks for a target as it is; `fetch` would change it. */
async function ask(path) {
  const { port } = server.address();
  const response = await new Promise((resolve, reject) => get({ port, path, agent: false }, resolve).on("error", reject));
  let body = "";
  for await (const data of response) body += data;
  return { status: response.statusCode, type: response.headers["content-type"], body };
}

test("files are served", async () => {
  assert.deepEqual(await ask("/"), { status: 200, type: "text/html; charset=utf-8", body: "<!doctype html>" });
  assert.deepEqual(await ask("/sub/a.json?x=1"), { status: 200, type: "application/json", body: "[]" });
  assert.equal((await ask("/s%75b/a.json")).body, "[]");
});

test("what is no file is not found", async () => {
  for (const target of ["/%", "//", "/%00", "/sub", "/sub/", "/none", "/../serve.js", "/..%2fserve.js", "/index.html/", "*"]) {
    assert.equal((await ask(target)).status, 404, target);
  }
  assert.equal((await ask("/")).status, 200);
});
