// A worker that fetches all sources at the same time: waiting is the host's work, computing the
// engine's. It folds each piece as it arrives, with memory for a piece, or with WHOLE each source
// when all of it is there, which is faster. Exact sums do not depend on who arrives first.

import module from "../../../hosts/typescript/dist/engine.wasm";
import { Engine, readPoints } from "../../../hosts/typescript/dist/index.js";
import { open, sourcesOf } from "./handler.js";

const engine = Engine.from(module, { timestamps: "bigint" });

async function fold(url, whole) {
  const summary = engine.summary();
  if (whole) {
    const body = await new Response(await open(url)).arrayBuffer();
    return summary.add(engine.validateStreamColumns(new Uint8Array(body)));
  }
  for await (const points of readPoints(engine, await open(url), { format: "json" })) summary.add(points);
  return summary;
}

export default {
  async fetch(_request, env) {
    try {
      const total = engine.summary();
      for (const part of await Promise.all(sourcesOf(env).map((url) => fold(url, env.WHOLE)))) total.merge(part);
      const { count, mean, variance, sum } = total.statistics();
      return Response.json({ points: Number(count), mean, variance, sum, memory: engine.memorySize });
    } catch (error) {
      return Response.json({ title: "Bad Gateway", status: 502, detail: error.message }, { status: 502, headers: { "content-type": "application/problem+json" } });
    }
  },
};
