// `node compute.js FILE`: parses a file of measurements and aggregates them in the engine.
// With --plain it does the same in plain JavaScript.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { Engine } from "../../../hosts/typescript/dist/index.js";
import { nanoseconds, parse, plain } from "../job/job.js";

const { values: options, positionals: [file] } = parseArgs({
  allowPositionals: true,
  options: { plain: { type: "boolean" }, rounds: { type: "string", default: "1" } },
});
const raw = readFileSync(file);

async function inEngine() {
  const engine = await Engine.load({ timestamps: "bigint" });
  return {
    parse: () => engine.validateStreamColumns(raw),
    aggregate: (points) => engine.computeAggregate(points),
    count: (points) => points.values.length,
    memory: () => engine.memorySize,
  };
}

const inJavaScript = {
  parse: () => parse(raw.toString()),
  aggregate: plain,
  count: (points) => points.length,
  memory: () => undefined,
};

const way = options.plain ? inJavaScript : await inEngine();
const points = way.parse();
const count = way.count(points);
const answer = { points: count, ...way.aggregate(points), memory: way.memory() };
const rounds = Number(options.rounds);
if (rounds > 1) {
  answer.nanoseconds = {
    parse: nanoseconds(rounds, count, way.parse),
    aggregate: nanoseconds(rounds, count, () => way.aggregate(points)),
  };
}
console.log(JSON.stringify(answer));
