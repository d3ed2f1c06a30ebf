// What crossing a boundary costs for each point or node, in nanoseconds: into the engine, into a
// worker, and from a module to the DOM. Not for copying.

import { Engine } from "../../../hosts/typescript/dist/index.js";
import { median } from "../job/job.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const NODES = 5000;
const POINTS = 8192;
const OFTEN = 50; // what takes less than the ticks of the browser's clock runs so often

/** Median times of a point or node, of steps that run by turns. */
async function byTurns(rounds, steps) {
  const times = Object.fromEntries(Object.keys(steps).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, { count, run }] of Object.entries(steps)) {
      const began = performance.now();
      await run();
      if (round >= 0) times[name].push(((performance.now() - began) * 1e6) / count);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
}

const often = ({ count, run }) => ({ count: OFTEN * count, run: () => { for (let i = 0; i < OFTEN; i++) run(); } });

async function intoEngine() {
  const engine = await Engine.load();
  const timestamps = BigUint64Array.from({ length: POINTS }, (_, i) => BigInt(i));
  const values = Float64Array.from({ length: POINTS }, (_, i) => 20 + Math.sin(i));
  const fold = (batch) => () => {
    const summary = engine.summary();
    for (let i = 0; i < POINTS; i += batch) summary.add({ timestamps: timestamps.subarray(i, i + batch), values: values.subarray(i, i + batch) });
  };
  return { "engine, 1": { count: POINTS, run: fold(1) }, "engine, 8192": often({ count: POINTS, run: fold(POINTS) }) };
}

/** A worker that sends every message back. */
function intoWorker() {
  const worker = new Worker(new URL("echo.js", import.meta.url), { type: "module" });
  const send = (messages, message) => () => new Promise((resolve) => {
    let left = messages;
    worker.onmessage = () => --left === 0 && resolve();
    for (let i = 0; i < messages; i++) worker.postMessage(message());
  });
  return {
    "worker, 1": { count: POINTS, run: send(POINTS, () => ({ timestamp: 1, value: 2.5 })) },
    "worker, 8192": { count: POINTS, run: send(1, () => ({ timestamps: new BigUint64Array(POINTS), values: new Float64Array(POINTS) })) },
  };
}

async function intoDOM() {
  const svg = document.createElementNS(NAMESPACE, "svg"); // in no document: no layout, which is the same for all
  const make = (element, className, x, y) => {
    const node = document.createElementNS(NAMESPACE, element);
    node.setAttribute("class", className);
    node.setAttribute("cx", x);
    node.setAttribute("cy", y);
    svg.append(node);
  };
  const module = await WebAssembly.compileStreaming(fetch(new URL("boundary.wasm", import.meta.url)));
  const instance = async (node) => {
    const decoder = new TextDecoder();
    const text = (at, length) => decoder.decode(new Uint8Array(exports.memory.buffer, at, length));
    const page = { node: (x, y) => node("circle", "mark", x, y), named: (a, m, b, n, x, y) => node(text(a, m), text(b, n), x, y) };
    const { exports } = await WebAssembly.instantiate(module, { page });
    return exports;
  };
  const ignored = { count: 0 };
  const nothing = await instance((...node) => { ignored.count += node.length; });
  const real = await instance(make);
  const clear = (run) => ({ count: NODES, run: () => { svg.replaceChildren(); run(); } });
  return {
    "call, nothing": often(clear(() => nothing.nodes(NODES))),
    "call, texts": often(clear(() => nothing["named-nodes"](NODES))),
    "node, JavaScript": clear(() => { for (let i = 0; i < NODES; i++) make("circle", "mark", i, i * 0.5); }),
    "node, module": clear(() => real.nodes(NODES)),
    "node, module, texts": clear(() => real["named-nodes"](NODES)),
  };
}

/** All costs, and the time of the page's own work for a point, with a new worker. */
export async function costs(compute, rounds) {
  const steps = { ...(await intoEngine()), ...intoWorker(), ...(await intoDOM()) };
  const whole = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    const { answer } = await compute();
    whole.push(((performance.now() - began) * 1e6) / answer.points);
  }
  return { "file": median(whole), ...(await byTurns(rounds, steps)) };
}
