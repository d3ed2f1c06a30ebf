// `npm run load`: requests a second, latencies, start and memory of the worker and of
// `pipeline serve`, by turns on one machine, as a table for the README.

import { readFileSync } from "node:fs";

import { ENGINE, JSON_TYPE, PACKED, post, send } from "./test/client.js";
import { startServe } from "./test/serve_process.js";
import { startWorker } from "./test/workers.js";

const SECONDS = 3;
const SERVICES = { worker: () => startWorker(), "pipeline serve": startServe };

const list = (count) => Array.from({ length: count }, (_, i) => ({ timestamp: 1262304000 + i * 3600, value: 39.4 + (i % 97) / 10 }));

function packed(points) {
  const bytes = Buffer.alloc(points.length * 16);
  points.forEach(({ timestamp, value }, i) => {
    bytes.writeBigUInt64LE(BigInt(timestamp), i * 16);
    bytes.writeDoubleLE(value, i * 16 + 8);
  });
  return bytes;
}

const LOADS = [
  ["aggregate of 100 points in JSON", 1, JSON_TYPE, JSON.stringify(list(100))],
  ["the same, 8 connections", 8, JSON_TYPE, JSON.stringify(list(100))],
  ["aggregate of 10,000 points in JSON, 8 connections", 8, JSON_TYPE, JSON.stringify(list(10_000))],
  ["aggregate of 10,000 packed points, 8 connections", 8, PACKED, packed(list(10_000))],
];

/** Sends requests for some seconds, each connection the next one after an answer. */
async function load(url, connections, type, body, want) {
  const times = [];
  const began = performance.now();
  const end = began + SECONDS * 1000;
  const connection = async () => {
    for (let now = performance.now(); now < end; ) {
      const answer = await post(url, "aggregate", type, body);
      if (!answer.body.equals(want)) throw new Error(`another answer: ${answer.status} ${answer.body}`);
      const then = performance.now();
      times.push(then - now);
      now = then;
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(Math.floor(share * times.length), times.length - 1)].toFixed(1);
  return `${Math.round((times.length / (performance.now() - began)) * 1000).toLocaleString("en")} | ${at(0.5)} | ${at(0.99)}`;
}

const memory = (pid) => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024);

const rows = LOADS.map(([name]) => [name]);
const ends = [];
for (const [name, start] of Object.entries(SERVICES)) {
  const began = performance.now();
  const service = await start();
  await send(service.url, "/v1/plugins", { method: "GET" });
  const started = Math.round(performance.now() - began);
  const before = memory(service.pid);
  for (const [i, [, connections, type, body]] of LOADS.entries()) {
    const { body: want } = await post(service.url, "aggregate", type, body);
    await load(service.url, connections, type, body, want); // to warm up
    rows[i].push(await load(service.url, connections, type, body, want));
  }
  ends.push(`${name}: first answer ${started} ms after its start, ${before} MiB then, ${memory(service.pid)} MiB after the load`);
  await service.stop();
}
const names = Object.keys(SERVICES);
console.log(`| | ${names.map((name) => `${name}: requests a second | p50, ms | p99, ms`).join(" | ")} |`);
console.log(`| --- |${" ---: |".repeat(3 * names.length)}`);
for (const row of rows) console.log(`| ${row.join(" | ")} |`);
console.log(`\n${ends.join("\n")}`);
process.exit(0);
