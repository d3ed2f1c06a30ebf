// Builds the filter in JavaScript, after npm install. A component without WASI is
// one core module, as Load needs it; the features would import WASI 0.2.
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { componentize } from "@bytecodealliance/componentize-js";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

const { component } = await componentize({
  sourcePath: path("match.js"),
  witPath: path("../../wit"),
  worldName: "plugin",
  disableFeatures: ["stdio", "random", "clocks", "http", "fetch-event"],
});
await writeFile(path("../../match.wasm"), component);
