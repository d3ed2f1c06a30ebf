// Runs edge_worker.js in workerd, on a port that it chooses.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import program from "workerd"; // where it is

import { startWorkerd, writeConfig } from "./workerd_process.js";

const root = fileURLToPath(new URL("../", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "compute-pipeline-"));
const built = readdirSync(join(root, "dist")).filter((name) => /\.(js|wasm)$/.test(name) && name !== "component.js");
// The first is the worker.
const files = ["test/edge_worker.js", "test/harness.js", "test/testdata/liar.wasm", ...built.map((name) => `dist/${name}`)];
const config = writeConfig(directory, root, files.map((name) => ({ name })));

const { url, stop, wrote } = await startWorkerd(program.default, config);
const response = await fetch(url);
console.log(await response.text());
await stop();
if (!response.ok) console.error(wrote());
rmSync(directory, { recursive: true });
process.exitCode = response.ok ? 0 : 1;
