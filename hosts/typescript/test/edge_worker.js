// A worker of an edge platform, which gets its modules compiled: its answer is what the tests
// print. The clock stands still within a request, so there is no time limit here.

import wasm from "../dist/engine.wasm";
import metered from "../dist/engine.metered.wasm";
import broken from "./testdata/liar.wasm";

import { Engine, LimitError, ModuleError, ParseError, TrapError } from "../dist/index.js";
import { equal, rejects, runAll, test, throws } from "./harness.js";

const nothing = new Uint8Array();

test("all functions", () => {
  const engine = Engine.from(wasm);
  const points = engine.validateStream("[[1, 1e16], [2, 1], [3, -1e16]]");
  equal(engine.computeAggregate(points), { mean: 1 / 3, variance: 2e32 / 3, sum: 1 });
  equal(engine.summary().add(points.slice(1)).merge(engine.summary().add(points.slice(0, 1))).statistics().sum, 1);
  equal(engine.processBatch(new Uint8Array(16)), new Uint8Array(16));
  equal(engine.validateChecksum(new TextEncoder().encode("123456789"), 0xcbf43926), true);
  throws(() => engine.validateStream("[[1]]"), ParseError, "Parse failed: ", { line: 1, column: 4 });
});

test("a trap costs one instance", () => {
  const engine = Engine.from(broken);
  engine.validateChecksum(nothing, 6);
  throws(() => engine.processBatch(nothing), TrapError, "it broke");
  equal(engine.processBatch(nothing), nothing);
});

test("a budget stops a call", () => {
  const engine = Engine.from(metered, { budget: 1_000_000 });
  throws(() => engine.validateStream(`[${"[1,2],".repeat(100_000)}[1,2]]`), LimitError, "budget", { limit: "fuel" });
  equal(engine.computeAggregate([{ timestamp: 1, value: 5 }]).mean, 5);
});

test("what cannot be loaded says what to give instead", async () => {
  for (const module of [undefined, Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)]) {
    await rejects(Engine.load({ module }), ModuleError, "give a WebAssembly.Module as `module`");
  }
});

export default {
  async fetch() {
    const lines = [];
    const passed = await runAll((line) => lines.push(line));
    return new Response(lines.join("\n"), { status: passed ? 200 : 500 });
  },
};
