// Modules that cannot be loaded, and how they can.

import { ContractError, Engine, InvalidInputError, LimitError, ModuleError } from "../dist/index.js";
import { limitMemory } from "../dist/memory_limit.js";
import { equal, read, rejects, test, throws } from "./harness.js";
import { HEADER, module, REQUIRED } from "./wasm.js";

const wasmURL = new URL("../dist/engine.wasm", import.meta.url);
const wasm = await read(wasmURL);
const points = [{ timestamp: 1, value: 1 }, { timestamp: 2, value: 2 }];
const PAGE = 65536;

test("a module is a URL, bytes, a response, or compiled", async () => {
  const compiled = await WebAssembly.compile(wasm);
  const response = () => new Response(wasm);
  for (const source of [wasmURL, wasmURL.href, wasm, wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.length), new DataView(wasm.buffer, wasm.byteOffset, wasm.length), response(), Promise.resolve(response()), compiled]) {
    const engine = await Engine.load({ module: source });
    equal(engine.computeAggregate(points), { mean: 1.5, variance: 0.25, sum: 3 });
  }
  equal(Engine.from(compiled).computeAggregate(points).mean, 1.5);
  equal(Engine.from(compiled, { timestamps: "bigint" }).validateStream("[[1,2]]"), [{ timestamp: 1n, value: 2 }]);
});

test("what is no module is refused by what it is", async () => {
  for (const source of [7, {}, [], true, () => 1, Promise.resolve(wasm)]) await rejects(Engine.load({ module: source }), InvalidInputError, "module: expected a WebAssembly.Module, bytes, a URL or a Response, got");
  await rejects(Engine.load({ module: "" }), globalThis.location === undefined ? InvalidInputError : ModuleError, "");
  await rejects(Engine.load({ module: new URL("./absent.wasm", import.meta.url) }), ModuleError, "cannot be read from");
  await rejects(Engine.load({ module: new Response("", { status: 404 }) }), ModuleError, "HTTP status 404");
  await rejects(Engine.load({ module: new Uint8Array() }), ModuleError, "its 0 bytes begin with nothing, expected 00 61 73 6d 01 00 00 00");
  await rejects(Engine.load({ module: new TextEncoder().encode("<!doctype html>") }), ModuleError, "its 15 bytes begin with 3c 21 64 6f 63 74 79 70");
  await rejects(Engine.load({ module: Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0) }), ModuleError, "is a component, expected a core module");
  await rejects(Engine.load({ module: Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0) }), ModuleError, "begin with 00 61 73 6d 02");
  throws(() => Engine.from(wasm), InvalidInputError, "module: expected a WebAssembly.Module, got an object (Uint8Array)");
});

test("a module that is cut anywhere is refused", async () => {
  for (let length = 0; length < wasm.length; length += length < 64 ? 1 : length >> 1) {
    // The header alone is a module, which exports nothing.
    const type = length === HEADER.length ? ContractError : ModuleError;
    await rejects(Engine.load({ module: wasm.subarray(0, length) }), type, "");
  }
});

test("100 MB of anything are refused", async () => {
  const much = new Uint8Array(100_000_000);
  await rejects(Engine.load({ module: much }), ModuleError, "its 100000000 bytes begin with 00 00 00 00");
  much.set(HEADER);
  await rejects(Engine.load({ module: much }), LimitError, "the module has 100000000 bytes, and 67108864 are allowed", { limit: "module", max: 67108864 });
});

test("a module of another contract is refused with every problem", async () => {
  const without = await rejects(Engine.load({ module: module({ functions: { cabi_realloc: 4 } }) }), ContractError, "the module exports no function org:analytics/metrics@0.1.0#compute-aggregate");
  equal(without.problems.length, 4);
  equal(JSON.parse(JSON.stringify(without)).problems, [...without.problems]);
  const newer = Object.fromEntries(Object.entries(REQUIRED).map(([name, n]) => [name.replace("@0.1.0", "@0.2.0"), n]));
  await rejects(Engine.load({ module: module({ functions: newer }) }), ContractError, "no function org:compute/pipeline@0.1.0#process-batch, but that of version 0.2.0");
  await rejects(Engine.load({ module: module({ imports: [["wasi_snapshot_preview1", "fd_write"]] }) }), ContractError, "imports the function wasi_snapshot_preview1.fd_write, but nothing is given to it");
  await rejects(Engine.load({ module: module({ imports: [["compute-pipeline:fuel", "refuel"]] }) }), ContractError, "exports no global compute-pipeline:fuel");
  // A part of the optional interface.
  await rejects(Engine.load({ module: module({ functions: { ...REQUIRED, "org:compute-pipeline/summary@0.1.0#fold": 4 } }) }), ContractError, "no function org:compute-pipeline/summary@0.1.0#merge");
  await rejects(Engine.load({ module: module({ functions: { ...REQUIRED, cabi_realloc: 3 } }) }), ContractError, "cabi_realloc has 3 parameters of core WebAssembly, expected 4");
  await rejects(Engine.load({ module: Uint8Array.from(HEADER) }), ContractError, "exports no memory memory");
});

test("types that JavaScript does not show are refused in the call", async () => {
  const i64 = await Engine.load({ module: module({ parameter: 0x7e }) });
  throws(() => i64.computeAggregate([]), ContractError, "cabi_realloc");
  for (const [results, body, got] of [
    [[], [], "undefined"],
    [[0x7e], [0x42, 8], "8"], // i64.const 8
    [[0x7d], [0x43, 0, 0, 0xc0, 0x3f], "1.5"], // f32.const 1.5
  ]) {
    const engine = await Engine.load({ module: module({ results, body }) });
    throws(() => engine.computeAggregate([]), ContractError, `cabi_realloc returned ${got}, expected an i32`);
  }
});

test("a module without summary aggregates, and has no states", async () => {
  const engine = await Engine.load({ module: new URL("./testdata/endless.wasm", import.meta.url) });
  // Its result is what it was given.
  equal(engine.computeAggregate([{ timestamp: 0, value: 3 }, { timestamp: 0, value: 0 }]), { mean: 0, variance: 3, sum: 0 });
  for (const call of [() => engine.fold(new Uint8Array(), []), () => engine.merge(new Uint8Array(), new Uint8Array()), () => engine.finish(new Uint8Array()), () => engine.summary()]) {
    throws(call, ContractError, "does not export the optional interface org:compute-pipeline/summary");
  }
});

test("the memory limit is written into the module", async () => {
  for (const [memory, limit, want] of [
    [[0, 1], PAGE, undefined],
    [[0, 2], PAGE, "the module's memory starts with 131072 bytes, and 65536 are allowed (memoryLimit)"],
    [[1, 1, 1], 2 ** 32, undefined],
    [[1, 1, 0x80, 0x80, 0x04], 2 ** 20, undefined], // a maximum of 65,536 pages
  ]) {
    const loaded = Engine.load({ module: module({ memory }), memoryLimit: limit });
    if (want === undefined) await loaded;
    else await rejects(loaded, LimitError, want, { limit: "memory", max: limit });
  }
  // A smaller maximum of its own stays.
  const own = module({ memory: [1, 1, 2] });
  equal(limitMemory(own, 2 * PAGE) === own, true);
  for (const memory of [[3, 1, 1], [4, 1], [5, 1, 2]]) await rejects(Engine.load({ module: module({ memory }) }), ContractError, "shared or has 64-bit addresses");
  const limited = await Engine.load({ memoryLimit: 16 * PAGE });
  throws(() => limited.validateChecksum(new Uint8Array(2 ** 21), 0), LimitError, "out of memory: cannot allocate 2097152 bytes; the memory may have 1048576 bytes (memoryLimit)", { limit: "memory", max: 2 ** 20 });
  equal(limited.computeAggregate(points).mean, 1.5);
  throws(() => limited.validateStream(`[${"[1,2],".repeat(40_000)}[1,2]]`), LimitError, "out of memory", { limit: "memory" });
  equal(limited.computeAggregate(points).mean, 1.5);
});

test("options are checked", async () => {
  for (const [options, message] of [
    [{ timestamp: "bigint" }, "there is no option timestamp, expected one of module, memoryLimit, timestamps"],
    [{ timestamps: "string" }, 'timestamps: expected "number" or "bigint", got the string "string"'],
    [{ memoryLimit: 1 }, "memoryLimit: expected an integer from 65536 to 4294967296, got 1"],
    [{ memoryLimit: PAGE + 1 }, "memoryLimit: expected a multiple of 65536 bytes"],
    [{ memoryLimit: "64MB" }, "memoryLimit"],
    [{ maxInput: -1 }, "maxInput: expected an integer from 0"],
    [{ budget: 0 }, "budget: expected an integer from 1"],
    [{ budget: 1.5 }, "budget"],
    [{ budget: NaN }, "budget"],
    [{ timeLimit: 0 }, "timeLimit: expected a number of milliseconds above 0, got 0"],
    [{ timeLimit: NaN }, "timeLimit"],
    [{ timeLimit: "1s" }, "timeLimit"],
    [null, "options: expected an object, got null"],
    [7, "options: expected an object, got 7"],
    [{ module: await WebAssembly.compile(wasm), memoryLimit: PAGE }, "memoryLimit: a WebAssembly.Module has the limit that it was compiled with"],
  ]) await rejects(Engine.load(options), InvalidInputError, message);
  for (const limit of [{ budget: 1000 }, { timeLimit: 1000 }]) await rejects(Engine.load({ module: wasm, ...limit }), ContractError, "the module is not metered, which budget and timeLimit need");
});
