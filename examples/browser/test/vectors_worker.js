// Runs the vectors on the package that the page has.

import { runAll } from "../../../hosts/typescript/test/harness.js";
import "../../../hosts/typescript/test/vectors.js";

postMessage(await runAll((line) => postMessage(line)));
