// Points of streams: the same as those of the whole text, wherever the stream is cut.

import { EmptyDatasetError, Engine, InvalidInputError, LimitError, ParseError, readPoints } from "../dist/index.js";
import { ArraySplitter } from "../dist/pieces.js";
import { equal, Random, rejects, test } from "./harness.js";

const engine = await Engine.load();
const encode = (text) => new TextEncoder().encode(text);

/** Reads all points of chunks. */
async function all(chunks, options) {
  const timestamps = [];
  const values = [];
  let pieces = 0;
  for await (const columns of readPoints(engine, chunks, options)) {
    pieces++;
    timestamps.push(...columns.timestamps);
    values.push(...columns.values);
  }
  return { timestamps, values, pieces };
}

/** What reading ends with: points, or the class and message of an error. */
async function outcome(chunks, options) {
  try {
    const { timestamps, values } = await all(chunks, options);
    return { timestamps, values };
  } catch (error) {
    return { error: error.name, message: error.message };
  }
}

function* cut(bytes, size) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const TEXTS = [
  "[]", " [ ] ", "", " ", "[", "]", "{}", "null", "[1]", "[[1,2]]", "[[1,2],]", "[,[1,2]]", "[[1,2],,[3,4]]", "[[1,2] [3,4]]", "[[1,2]] x", "[[1,2]],",
  '[{"timestamp": 1, "value": 2}]', '[{"timestamp": 1, "value": 2}, {"timestamp": 3, "value": 4e2}]',
  '[\n  {"timestamp": 1, "value": 2},\n  {"timestamp": 3, "value": x}\n]', '[{"a": "]},[\\"\\\\", "timestamp": 1, "value": 2}, [3, 4]]',
  '[{"é": "漢🎈", "timestamp": 1, "value": 2}]', '[{"timestamp": -1, "value": 2}]', '[{"timestamp": 1}]', "[[1,2]", '[{"timestamp": 1, "value": "', "[[1,2}]", "\ufeff[[1,2]]",
  "\ufeff", "\ufeff \n\n [[1,2]]", " \ufeff[[1,2]]", "\n \n x", " \n\t\r\n ", "\n\n[[1,2],\n[3,x]]",
  // Half a surrogate pair: in a name, within an ignored field, and in place of a number.
  '[{"timestamp": 1, "\\ud800": 0, "value": 2}]', '[{"timestamp": 1, "value": 2, "x": {"\\uDC00": ["\\ud800"]}}]', '[[1, 2], {"timestamp": "\\ud800", "value": 2}]',
];

test("JSON: cut at every byte, a stream has the points and errors of one that is not", async () => {
  for (const text of TEXTS) {
    const bytes = encode(text);
    const want = await outcome([bytes], { format: "json" });
    for (const size of [1, 2, 3, 7]) equal(await outcome(cut(bytes, size), { format: "json" }), want, text);
  }
});

test("JSON: a stream is accepted as its text is, and with the same points", async () => {
  for (const text of TEXTS) {
    if (text.startsWith("\ufeff")) continue; // a stream may have it
    let want;
    try {
      const { timestamps, values } = engine.validateStreamColumns(text);
      want = { timestamps: [...timestamps], values: [...values] };
    } catch (error) {
      want = error.name;
    }
    const got = await outcome([encode(text)], { format: "json" });
    equal(got.error ?? got, want, text);
  }
});

test("white space before the array is not held", () => {
  const whole = globalThis.Uint8Array;
  const spaces = new whole(65536).fill(0x20);
  const splitter = new ArraySplitter(2 ** 24);
  let largest = 0;
  globalThis.Uint8Array = new Proxy(whole, {
    construct(target, args) {
      if (typeof args[0] === "number") largest = Math.max(largest, args[0]);
      return Reflect.construct(target, args);
    },
  });
  try {
    for (let i = 0; i < 100; i++) equal(splitter.push(spaces), undefined);
    equal(splitter.push(encode("[[1,2]]")).marks[0].position, { offset: 6_553_601, line: 1, column: 6_553_602 });
  } finally {
    globalThis.Uint8Array = whole;
  }
  if (largest > 2 * spaces.length) throw new Error(`${largest} bytes are held`);
});

test("NDJSON: cut at every byte, lines without anything are counted", async () => {
  const bytes = encode("\n\n[1,2]\n\n\n \n\r\n\n[3,4]\n\n[5,x]\n");
  for (const size of [1, 2, 3, 7, 100]) await rejects(all(cut(bytes, size), { format: "ndjson" }), ParseError, "expected value", { line: 11, column: 4, offset: 25 });
});

/** Random points as JSON, in many layouts. */
function randomText(random, count, line) {
  const space = () => (random.below(3) === 0 ? [" ", "\t", "  "][random.below(3)] : "");
  const records = Array.from({ length: count }, (_, i) => {
    const value = random.below(2) === 0 ? random.below(1000) / 8 : (random.below(2 ** 30) - 2 ** 29) * 1e10;
    const other = random.below(4) === 0 ? `"x":${["[1,[2]]", '"},{"', '"\\"]"', '{"y":[]}', '"é🎈"'][random.below(5)]},` : "";
    return `${space()}{${other}"timestamp":${space()}${i},"value":${value}}${space()}`;
  });
  if (line) return records.join("\n") + (random.below(2) ? "\n" : "");
  return `[${records.join(random.below(2) ? "," : ",\n")}]`;
}

test("random texts in random chunks have the points of the whole text", async () => {
  const random = new Random(11);
  for (let round = 0; round < 40; round++) {
    const count = 1 + random.below(round % 8 === 0 ? 8000 : 50);
    for (const format of ["json", "ndjson"]) {
      const text = randomText(random, count, format === "ndjson");
      const bytes = encode(text);
      const want = engine.validateStreamColumns(format === "json" ? text : `[${text.trimEnd().split("\n").join(",")}]`);
      const got = await all(cut(bytes, 1 + random.below(3 * bytes.length)), { format });
      equal(got.timestamps.length, count, "count");
      equal({ t: got.timestamps, v: got.values }, { t: [...want.timestamps], v: [...want.values] }, format);
    }
  }
});

test("a long stream is read in pieces", async () => {
  const text = encode(`[${Array.from({ length: 50_000 }, (_, i) => `{"timestamp":${i},"value":${i / 2}}`).join(",")}]`);
  const { pieces, timestamps } = await all(cut(text, 1000), { format: "json" });
  equal(timestamps.length, 50_000, "points");
  if (pieces < 10) throw new Error(`${pieces} pieces`);
});

test("errors have their place in the stream", async () => {
  const many = Array.from({ length: 6000 }, (_, i) => `{"timestamp":${i},"value":1}`);
  const bad = [...many, '{"timestamp":1,"value":?}'];
  for (const size of [100, 1 << 20]) {
    const json = await rejects(all(cut(encode(`[\n${bad.join(",\n")}\n]`), size), { format: "json" }), ParseError, "expected value", { line: 6002, column: 24 });
    equal(json.column, 24, "column");
    await rejects(all(cut(encode(bad.join("\n")), size), { format: "ndjson" }), ParseError, "expected value", { line: 6001, column: 24 });
    await rejects(all(cut(encode("\n\n" + many.slice(0, 3).join("\r\n") + '\n {"timestamp":1'), size), { format: "ndjson" }), ParseError, "the line ends inside an object", { line: 6 });
  }
  await rejects(all([encode('[[1,2],[3,"')], { format: "json" }), ParseError, "EOF while parsing a string", { line: 1 });
  await rejects(all([encode("[[1,2]]"), encode("\n  x")], { format: "json" }), ParseError, "trailing characters", { line: 2, column: 3 });
  await rejects(all([encode('{"timestamp":1,"value":2}')], { format: "json" }), ParseError, "expected an array of points", { line: 1, column: 1 });
  await rejects(all([encode('[1,2] [3,4]\n')], { format: "ndjson" }), ParseError, "expected the end of the line", { line: 1, column: 7 });
  await rejects(all([encode('[1,2],\n')], { format: "ndjson" }), ParseError, "expected the end of the line", { line: 1, column: 6 });
  await rejects(all([encode("1\n")], { format: "ndjson" }), ParseError, "expected an object such as", { line: 1, column: 1 });
  await rejects(all([Uint8Array.of(0x5b, 0x5b, 0x31, 0x2c, 0x32, 0x5d, 0x20, 0xff, 0x5d)], { format: "json" }), ParseError, "expected UTF-8", { line: 1, column: 8 });
});

test("two broken lines do not make a whole one", async () => {
  await rejects(all([encode('{"timestamp":1,"x":[1\n2],"value":3}\n')], { format: "ndjson" }), ParseError, "the line ends inside an object", { line: 1 });
});

test("streams without points", async () => {
  for (const text of ["", " \n", "\n\n"]) await rejects(all([encode(text)], { format: "ndjson" }), EmptyDatasetError, "Empty dataset");
  await rejects(all([encode("[ ]")], { format: "json" }), EmptyDatasetError, "Empty dataset");
  equal((await all([], { format: "packed" })).timestamps, [], "packed");
});

test("packed points, cut at every byte", async () => {
  const bytes = new Uint8Array(48);
  const view = new DataView(bytes.buffer);
  [[1n, 2.5], [2n ** 64n - 1n, -0], [0n, NaN]].forEach(([timestamp, value], i) => {
    view.setBigUint64(16 * i, timestamp, true);
    view.setFloat64(16 * i + 8, value, true);
  });
  for (let size = 1; size <= 48; size++) {
    const { timestamps, values } = await all(cut(bytes, size), { format: "packed" });
    equal({ timestamps, values }, { timestamps: [1n, 2n ** 64n - 1n, 0n], values: [2.5, -0, NaN] }, String(size));
  }
  await rejects(all([bytes.subarray(0, 37)], { format: "packed" }), InvalidInputError, "expected 16 bytes for each, got 5 at byte 32", { index: 32 });
});

test("a record that never ends is refused, and the stream is cancelled", async () => {
  for (const [format, open] of [["json", "["], ["ndjson", ""]]) {
    let cancelled = false;
    let sent = 0;
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(encode(sent++ === 0 ? open + '{"x":"' : "a".repeat(1000))),
      cancel: () => void (cancelled = true),
    });
    await rejects(all(stream, { format, maxRecord: 100_000 }), LimitError, "more than 100000 bytes (maxRecord)", { limit: "input", max: 100_000 });
    equal(cancelled, true, "cancelled");
    if (sent > 110) throw new Error(`${sent} chunks were read`);
  }
});

test("what is no stream, and options that are none", async () => {
  await rejects(all(5, { format: "json" }), InvalidInputError, "expected a ReadableStream");
  await rejects(all(["[]"], { format: "json" }), InvalidInputError, "expected each chunk to be a Uint8Array, got the string");
  await rejects(all([], { format: "csv" }), InvalidInputError, 'expected "json", "ndjson" or "packed"');
  await rejects(all([], { format: "json", maxRecord: 1.5 }), InvalidInputError, "maxRecord: expected an integer");
});
