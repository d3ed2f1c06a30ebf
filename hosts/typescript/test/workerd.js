// Runs edge_worker.js in workerd, on a port that it chooses.

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import program from "workerd"; // where it is

import { startWorkerd } from "./workerd_process.js";

const root = fileURLToPath(new URL("../", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "compute-pipeline-"));
const built = readdirSync(join(root, "dist")).filter((name) => /\.(js|wasm)$/.test(name) && name !== "component.js");
// The first is the worker.
const files = ["test/edge_worker.js", "test/harness.js", "test/testdata/liar.wasm", ...built.map((name) => `dist/${name}`)];
const modules = files.map((name) => `(name = "${name}", ${name.endsWith(".wasm") ? "wasm" : "esModule"} = embed "${relative(directory, join(root, name))}")`);

const config = join(directory, "config.capnp");
writeFileSync(config, `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "tests", worker = .tests)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "tests")]
);
const tests :Workerd.Worker = (modules = [${modules.join(", ")}], compatibilityDate = "2025-09-01");
`);

const { url, stop, wrote } = await startWorkerd(program.default, config);
const response = await fetch(url);
console.log(await response.text());
await stop();
if (!response.ok) console.error(wrote());
rmSync(directory, { recursive: true });
process.exitCode = response.ok ? 0 : 1;
