// A worker that answers requests of ../README.md, one a request over HTTP; edge.js sends them.

import module from "./engine.wasm";

import { answerer } from "./answer.js";

/** For all requests, with one instance. */
let answer;

export default {
  async fetch(request, { VERSION }) {
    answer ??= await answerer(module, "workerd", VERSION);
    return Response.json(answer(await request.json()));
  },
};
