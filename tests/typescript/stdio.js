// A runner for Node, Bun and Deno: `node stdio.js MODULE`.

import { readFileSync } from "node:fs";

import { serve } from "../node/lines.js";
import { answerer } from "./answer.js";

if (process.argv.length !== 3) {
  console.error("usage: stdio.js MODULE");
  process.exit(2);
}
const { bun, deno, node, v8 } = process.versions;
const [runtime, version] = bun ? ["Bun", bun] : deno ? ["Deno", `${deno} (V8 ${v8})`] : ["Node", `${node} (V8 ${v8})`];
await serve(await answerer(readFileSync(process.argv[2]), runtime, version));
