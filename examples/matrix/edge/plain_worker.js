// The same without the engine: each source is parsed when all of it is there.

import { parse, plain } from "../job/job.js";
import { open, sourcesOf } from "./handler.js";

const read = async (url) => parse(await new Response(await open(url)).text());

export default {
  async fetch(_request, env) {
    try {
      const points = (await Promise.all(sourcesOf(env).map(read))).flat();
      return Response.json({ points: points.length, ...plain(points) });
    } catch (error) {
      return Response.json({ title: "Bad Gateway", status: 502, detail: error.message }, { status: 502, headers: { "content-type": "application/problem+json" } });
    }
  },
};
