// `node stream.js FILE`: folds measurements as a stream delivers them, in batches, into a state
// of less than a hundred bytes.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { Engine } from "../../../hosts/typescript/dist/index.js";
import { nanoseconds } from "../job/job.js";

const { values: options, positionals: [file] } = parseArgs({
  allowPositionals: true,
  options: { batch: { type: "string", default: "1024" }, rounds: { type: "string", default: "1" } },
});
const engine = await Engine.load({ timestamps: "bigint" });
const { timestamps, values } = engine.validateStreamColumns(readFileSync(file));

/** Folds all points into one state. A subarray is a view: its elements are copied once, into the module. */
function fold(batch) {
  const summary = engine.summary();
  for (let i = 0; i < values.length; i += batch) {
    summary.add({ timestamps: timestamps.subarray(i, i + batch), values: values.subarray(i, i + batch) });
  }
  const { count, mean, variance, sum } = summary.statistics();
  return { points: Number(count), mean, variance, sum };
}

const answer = { ...fold(Number(options.batch)), memory: engine.memorySize };
const rounds = Number(options.rounds);
if (rounds > 1) {
  answer.nanoseconds = {};
  for (let batch = 1; batch <= 8192; batch *= 2) {
    answer.nanoseconds[batch] = nanoseconds(rounds, values.length, () => fold(batch));
  }
}
console.log(JSON.stringify(answer));
