// Times of the package beside the component by jco and plain JavaScript, by turns: each round
// runs all of them once. Ratios are of the shortest times. `npm run bench`.

import { Engine } from "./dist/index.js";
import { loadComponent } from "./dist/component.js";

const ROUNDS = 25;
const POINTS = 200_000; // of a round, in calls of `length`

const engine = await Engine.load();
const metered = await Engine.load({ budget: Number.MAX_SAFE_INTEGER });
const component = (await loadComponent())();

/** Two passes, which round at every step. */
function plain(points) {
  let sum = 0;
  for (let i = 0; i < points.length; i++) sum += points[i].value;
  const mean = points.length === 0 ? 0 : sum / points.length;
  let squares = 0;
  for (let i = 0; i < points.length; i++) squares += (points[i].value - mean) ** 2;
  return { mean, variance: squares / points.length, sum };
}

function plainColumns(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2;
  return { mean, variance: squares / values.length, sum };
}

/** JSON.parse, and the checks that the contract demands of each point. */
function plainParse(text) {
  const points = JSON.parse(text);
  for (const { timestamp, value } of points) {
    if (!Number.isSafeInteger(timestamp) || timestamp < 0 || typeof value !== "number") throw new Error("no point");
  }
  return points;
}

/** Prints the shortest time of each function, and its ratio to the first. */
function compare(title, length, functions) {
  const calls = Math.max(1, Math.round(POINTS / length));
  const names = Object.keys(functions);
  const times = names.map(() => []);
  for (let round = -3; round < ROUNDS; round++) {
    names.forEach((name, i) => {
      const began = performance.now();
      for (let n = 0; n < calls; n++) functions[name]();
      const time = ((performance.now() - began) * 1e6) / (calls * length);
      if (round >= 0) times[i].push(time);
    });
  }
  console.log(`${title}, ${length} points`);
  names.forEach((name, i) => {
    const shortest = Math.min(...times[i]);
    const ratio = shortest / Math.min(...times[0]);
    console.log(`  ${name.padEnd(34)} ${shortest.toFixed(2).padStart(8)} ns a point, ${ratio.toFixed(2)} times`);
  });
}

for (const length of [100, 8192, 200_000]) {
  const timestamps = BigUint64Array.from({ length }, (_, i) => 1_700_000_000_000n + BigInt(i) * 60_000n);
  const values = Float64Array.from({ length }, (_, i) => 20 + 10 * Math.sin(i / 100) + (i % 7) / 8);
  const numbers = Array.from(values, (value, i) => ({ timestamp: Number(timestamps[i]), value }));
  const bigints = Array.from(values, (value, i) => ({ timestamp: timestamps[i], value }));
  compare("aggregate", length, {
    "plain JavaScript, objects": () => plain(numbers),
    "plain JavaScript, Float64Array": () => plainColumns(values),
    "typed arrays": () => engine.computeAggregate({ timestamps, values }),
    "typed arrays, metered": () => metered.computeAggregate({ timestamps, values }),
    "objects with numbers": () => engine.computeAggregate(numbers),
    "objects with bigints": () => engine.computeAggregate(bigints),
    "component by jco": () => component.metrics.computeAggregate(bigints),
  });
  if (length > 100_000) continue;
  const text = JSON.stringify(numbers);
  const bytes = new TextEncoder().encode(text);
  compare("parse", length, {
    "JSON.parse and checks": () => plainParse(text),
    "validateStream, string": () => engine.validateStream(text),
    "validateStreamColumns, string": () => engine.validateStreamColumns(text),
    "validateStreamColumns, bytes": () => engine.validateStreamColumns(bytes),
    "component by jco, string": () => component.metrics.validateStream(text),
  });
}
const started = performance.now();
const module = await WebAssembly.compile(await (await import("node:fs/promises")).readFile(new URL("./dist/engine.wasm", import.meta.url)));
const compiled = performance.now();
for (let i = 0; i < 1000; i++) Engine.from(module);
console.log(`compile ${(compiled - started).toFixed(1)} ms, instance ${(performance.now() - compiled).toFixed(0)} µs`);
