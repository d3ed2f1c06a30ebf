// A module that breaks the contract as it is told (testdata/liar.wat), and a metered one that
// does not end (testdata/endless.wat).

import { AbiError, ContractError, EmptyDatasetError, Engine, LimitError, ParseError, TrapError, UnsafeIntegerError } from "../dist/index.js";
import { equal, test, throws } from "./harness.js";

const liar = await Engine.load({ module: new URL("./testdata/liar.wasm", import.meta.url), memoryLimit: 16 * 65536 });
const endless = new URL("./testdata/endless.wasm", import.meta.url);
const batch = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
const nothing = new Uint8Array();

/** Calls a function after the module was told its mode. */
function lie(mode, call) {
  liar.reset();
  equal(liar.validateChecksum(nothing, mode), true);
  return call();
}

/** The calls after a failure have another instance, which was told nothing. */
function stillWorks() {
  equal(liar.processBatch(batch), batch);
}

test("what a module returns is checked", () => {
  for (const [mode, type, message] of [
    [1, AbiError, "a result at address 1026 is not aligned to 4"],
    [2, AbiError, "a result at address 4294967280 with 8 bytes is outside of the memory of 131072 bytes"],
    [3, AbiError, "a list at address"],
    [4, AbiError, "a list has 268435456 elements of 1 bytes, more than the 268435455 bytes"],
    [101, AbiError, "what realloc returned at address 4294967280 with 32 bytes is outside of the memory"],
  ]) {
    throws(() => lie(mode, () => liar.processBatch(batch)), type, message);
    stillWorks();
  }
  throws(() => lie(100, () => liar.computeAggregate([{ timestamp: 1, value: 1 }])), AbiError, "what realloc returned at address 4097 is not aligned to 8");
  throws(() => lie(20, () => liar.validateStream("x")), AbiError, "a result of case 2, expected 0 or 1");
  throws(() => lie(21, () => liar.validateStream("x")), AbiError, "a string of the module is not UTF-8");
  throws(() => lie(23, () => liar.validateStream("x")), AbiError, "a list at address 2052 is not aligned to 8");
  throws(() => lie(30, () => liar.computeAggregate([])), ContractError, "compute-aggregate returned 2 numbers");
  throws(() => liar.validateChecksum(nothing, 60), AbiError, "validate-checksum returned 2, expected a bool");
  throws(() => liar.fold(nothing, []), LimitError, "a state of 70000 bytes, and 65536 are allowed", { limit: "state", max: 65536 });
  throws(() => liar.merge(nothing, nothing), AbiError, "case 7");
  throws(() => liar.finish(nothing), AbiError, "a result at address 131064 with 72 bytes is outside");
  stillWorks();
});

test("a trap costs one instance and has the panic's message", () => {
  for (const [mode, message] of [[5, "unreachable"], [6, "it broke"], [7, "unreachable"], [8, "unreachable"], [103, "cabi_realloc"], [50, "cabi_post_"]]) {
    const error = throws(() => lie(mode, () => liar.processBatch(batch)), TrapError, mode === 5 || mode === 7 || mode === 8 ? "process-batch" : message, { code: "trap" });
    equal(error.cause instanceof WebAssembly.RuntimeError, true);
    if (mode === 6) equal(error.message, "it broke");
    stillWorks();
  }
  throws(() => lie(9, () => liar.processBatch(batch)), LimitError, "call stack exhausted", { limit: "stack" });
  stillWorks();
  throws(() => lie(11, () => liar.processBatch(batch)), LimitError, "out of memory: cannot allocate 5 bytes; the memory may have 1048576 bytes", { limit: "memory" });
  stillWorks();
});

test("memory that grows under the views is seen", () => {
  for (const mode of [10, 102]) {
    equal(lie(mode, () => liar.processBatch(batch)), batch);
    equal(liar.memorySize > 2 * 65536, true);
  }
  // Until it may not grow any more.
  lie(102, () => {
    for (let i = 0; i < 40; i++) equal(liar.processBatch(batch), batch);
  });
  equal(liar.memorySize, 16 * 65536);
  stillWorks();
});

test("errors of a module are cut and classified", () => {
  const long = throws(() => lie(22, () => liar.validateStream("x")), ParseError, "… (10000 bytes)");
  equal(long.message.length < 4200, true);
  throws(() => lie(0, () => liar.validateStream("x")), EmptyDatasetError, "Empty dataset");
  throws(() => lie(24, () => liar.validateStream("x")), UnsafeIntegerError, "18446744073709551615");
  stillWorks();
});

test("NaNs are made canonical", () => {
  const { values } = lie(24, () => liar.validateStreamColumns("x"));
  equal(new BigUint64Array(values.buffer)[0], 0x7ff8_0000_0000_0000n);
});

test("a module that does not end is stopped by its budget or its time", async () => {
  const budget = await Engine.load({ module: endless, budget: 1_000_000 });
  throws(() => budget.processBatch(batch), LimitError, "the call needs more than its budget of 1000000 units of fuel", { limit: "fuel", max: 1_000_000 });
  const time = await Engine.load({ module: endless, timeLimit: 20 });
  throws(() => time.processBatch(batch), LimitError, "the call took longer than its limit of 20 ms", { limit: "time", max: 20 });
  for (const engine of [budget, time]) equal(engine.validateChecksum(nothing, 7), true);
});

test("a budget is exact", async () => {
  const engine = await Engine.load({ module: endless, budget: 250_000 });
  for (const units of [0, 1, 99_999, 100_000, 100_001, 250_000]) {
    equal(engine.validateChecksum(nothing, units), true);
    equal(engine.fuelUsed, units);
  }
  throws(() => engine.validateChecksum(nothing, 250_001), LimitError, "budget", { limit: "fuel" });
  // A last operation that nobody asked fuel for.
  throws(() => engine.computeAggregate([]), LimitError, "budget", { limit: "fuel" });
  const unlimited = await Engine.load({ module: endless });
  unlimited.computeAggregate([]);
  equal(unlimited.fuelUsed, 1_000_000);
});

test("the metered engine has the same answers, and its fuel is the same in every instance", async () => {
  const plain = await Engine.load();
  const metered = await Engine.load({ budget: 1_000_000_000 });
  const points = Array.from({ length: 10_000 }, (_, i) => ({ timestamp: i, value: 1 / (i + 1) }));
  equal(metered.computeAggregate(points), plain.computeAggregate(points));
  const again = await Engine.load({ timeLimit: 1e9 });
  again.computeAggregate(points);
  equal(again.fuelUsed, metered.fuelUsed);
  equal(plain.fuelUsed, undefined);
  const text = JSON.stringify(points);
  equal(metered.validateStream(text), plain.validateStream(text));
  const small = await Engine.load({ budget: 1000 });
  throws(() => small.validateStream(text), LimitError, "budget of 1000 units", { limit: "fuel", max: 1000 });
  equal(small.processBatch(nothing), nothing);
});
