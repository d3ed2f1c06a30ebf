// workerd as a child process.

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/**
 * Writes a configuration into a directory, and returns its path. The modules are files below a
 * root, by their paths from there or by names of their own; the first is the worker.
 */
export function writeConfig(directory, root, modules, bindings = {}) {
  const list = modules.map(({ name, file = join(root, name) }) => `(name = "${name}", ${name.endsWith(".wasm") ? "wasm" : "esModule"} = embed "${relative(directory, file)}")`);
  const texts = Object.entries(bindings).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`);
  const config = join(directory, "config.capnp");
  writeFileSync(config, `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "worker", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")]
);
const worker :Workerd.Worker = (modules = [${list.join(", ")}], bindings = [${texts.join(", ")}], compatibilityDate = "2025-09-01");
`);
  return config;
}

/**
 * Starts a program of workerd with a file of configuration, whose socket has the port 0.
 * Returns where it listens, its process and a function that ends it; if it ends by itself
 * before it listens, the error has what it wrote.
 */
export async function startWorkerd(program, config) {
  const child = spawn(program, ["serve", config, "--control-fd=3"], { stdio: ["ignore", "inherit", "pipe", "pipe"] });
  let wrote = "";
  child.stderr.on("data", (data) => (wrote += data));
  const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? signal)).on("error", resolve));
  const port = await new Promise((resolve, reject) => {
    let said = "";
    child.stdio[3].on("data", (data) => {
      said += data;
      const found = /"port":\s*(\d+)/.exec(said);
      if (found !== null) resolve(Number(found[1]));
    });
    // Its pipes are read to their ends.
    child.on("close", (code) => reject(new Error(`workerd ended with status ${code}: ${wrote}`)));
    child.on("error", reject);
  });
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  return { url: `http://127.0.0.1:${port}`, port, pid: child.pid, stop, wrote: () => wrote };
}
