// A runner of core modules for browsers: a request names the module, and others are about its
// exports.

import { answerer } from "../node/exports.js";
import { run } from "./requests.js";

run(async (runtime, version) => {
  let answer;
  return async (request) => {
    if (request.load === undefined) return answer(request);
    const module = await WebAssembly.compileStreaming(fetch(request.load));
    answer = answerer(module, runtime, version);
    return {};
  };
});
