// `node core.js MODULE`: calls the exports of a core module that imports nothing, as the lines
// of standard input say; ../README.md defines them. Arguments and results are i32.

import { readFileSync } from "node:fs";

import { serve } from "./lines.js";

if (process.argv.length !== 3) {
  console.error("usage: node core.js MODULE");
  process.exit(2);
}
const module = new WebAssembly.Module(readFileSync(process.argv[2]));
const version = `${process.versions.node} (V8 ${process.versions.v8}, core module)`;

let exports;
function start() {
  exports = new WebAssembly.Instance(module).exports;
  exports._initialize?.();
}
start();

/** Answers a request. */
function answer(request) {
  if (request.functions !== undefined) return { runtime: "Node", version };
  if (request.start) {
    start();
    return {};
  }
  if (request.global !== undefined) return { global: exports[request.global]?.value ?? null };
  if (request.invoke !== undefined) {
    try {
      const result = exports[request.invoke](...request.args.map((digits) => Number(digits) | 0));
      return { results: result === undefined ? [] : [String(result >>> 0)] };
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) return { trap: error.message };
      throw error;
    }
  }
  const bytes = Buffer.from(exports.memory.buffer);
  if (request.hex === undefined) return { hex: bytes.toString("hex", request.read, request.read + request.length) };
  bytes.write(request.hex, request.write, "hex");
  return {};
}

await serve(answer);
