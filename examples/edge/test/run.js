// Runs the tests on workerd; `make edge` has built what they need.

import { runAll } from "../../../hosts/typescript/test/harness.js";

import "./body.js";
import "./modules.js";
import "./numbers.js";
import "./requests.js";
import "./serve.js";
import "./streams.js";
import "./vectors.js";

const began = performance.now();
const passed = await runAll(console.log);
console.log(`${((performance.now() - began) / 1000).toFixed(1)} s`);
process.exit(passed ? 0 : 1);
