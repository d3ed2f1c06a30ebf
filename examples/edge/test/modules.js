// Other modules in place of the engine: those that are none, and those that fail.

import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { equal, rejects, test } from "../../../hosts/typescript/test/harness.js";
import { ENGINE, JSON_TYPE, open, PACKED, parsed, post, send } from "./client.js";
import { startWorker, withWorker } from "./workers.js";

const built = (name) => fileURLToPath(new URL(`../build/${name}`, import.meta.url));
const testdata = (name) => fileURLToPath(new URL(`../../../hosts/typescript/test/testdata/${name}`, import.meta.url));
const engine = readFileSync(built("engine.wasm"));

/** Writes a module for a test, and returns its name. */
function module(name, bytes) {
  writeFileSync(built(name), bytes);
  return name;
}

test("what is not a module does not start", async () => {
  for (const [name, bytes] of [["text.wasm", Buffer.from("not wasm")], ["cut.wasm", engine.subarray(0, 1000)], ["empty.wasm", Buffer.alloc(0)]]) {
    const started = startWorker({ module: module(name, bytes) }).then(async (worker) => {
      await worker.stop();
      return name;
    });
    await rejects(started, Error, "workerd ended with status 1");
  }
});

test("a module without the contract is refused with what it lacks", async () => {
  const header = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const other = Buffer.from(engine.toString("latin1").replaceAll("@0.1.0#", "@9.1.0#"), "latin1");
  for (const [name, bytes] of [["world.wasm", header], ["version.wasm", other]]) {
    await withWorker({ module: module(name, bytes) }, async ({ url }) => {
      for (const answer of [await post(url, "aggregate", JSON_TYPE, "[[1,2]]"), await send(url, "/healthz", { method: "GET" })]) {
        equal(answer.status, 500, name);
        const { code, detail } = parsed(answer);
        equal(code, "internal");
        equal(detail.startsWith("the worker cannot start with the module: "), true, detail);
        equal(detail.includes("org:analytics/metrics@0.1.0#compute-aggregate"), true, detail);
      }
    });
  }
});

test("a budget needs the metered module", () =>
  withWorker({ bindings: { FUEL: 1000 } }, async ({ url }) => {
    equal(parsed(await post(url, "aggregate", JSON_TYPE, "[[1,2]]")).detail, "the worker cannot start with the module: the module is not metered, which budget and timeLimit need; expected one such as engine.metered.wasm");
  }));

test("after a trap the next request has a new instance", async () => {
  copyFileSync(testdata("liar.wasm"), built("liar.wasm"));
  await withWorker({ module: "liar.wasm" }, async ({ url }) => {
    for (let i = 0; i < 20; i++) {
      // The mode in which process-batch traps, until there is a new instance.
      equal((await post(url, "checksum?expected=6", undefined, "")).status, 200);
      const answer = await post(url, "process-batch", PACKED, "", { accept: PACKED });
      equal(answer.status, 502);
      equal(parsed(answer).code, "trap");
      equal(parsed(answer).detail.includes("it broke"), true);
      equal((await post(url, "process-batch", PACKED, "", { accept: PACKED })).status, 200);
    }
  });
});

test("a module without the optional summary", async () => {
  copyFileSync(testdata("endless.wasm"), built("endless.wasm"));
  await withWorker({ module: "endless.wasm", bindings: { FUEL: 1000 } }, async ({ url }) => {
    for (const operation of ["aggregate", "fold"]) equal(parsed(await post(url, operation, JSON_TYPE, "[[1,2]]")).code, "no-summary");
    equal(parsed(await post(url, "merge", JSON_TYPE, '{"a":"","b":""}')).code, "no-summary");
    equal(parsed(await post(url, "finish", JSON_TYPE, '{"state":""}')).code, "no-summary");
    equal(parsed(await send(url, "/v1/plugins", { method: "GET" })).plugins[0].has_summary, false);
    // What never ends is stopped by the budget.
    equal(parsed(await post(url, "process-batch", PACKED, "")).code, "limit");
    equal(parsed(await post(url, "checksum?expected=1", undefined, "")).valid, true);
  });
});

// The instance is given up in the middle of a stream of another request.
test("a call that is stopped harms no other request", () =>
  withWorker({ module: "engine.metered.wasm", bindings: { FUEL: 300_000 } }, async ({ url }) => {
    const batch = Buffer.alloc(1600);
    for (let i = 0; i < 100; i++) {
      batch.writeBigUInt64LE(BigInt(i), i * 16);
      batch.writeDoubleLE(0.1 * i, i * 16 + 8);
    }
    const want = (await post(url, "aggregate", PACKED, batch)).body.toString();
    for (let i = 0; i < 10; i++) {
      const request = open(url, `${ENGINE}aggregate`, { type: PACKED });
      await request.write(batch.subarray(0, 808));
      const stopped = await post(url, "validate", JSON_TYPE, `[${"[1,2],".repeat(50_000)}[1,2]]`);
      equal(stopped.status, 422);
      equal(parsed(stopped).code, "limit");
      equal((await request.end(batch.subarray(808))).body.toString(), want);
    }
  }));
