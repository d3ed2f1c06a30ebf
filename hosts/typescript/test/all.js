// All tests, for every runtime.

import "./arguments.js";
import "./component.js";
import "./exact.js";
import "./hostile.js";
import "./modules.js";
import "./read.js";
import "./text.js";
import "./vectors.js";

export { runAll } from "./harness.js";
