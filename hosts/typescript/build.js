// Builds the package into dist/: JavaScript and declarations by TypeScript, and the modules,
// which `make guest` has built. `npm pack` runs it.

import { execFileSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

rmSync(here("dist"), { recursive: true, force: true });
execFileSync(process.execPath, [here("node_modules/typescript/bin/tsc"), "--project", here(".")], { stdio: "inherit" });
copyFileSync(here("../../dist/compute-pipeline.core.wasm"), here("dist/engine.wasm"));
copyFileSync(here("../../gohost/engine.wasm"), here("dist/engine.metered.wasm"));
copyFileSync(here("../../LICENSE"), here("LICENSE"));
