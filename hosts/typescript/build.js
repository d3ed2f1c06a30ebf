// Builds the package into dist/: JavaScript and declarations by TypeScript, the modules, and
// what jco makes of the component. It needs `make guest` and the packages of tests/node.
// `npm pack` runs it.

import { execFileSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { generate } from "../../tests/node/component.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

rmSync(here("dist"), { recursive: true, force: true });
await generate(here("../../dist/compute-pipeline.core.component.wasm"), here("dist/component"), { strict: true, noNodejsCompat: true });
// The module inside of the component has the code of engine.wasm.
rmSync(here("dist/component/engine.core.wasm"));
execFileSync(process.execPath, [here("node_modules/typescript/bin/tsc"), "--project", here(".")], { stdio: "inherit" });
copyFileSync(here("../../dist/compute-pipeline.core.wasm"), here("dist/engine.wasm"));
copyFileSync(here("../../gohost/engine.wasm"), here("dist/engine.metered.wasm"));
copyFileSync(here("../../LICENSE"), here("LICENSE"));
