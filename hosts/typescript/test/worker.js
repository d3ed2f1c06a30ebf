// Runs the tests but the long ones in a worker of a browser.

import "./arguments.js";
import "./hostile.js";
import "./modules.js";
import { runAll } from "./harness.js";

postMessage(await runAll((line) => postMessage(line)));
