// Builds the worker into build/: one module of JavaScript, and the engine. It needs
// `make typescript`, or npm ci and npm run build in hosts/typescript.

import { copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const dist = "../../hosts/typescript/dist";

await build({
  absWorkingDir: here("."),
  entryPoints: ["src/worker.ts"],
  outfile: "build/worker.js",
  bundle: true,
  format: "esm",
  target: "es2022",
  alias: { "compute-pipeline": here(`${dist}/index.js`) },
  external: ["*.wasm"],
  logOverride: { "ignored-bare-import": "silent" }, // of types alone
});
for (const name of ["engine.wasm", "engine.metered.wasm"]) copyFileSync(here(`${dist}/${name}`), here(`build/${name}`));
