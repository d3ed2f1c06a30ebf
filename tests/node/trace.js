// `node trace.js MODULE`: makes the engine in a core module panic, and prints the stack.

import { readFileSync } from "node:fs";
import { panicking } from "../typescript/trace.js";

console.log(await panicking(readFileSync(process.argv[2])));
