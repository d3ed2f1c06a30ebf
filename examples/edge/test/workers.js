// Workers in processes of their own, configured as worker.capnp says but for what a test says.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import program from "workerd"; // where it is

import { startWorkerd } from "../../../hosts/typescript/test/workerd_process.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const configuration = readFileSync(here("../worker.capnp"), "utf8");

let started = 0;

/** Starts a worker with bindings in place of those of the file, and another module. */
export async function startWorker({ bindings = {}, module = "engine.wasm" } = {}) {
  let text = configuration.replace("127.0.0.1:8787", "127.0.0.1:0").replaceAll('embed "build/', 'embed "').replace('embed "engine.wasm"', `embed "${module}"`);
  for (const [name, value] of Object.entries(bindings)) {
    const binding = `(name = "${name}", text = "${value}"),`;
    const pattern = new RegExp(`\\(name = "${name}", .*`);
    text = pattern.test(text) ? text.replace(pattern, binding) : text.replace("bindings = [", `bindings = [ ${binding}`);
  }
  const file = here(`../build/test-${++started}.capnp`);
  writeFileSync(file, text);
  return startWorkerd(program.default, file);
}

/** Starts a worker for the time of a function. */
export async function withWorker(options, use) {
  const worker = await startWorker(options);
  try {
    return await use(worker);
  } finally {
    await worker.stop();
  }
}
