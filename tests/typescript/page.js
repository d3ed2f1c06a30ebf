// A runner for browsers.

import { answerer } from "./answer.js";
import { run } from "./requests.js";

run(async (runtime, version) => answerer(await fetch("/module"), runtime, version));
