// What the methods accept, refuse and return.

import {
  BusyError, ComputePipelineError, EmptyDatasetError, Engine, GuestError, InvalidInputError, LimitError, ParseError, StateError, UnsafeIntegerError,
} from "../dist/index.js";
import { bytesOf } from "../dist/bytes.js";
import { equal, test, throws } from "./harness.js";

const engine = await Engine.load();
const big = await Engine.load({ timestamps: "bigint" });
const MAX = 2n ** 64n - 1n;
const text = (string) => new TextEncoder().encode(string);

test("points are objects or columns, with numbers or bigints", () => {
  const want = { mean: 2, variance: 2 / 3, sum: 6 };
  for (const points of [
    [{ timestamp: 1, value: 1 }, { timestamp: 2n, value: 2 }, { timestamp: -0, value: 3 }],
    { timestamps: [1, 2n, 3], values: [1, 2, 3] },
    { timestamps: new BigUint64Array(3), values: new Float64Array([1, 2, 3]) },
    { timestamps: new Float64Array(3), values: new Float32Array([1, 2, 3]) },
    { timestamps: new BigInt64Array(3), values: new Uint8Array([1, 2, 3]) },
    { timestamps: new BigUint64Array(9).subarray(5, 8), values: new Float64Array([0, 1, 2, 3, 0]).subarray(1, 4) },
  ]) equal(engine.computeAggregate(points), want);
  equal(engine.computeAggregate([]), { mean: 0, variance: 0, sum: 0 });
  equal(engine.computeAggregate({ timestamps: [], values: [] }), { mean: 0, variance: 0, sum: 0 });
});

test("timestamps keep all their bits, whatever form they have", () => {
  for (const timestamp of [0n, 1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 0x1234_5678_9abcn]) {
    for (const given of [timestamp, Number(timestamp)]) {
      equal(big.summary().add([{ timestamp: given, value: 1 }]).statistics().first, timestamp);
      equal(engine.summary().add([{ timestamp: given, value: 1 }]).statistics().last, Number(timestamp));
      equal(big.summary().add({ timestamps: [given], values: [1] }).statistics().first, timestamp);
    }
  }
  // As doubles, these would be NaNs.
  for (const timestamp of [MAX, 0x7ff4_0000_0000_0001n, 0xfff0_0000_0000_0001n]) {
    equal(big.summary().add({ timestamps: BigUint64Array.of(timestamp), values: Float64Array.of(1) }).statistics().last, timestamp);
    const columns = engine.validateStreamColumns(`[{"timestamp":${timestamp},"value":-0.0}]`);
    equal(columns, { timestamps: BigUint64Array.of(timestamp), values: Float64Array.of(-0) });
  }
});

test("points that are none are refused by their index", () => {
  const good = { timestamp: 1, value: 1 };
  for (const [bad, message] of [
    [{ timestamp: NaN, value: 1 }, "the timestamp of point 1: expected an integer from 0, as a number or a bigint, got NaN"],
    [{ timestamp: -1, value: 1 }, "got -1"],
    [{ timestamp: 1.5, value: 1 }, "got 1.5"],
    [{ timestamp: Infinity, value: 1 }, "got Infinity"],
    [{ timestamp: 2 ** 53, value: 1 }, "expected an integer up to Number.MAX_SAFE_INTEGER, or a bigint, got 9007199254740992"],
    [{ timestamp: -1n, value: 1 }, "expected a bigint from 0 to 2⁶⁴-1, got -1n"],
    [{ timestamp: MAX + 1n, value: 1 }, "got 18446744073709551616n"],
    [{ timestamp: "1", value: 1 }, 'got the string "1"'],
    [{ timestamp: null, value: 1 }, "got null"],
    [{ timestamp: new Date(0), value: 1 }, "got an object (Date)"],
    [{ value: 1 }, "the timestamp of point 1: expected an integer from 0, as a number or a bigint, got undefined"],
    [{ timestamp: 1 }, "the value of point 1: expected a number, got undefined"],
    [{ timestamp: 1, value: null }, "got null"],
    [{ timestamp: 1, value: "2" }, 'got the string "2"'],
    [{ timestamp: 1, value: 2n }, "got 2n"],
    [[1, 2], "the timestamp of point 1"],
    [null, "point 1: expected {timestamp, value}, got null"],
    [undefined, "got undefined"],
    [7, "got 7"],
  ]) {
    throws(() => engine.computeAggregate([good, bad]), InvalidInputError, message, { index: 1 });
    throws(() => engine.fold(new Uint8Array(), [good, bad]), InvalidInputError, message, { index: 1 });
    if (typeof bad === "object" && bad !== null && !Array.isArray(bad)) {
      throws(() => engine.computeAggregate({ timestamps: [0, bad.timestamp], values: [0, bad.value] }), InvalidInputError, message, { index: 1 });
    }
  }
  throws(() => engine.computeAggregate({ timestamps: BigInt64Array.of(0n, -5n), values: [0, 0] }), InvalidInputError, "got -5n", { index: 1 });
  // In a later piece, after thousands of good ones.
  const many = Array(20_000).fill(good);
  many[19_999] = {};
  throws(() => engine.computeAggregate(many), InvalidInputError, "point 19999", { index: 19_999 });
  equal(engine.computeAggregate([good]).mean, 1);
});

test("lists that are none are refused", () => {
  for (const points of [undefined, null, 7, "[]", {}, { timestamps: [] }, { values: [] }, { timestamps: "12", values: [1, 2] },
    new Float64Array(2), { timestamps: new DataView(new ArrayBuffer(8)), values: [] }, { length: 0 }]) {
    throws(() => engine.computeAggregate(points), InvalidInputError, "points: expected an array of {timestamp, value}, or {timestamps, values} with two arrays");
  }
  throws(() => engine.computeAggregate({ timestamps: [1], values: [] }), InvalidInputError, "1 timestamps and 0 values");
});

test("every double is allowed as a value", () => {
  equal(engine.computeAggregate([{ timestamp: 0, value: NaN }]), { mean: NaN, variance: NaN, sum: NaN });
  equal(engine.computeAggregate([{ timestamp: 0, value: Infinity }]), { mean: Infinity, variance: NaN, sum: Infinity });
  equal(big.summary().add([{ timestamp: 0, value: -0 }, { timestamp: 0, value: 0 }]).statistics().min, -0);
});

test("a text is a string or bytes", () => {
  const json = '[{"timestamp": 1, "value": 39.4, "unit": "°C 𝄞"}]';
  const bytes = text(json);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  // Other threads could change it between the check and the copy.
  for (const given of [shared, shared.buffer]) equal(bytesOf("", given).buffer instanceof ArrayBuffer, true);
  for (const given of [json, bytes, bytes.buffer, shared.buffer, new DataView(bytes.buffer), shared]) {
    equal(engine.validateStream(given), [{ timestamp: 1, value: 39.4 }]);
    equal(big.validateStream(given), [{ timestamp: 1n, value: 39.4 }]);
    equal(engine.validateStreamColumns(given), { timestamps: BigUint64Array.of(1n), values: Float64Array.of(39.4) });
  }
  for (const given of [undefined, null, 7, {}, [91, 93]]) throws(() => engine.validateStream(given), InvalidInputError, "the text: expected a Uint8Array or an ArrayBuffer, got");
});

test("a buffer that was sent away is an error, not empty", () => {
  const gone = (view) => {
    structuredClone(view, { transfer: [view.buffer] });
    return view;
  };
  const bytes = gone(new Uint8Array(16));
  for (const call of [
    () => engine.validateStream(bytes),
    () => engine.validateStream(bytes.buffer),
    () => engine.processBatch(bytes),
    () => engine.validateChecksum(bytes, 0),
    () => engine.finish(bytes),
    () => engine.computeAggregate({ timestamps: gone(new BigUint64Array(2)), values: gone(new Float64Array(2)) }),
    () => engine.computeAggregate({ timestamps: [], values: gone(new Float64Array(2)) }),
    () => engine.computeAggregate({ timestamps: gone(new Float64Array(2)), values: [] }),
  ]) throws(call, InvalidInputError, "its buffer is detached");
});

test("what only says that it is a buffer is none", () => {
  for (const [name, call] of [["ArrayBuffer", (fake) => engine.processBatch(fake)], ["SharedArrayBuffer", (fake) => engine.validateChecksum(fake, 0)], ["WebAssembly.Module", (fake) => Engine.from(fake)]]) {
    throws(() => call({ [Symbol.toStringTag]: name, byteLength: 16, length: 16 }), InvalidInputError, `got an object (${name})`);
  }
});

test("errors of a text have the contract's message", () => {
  const missing = throws(() => engine.validateStream('[{"timestamp": 1}]'), ParseError, "Parse failed: missing field `value` at line 1 column 17", { line: 1, column: 17 });
  equal(JSON.parse(JSON.stringify(missing)), { name: "ParseError", code: "parse", message: missing.message, line: 1, column: 17 });
  equal(missing instanceof GuestError && missing instanceof ComputePipelineError, true);
  throws(() => engine.validateStream("[]"), EmptyDatasetError, "Empty dataset", { code: "empty", message: "Empty dataset" });
  throws(() => engine.validateStream(""), ParseError, "Parse failed: ");
  throws(() => engine.validateStream('[{"timestamp":1,"value":NaN}]'), ParseError, "line 1");
  throws(() => engine.validateStream('[{"timestamp":-0,"value":1}]'), ParseError, "Parse failed: ");
  throws(() => engine.validateStream("\ufeff[]"), ParseError, "Parse failed: ");
  throws(() => engine.validateStream('[{"timestamp":1,"value":2,"\\ud800":0}]'), ParseError, "Parse failed: ");
  equal(engine.validateStream('[{"timestamp":1,"value":2,"x":"\\ud800"}]').length, 1);
});

test("a text that is no Unicode is refused before the call", () => {
  throws(() => engine.validateStream('["\ud800"]'), InvalidInputError, "half a surrogate pair at index 2", { index: 2 });
  throws(() => engine.validateStream(`["𝄞"]\udc00`), InvalidInputError, "half a surrogate pair at index 6", { index: 6 });
  throws(() => engine.validateStream(Uint8Array.of(0x5b, 0xff, 0x5d)), InvalidInputError, "expected UTF-8, got another byte (0xff) at index 1", { index: 1 });
});

test("an integer that a number does not hold is an error, not another integer", () => {
  const json = `[{"timestamp":9007199254740991,"value":1},{"timestamp":9007199254740992,"value":2}]`;
  const error = throws(() => engine.validateStream(json), UnsafeIntegerError, "the timestamp of point 1 is 9007199254740992", { digits: "9007199254740992" });
  equal(JSON.parse(JSON.stringify(error)).digits, "9007199254740992");
  equal(big.validateStream(json)[1].timestamp, 9007199254740992n);
  throws(() => engine.summary().add([{ timestamp: MAX, value: 1 }]).statistics(), UnsafeIntegerError, `the first timestamp is ${MAX}`);
  throws(() => engine.summary().add([{ timestamp: 1, value: 1 }, { timestamp: MAX, value: 1 }]).statistics(), UnsafeIntegerError, "the last timestamp");
  equal(engine.validateStream('[{"timestamp":9007199254740991,"value":1}]')[0].timestamp, Number.MAX_SAFE_INTEGER);
});

test("batches and checksums", () => {
  const batch = new Uint8Array(48);
  const view = new DataView(batch.buffer);
  for (const [i, [timestamp, value]] of [[2n, 0.5], [1n, 7], [2n, -0]].entries()) {
    view.setBigUint64(16 * i, timestamp, true);
    view.setFloat64(16 * i + 8, value, true);
  }
  const normal = engine.processBatch(batch);
  equal([...normal], [...batch.subarray(16, 48)]);
  equal(engine.processBatch(new ArrayBuffer(0)), new Uint8Array());
  for (const length of [1, 15, 17]) throws(() => engine.processBatch(new Uint8Array(length)), InvalidInputError, `expected a multiple of 16 bytes, got ${length}`);
  throws(() => engine.processBatch("abc"), InvalidInputError, 'got the string "abc"');
  equal(engine.validateChecksum(text("123456789"), 0xcbf43926), true);
  equal(engine.validateChecksum(text("123456789"), 0xcbf43927), false);
  equal(engine.validateChecksum(new Uint8Array(), 0), true);
  for (const bad of [-1, 2 ** 32, 1.5, NaN, "0", 1n, undefined]) throws(() => engine.validateChecksum(new Uint8Array(), bad), InvalidInputError, "expected an integer from 0 to 4294967295");
});

test("a summary is the same by every way, and unchanged by an error", () => {
  const points = Array.from({ length: 20_001 }, (_, i) => ({ timestamp: i, value: Math.sin(i) * 10 ** (i % 30) }));
  const whole = engine.summary().add(points);
  const parts = [points.slice(0, 7), points.slice(7, 9000), points.slice(9000)].map((part) => engine.summary().add(part));
  const merged = engine.summary().merge(parts[2]).merge(parts[0].state).merge(parts[1]);
  equal(merged.state, whole.state);
  equal(JSON.stringify({ merged }), JSON.stringify({ merged: whole }));
  equal(engine.summary(whole.toJSON()).state, whole.state);
  equal(big.summary(whole.state).statistics().count, 20_001n);
  const { mean, variance, sum, count, first, last } = whole.statistics();
  equal({ mean, variance, sum }, engine.computeAggregate(points));
  equal({ count, first, last }, { count: 20_001, first: 0, last: 20_000 });
  throws(() => merged.add([{ timestamp: 1 }]), InvalidInputError, "point 0");
  throws(() => merged.merge(Uint8Array.of(1)), StateError, "Invalid second state: 1 bytes are too few");
  equal(merged.state, whole.state);
  merged.state.fill(0);
  equal(merged.state, whole.state);
  equal(JSON.parse(JSON.stringify(engine.summary().statistics())), { count: 0, mean: 0, variance: 0, sum: 0, min: 0, max: 0, first: 0, last: 0 });
});

test("bytes that are no state are refused", () => {
  const state = engine.summary().add([{ timestamp: 1, value: 1 }]).state;
  state[20] ^= 1;
  for (const call of [() => engine.fold(state, []), () => engine.merge(state, new Uint8Array()), () => engine.merge(new Uint8Array(), state),
    () => engine.finish(state), () => engine.summary(state)]) throws(call, StateError, " state: its checksum is ", { code: "state" });
  for (const digits of ["0", "zz", "[1]"]) throws(() => engine.summary(digits), InvalidInputError, "hexadecimal digits");
  throws(() => engine.finish(undefined), InvalidInputError, "the state: expected a Uint8Array");
});

test("a getter that calls the engine gets an error", () => {
  const points = [{ timestamp: 1, get value() { return engine.computeAggregate([]).mean; } }];
  throws(() => engine.computeAggregate(points), BusyError, "getter");
  throws(() => engine.computeAggregate([{ get timestamp() { return engine.reset(); }, value: 1 }]), BusyError, "getter");
  throws(() => engine.computeAggregate([{ get timestamp() { throw new RangeError("mine"); }, value: 1 }]), RangeError, "mine");
  equal(engine.computeAggregate([{ timestamp: 1, value: 5 }]).mean, 5);
});

test("maxInput bounds every argument", async () => {
  const small = await Engine.load({ maxInput: 32 });
  const bytes = new Uint8Array(48);
  for (const call of [
    () => small.validateStream(" ".repeat(33)),
    () => small.validateStream("°".repeat(17)),
    () => small.validateStream(bytes),
    () => small.processBatch(bytes),
    () => small.validateChecksum(bytes, 0),
    () => small.computeAggregate(Array(3).fill({ timestamp: 1, value: 1 })),
    () => small.fold(new Uint8Array(), { timestamps: new BigUint64Array(3), values: new Float64Array(3) }),
    () => small.fold(bytes, []),
    () => small.merge(new Uint8Array(), bytes),
    () => small.finish(bytes),
  ]) throws(call, LimitError, "are allowed (maxInput)", { limit: "input", max: 32 });
  equal(small.computeAggregate(Array(2).fill({ timestamp: 1, value: 1 })).mean, 1);
});
