// `node conformance.js COMPONENT VECTORS_DIR`: runs every vector on the
// component, which jco makes a JavaScript module of, and prints what it
// answered: one JSON line a case, as ../vectors/README.md defines.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { load } from "./component.js";
import * as expand from "./expand.js";
import { make } from "./recipe.js";

const FORMAT = 1;

if (process.argv.length !== 4) {
  console.error("usage: node conformance.js COMPONENT VECTORS_DIR");
  process.exit(2);
}
const [component, vectors] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const instantiate = await load(component, join(here, "transpiled"));

/** The instance that serves all cases; a new one after a trap. */
let instance;
const guest = () => (instance ??= instantiate());

const calls = {
  "compute-aggregate": (test, sets) => ({
    floats: Array.from(guest().metrics.computeAggregate(expand.points(test.points, sets)), expand.bits).join(" "),
  }),
  "validate-stream": (test) => {
    const points = guest().metrics.validateStream(expand.text(test.raw));
    return {
      points: {
        times: points.map((p) => p.timestamp).join(" "),
        values: points.map((p) => expand.bits(p.value)).join(" "),
      },
    };
  },
  "process-batch": (test) => ({ bytes: expand.hex(guest().pipeline.processBatch(expand.bytes(test.input))) }),
  "validate-checksum": (test) => ({
    bool: guest().pipeline.validateChecksum(expand.bytes(test.data), test.expected),
  }),
  fold: summary,
  merge: summary,
  finish: summary,
};

function summary(test, sets) {
  const state = make(guest().summary, sets, test.state);
  const { count, mean, variance, sum, min, max, first, last } = guest().summary.finish(state);
  const statistics = { count: `${count}` };
  for (const [name, value] of Object.entries({ mean, variance, sum, min, max })) statistics[name] = expand.bits(value);
  return { state: expand.hex(state), statistics: { ...statistics, first: `${first}`, last: `${last}` } };
}

function answer(call, test, sets) {
  try {
    return call(test, sets);
  } catch (error) {
    // jco throws the err of a WIT result as an Error with a payload.
    if (typeof error?.payload === "string") return { error: error.payload };
    if (error instanceof WebAssembly.RuntimeError) {
      instance = undefined;
      return { trap: "" };
    }
    throw new Error(test.id, { cause: error });
  }
}

function read(name) {
  const file = JSON.parse(readFileSync(join(vectors, name), "utf8"));
  if (file.format !== FORMAT) throw new Error(`${name}: format ${file.format}, expected ${FORMAT}`);
  return file;
}

// To a pipe or a file, Node writes at once.
const print = (object) => process.stdout.write(JSON.stringify(object) + "\n");

const jco = JSON.parse(readFileSync(join(here, "package.json"), "utf8")).devDependencies["@bytecodealliance/jco-transpile"];
print({ runtime: "Node", version: `${process.versions.node} (V8 ${process.versions.v8}, jco-transpile ${jco})` });

const sets = expand.expandSets(read("sets.json").sets);
for (const [name, call] of Object.entries(calls)) {
  for (const test of read(`${name}.json`).cases) print({ case: test.id, result: answer(call, test, sets) });
}
