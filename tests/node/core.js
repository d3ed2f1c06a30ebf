// `node core.js MODULE`: calls the exports of a core module, as the lines of standard input say;
// ../README.md defines them.

import { readFileSync } from "node:fs";

import { answerer } from "./exports.js";
import { serve } from "./lines.js";

if (process.argv.length !== 3) {
  console.error("usage: node core.js MODULE");
  process.exit(2);
}
const module = new WebAssembly.Module(readFileSync(process.argv[2]));
await serve(answerer(module, "Node", `${process.versions.node} (V8 ${process.versions.v8}, core module)`));
