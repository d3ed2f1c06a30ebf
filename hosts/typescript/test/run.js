// Runs all tests in Node, Bun or Deno.

import { runAll } from "./all.js";

const began = performance.now();
const passed = await runAll(console.log);
const { deno, bun, node } = process.versions;
console.log(`${deno ? `Deno ${deno}` : bun ? `Bun ${bun}` : `Node ${node}`}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
process.exitCode = passed ? 0 : 1;
