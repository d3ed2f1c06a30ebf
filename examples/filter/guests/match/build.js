// Builds the filter in JavaScript, after npm install. Without features it imports only its
// contract; with them it would import WASI 0.2, and need grants.
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
