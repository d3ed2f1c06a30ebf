// The worker has the engine: it reads, checks and folds a file, and posts what the page draws.

import { Engine, readPoints } from "../../../hosts/typescript/dist/index.js";

const DAY = 86_400n; // the file's timestamps are seconds

// An error becomes the page's by its message.
onmessage = ({ data: url }) => compute(url).catch((error) => postMessage({ error: error.message }));

async function compute(url) {
  const engine = await Engine.load({ timestamps: "bigint" });
  const total = engine.summary();
  const days = new Map();
  for await (const { timestamps, values } of readPoints(engine, (await fetch(url)).body, { format: "json" })) {
    total.add({ timestamps, values });
    for (let from = 0, to; from < values.length; from = to) {
      const day = timestamps[from] / DAY;
      for (to = from + 1; to < values.length && timestamps[to] / DAY === day; to++);
      if (!days.has(day)) days.set(day, engine.summary());
      days.get(day).add({ timestamps: timestamps.subarray(from, to), values: values.subarray(from, to) });
    }
  }
  const { count, mean, variance, sum } = total.statistics();
  const sorted = [...days.keys()].sort((a, b) => (a < b ? -1 : 1));
  const means = Float64Array.from(sorted, (day) => days.get(day).statistics().mean);
  postMessage({ answer: { points: Number(count), mean, variance, sum, memory: engine.memorySize }, means }, [means.buffer]);
}
