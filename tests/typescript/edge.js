// A runner for workerd: `node edge.js MODULE` sends each line to a worker, and prints its answer.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { startWorkerd, writeConfig } from "../../hosts/typescript/test/workerd_process.js";
import { serve } from "../node/lines.js";

if (process.argv.length !== 3) {
  console.error("usage: edge.js MODULE");
  process.exit(2);
}
const root = fileURLToPath(new URL("../../", import.meta.url));
const program = createRequire(join(root, "hosts/typescript/package.json"))("workerd").default; // where it is
const version = execFileSync(program, ["--version"], { encoding: "utf8" }).trim().replace("workerd ", "");

const built = readdirSync(join(root, "hosts/typescript/dist")).filter((name) => name.endsWith(".js") && name !== "component.js");
const files = ["tests/typescript/edge_worker.js", "tests/typescript/answer.js", "hosts/typescript/test/calls.js", "tests/node/vectors.js", "tests/node/crc32.js"];
const modules = [...files, ...built.map((name) => `hosts/typescript/dist/${name}`)].map((name) => ({ name }));
modules.push({ name: "tests/typescript/engine.wasm", file: resolve(process.argv[2]) });

const directory = mkdtempSync(join(tmpdir(), "compute-pipeline-"));
const { url, stop } = await startWorkerd(program, writeConfig(directory, root, modules, { VERSION: version }));
try {
  await serve(async (request) => {
    const response = await fetch(url, { method: "POST", body: JSON.stringify(request) });
    if (!response.ok) throw new Error(`HTTP status ${response.status}: ${await response.text()}`);
    return response.json();
  });
} finally {
  await stop();
  rmSync(directory, { recursive: true });
}
