// Runs edge_worker.js in workerd, on a port that it chooses.

import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import program from "workerd"; // where it is

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

const workerd = spawn(program.default, ["serve", config, "--control-fd=3"], { stdio: ["ignore", "inherit", "inherit", "pipe"] });
const ended = new Promise((resolve) => workerd.on("exit", (code) => resolve(code)).on("error", resolve));
const listens = new Promise((resolve) => {
  let said = "";
  workerd.stdio[3].on("data", (data) => {
    said += data;
    const port = /"port":\s*(\d+)/.exec(said)?.[1];
    if (port !== undefined) resolve(port);
  });
});
const port = await Promise.race([listens, ended.then((how) => { throw new Error(`workerd ended: ${how}`); })]);
const response = await fetch(`http://127.0.0.1:${port}/`);
console.log(await response.text());
workerd.kill("SIGKILL");
await ended;
rmSync(directory, { recursive: true });
process.exitCode = response.ok ? 0 : 1;
