// What the worker's modules do, without a browser: CSV of any shape, memory, many windows,
// digits.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { Random } from "../../../hosts/typescript/test/harness.js";
import { Engine } from "../dist/compute-pipeline/index.js";
import { CsvReader } from "../dist/csv.js";
import { parseTimestamp, plainTime } from "../dist/epoch.js";
import { failureOf, readFile } from "../dist/reading.js";
import { exponential, fixed } from "../dist/numbers.js";
import { toJSON } from "../dist/report.js";
import { RowScanner } from "../dist/rowscanner.js";
import { Series, TooManyWindowsError, toSeconds } from "../dist/series.js";
import { run, write } from "./pipeline.js";

const engine = await Engine.load({ timestamps: "bigint" });

/** Reads a file as the page does; returns what `run` does. */
async function ours(bytes) {
  try {
    const { series } = await readFile(engine, new Blob([bytes]), { unit: "s" }, () => undefined);
    return { output: await toJSON(series.rows("all")).text() };
  } catch (error) {
    return { error: said(error) };
  }
}

function said(error) {
  const { message, place } = failureOf(error);
  return `${place === undefined ? "" : `line ${place.line}${place.column === undefined ? "" : `, column ${place.column}`}: `}${message}`;
}

/** Reads CSV that arrives in pieces of some bytes. */
async function inPieces(text, random) {
  const bytes = new TextEncoder().encode(text);
  async function* pieces() {
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + random.below(9);
      yield bytes.slice(at, at + length);
      at += length;
    }
  }
  try {
    const series = new Series(engine, "s");
    for await (const { points } of new CsvReader(engine, "s", {}).read(pieces(), bytes)) series.add(points);
    return { output: await toJSON(series.rows("all")).text() };
  } catch (error) {
    return { error: said(error) };
  }
}

test("random CSV gives the points and errors of `pipeline run`", async () => {
  const random = new Random(11);
  const pick = (list) => list[random.below(list.length)];
  const times = ["1", "007", "1262304000", "2010-01-31T12:00:00Z", "2010-01-31 1:02:03+01:00", "2010-01-31", '"5"', " 6 ", "2012-02-30", "x", "", "2010-01-31T12:00:00.000Z", "2010-01-31T12:00:00,5Z"];
  const values = ["1", "-0", "+1.5", "01", ".5", "5.", "1e3", '"2"', " 4\t", '"2""3"', "1e400", "", "NaN", "1_0", "0x10", "--1", "1.7976931348623157e308", "4.9e-324", "123456789012345678901234567890.5", "1e-99999999999", '"6\n"'];
  const notes = ["", "plain", '"quo""ted"', '"a\nb"', '"a\r\nb"', 'ba"re', '"x"y', '"open', "é", "\r"];
  let failed = 0;
  for (let i = 0; i < 48; i++) {
    const [comma, newline] = [pick([",", ";", "\t"]), pick(["\n", "\r\n"])];
    // Odd files in every place, but seldom, so that others come to their end.
    const odd = i % 2 === 0 ? 0 : 0.04;
    const cell = (list, plain) => (random.below(100) < odd * 100 ? pick(list) : pick(list.slice(0, plain)));
    const lines = [["note", "time", "value"].join(comma)];
    for (let row = 0; row < 12; row++) {
      lines.push([cell(notes, 5), cell(times, 8), cell(values, 9)].join(comma));
      if (random.below(6) === 0) lines.push("");
    }
    const text = lines.join(newline) + pick(["", newline, `${newline}${newline}`, "\r"]);
    const got = await ours(text);
    assert.deepEqual(await inPieces(text, random), got, JSON.stringify(text));
    const want = run(write("random.csv", text), "--window", "all", "-o", "json");
    const plain = (error) => error?.replace(/ \(byte offset \d+\)/, "").replace("use a finer --unit", "choose a finer unit");
    assert.deepEqual({ ...got, error: plain(got.error) }, { ...want, error: plain(want.error), ...(want.output === undefined ? {} : { output: want.output }) }, JSON.stringify(text));
    if (got.error !== undefined) failed++;
  }
  assert.ok(failed >= 8 && failed <= 24, `${failed} files were refused`);
});

/** A file that is made as it is read. */
function endless(size, line) {
  const bytes = new TextEncoder().encode(line.repeat(Math.ceil(2 ** 18 / line.length) + 1));
  return {
    size,
    slice: (from, to) => ({ arrayBuffer: async () => bytes.slice(from % line.length, (from % line.length) + Math.min(to, size) - from).buffer }),
  };
}

test("memory does not grow with the file", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  for (const line of ['{"timestamp": 1262304000, "value": 39.4}\n', "1262304000,39.4\n"]) {
    let most = 0;
    let parts = 0;
    const size = 64e6 - (64e6 % line.length);
    const { summary } = await readFile(engine, endless(size, line), { unit: "s" }, () => {
      if (++parts % 64 !== 0) return;
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      most = Math.max(most, heapUsed + arrayBuffers);
    });
    assert.equal(summary.points, size / line.length);
    assert.ok(parts > 200 && most > 0 && most < 32e6, `${most} bytes after ${parts} parts`);
  }
});

test("where hours are too many, days are kept, and then months", () => {
  const series = new Series(engine, "s", 100);
  const add = (days) => series.add({ timestamps: BigUint64Array.from(days, (day) => BigInt(Math.round(day * 86400))), values: Float64Array.from(days, (day) => day) });
  const whole = Array.from({ length: 1500 }, (_, i) => (i * 37) % 1501);
  const pieces = [whole.slice(0, 50), whole.slice(50, 90), whole.slice(90, 100), whole.slice(100, 700), whole.slice(700)];
  add(pieces[0]);
  assert.equal(series.rows("1h").length, 50);
  add(pieces[1]);
  add(pieces[2]);
  assert.equal(series.rows("1d").length, 100);
  add(pieces[3]);
  assert.throws(() => series.rows("1h"), TooManyWindowsError);
  assert.throws(() => series.rows("1d"), TooManyWindowsError);
  add(pieces[4]);
  const reference = new Series(engine, "s");
  reference.add({ timestamps: BigUint64Array.from(whole, (day) => BigInt(day * 86400)), values: Float64Array.from(whole) });
  for (const window of ["1mo", "all"]) assert.deepEqual(series.rows(window), reference.rows(window));
  const other = new Series(engine, "s", 3);
  assert.throws(() => other.add({ timestamps: BigUint64Array.from(whole, (day) => BigInt(day * 86400)), values: Float64Array.from(whole) }), TooManyWindowsError);
});

test("plain times are those of the calendar", () => {
  const random = new Random(17);
  const encoder = new TextEncoder();
  const plain = (text) => plainTime(encoder.encode(`,${text},`), 1, 1 + encoder.encode(text).length);
  for (let i = 0; i < 20_000; i++) {
    const second = random.below(253402300800);
    const text = new Date(second * 1000).toISOString().slice(0, 19);
    assert.equal(plain(`${text}Z`), second, text);
    assert.equal(parseTimestamp(`${text}Z`, "ms"), BigInt(second) * 1000n);
    // One character is another: what is plain still has the same seconds as the whole parser.
    const at = random.below(20);
    const other = `${`${text}Z`.slice(0, at)}${"0123456789-:TZ .a"[random.below(17)]}${`${text}Z`.slice(at + 1)}`;
    const got = plain(other);
    if (got >= 0) assert.equal(BigInt(got), parseTimestamp(other, "s"), other);
  }
  for (const text of ["1969-12-31T23:59:59Z", "2010-02-29T00:00:00Z", "2010-01-31T24:00:00Z", "2010-01-31T23:60:00Z", "2010-00-31T23:00:00Z"]) assert.equal(plain(text), -1, text);
});

test("a cell of many quotes is looked at once for newlines", () => {
  const bytes = new TextEncoder().encode(`1,"${'""'.repeat(5000)}\n${'""'.repeat(5000)}"\n${"x".repeat(5000)}\n`);
  let looked = 0;
  bytes.indexOf = (byte, from) => {
    const found = Uint8Array.prototype.indexOf.call(bytes, byte, from);
    looked += (found < 0 ? bytes.length : found + 1) - from;
    return found;
  };
  const rows = new RowScanner(0x2c);
  rows.push(bytes);
  assert.ok(rows.next(true));
  assert.equal(rows.text(1), `${'"'.repeat(5000)}\n${'"'.repeat(5000)}`);
  assert.ok(looked < 3 * bytes.length, `${looked} of ${bytes.length} bytes`);
  assert.ok(rows.next(true));
  assert.equal(rows.line, 3);
});

test("a long row that comes in pieces is not read again with each", () => {
  const cell = '""'.repeat(500_000);
  const bytes = new TextEncoder().encode(`"${cell}"\n2\n`);
  const original = Uint8Array.prototype.indexOf;
  let searches = 0;
  Uint8Array.prototype.indexOf = function (...args) {
    searches++;
    return original.apply(this, args);
  };
  try {
    for (const piece of [1000, 4096, 300_000]) {
      searches = 0;
      const rows = new RowScanner(0x2c);
      const found = [];
      for (let at = 0; at < bytes.length; at += piece) {
        rows.push(bytes.subarray(at, at + piece));
        while (rows.next(at + piece >= bytes.length)) found.push(rows.text(0));
      }
      assert.deepEqual(found.map(({ length }) => length), [500_000, 1]);
      assert.ok(searches < 4 * 500_000, `${searches} searches for 500,000 quotes in pieces of ${piece} bytes`);
    }
  } finally {
    Uint8Array.prototype.indexOf = original;
  }
});

test("columns are chosen by their places: names may be missing, or occur twice", async () => {
  const file = new Blob(["time,temp,temp,\n1,2,3,4\n"]);
  const sum = async (options) => (await readFile(engine, file, { unit: "s", ...options }, () => undefined)).series.rows("all").sum[0];
  assert.equal(await sum({}), 2);
  assert.equal(await sum({ valueColumn: 2 }), 3);
  assert.equal(await sum({ valueColumn: 3 }), 4);
  assert.equal(await sum({ timeColumn: 1, valueColumn: 0 }), 1);
  await assert.rejects(sum({ timeColumn: 2, valueColumn: 2 }), { message: 'column "temp" cannot be both the time and the value' });
});

test("a time that is too late for its unit is refused, however it is read", async () => {
  const read = (text, unit) => readFile(engine, new Blob([text]), { unit }, () => undefined);
  for (const time of ["2700-01-01T00:00:00Z", "2700-01-01T00:00:00+00:00"]) {
    await assert.rejects(read(`time,value\n${time},1\n`, "ns"), { message: `column "time": "${time}" is too late for a timestamp in nanoseconds` });
    const { series } = await read(`time,value\n${time},1\n1970-01-01T00:00:00Z,2\n`, "us");
    assert.deepEqual([...series.rows("all").last], [BigInt(Date.UTC(2700, 0)) * 1000n]);
    assert.deepEqual([...series.rows("all").first], [0n]);
  }
});

test("seconds are the timestamps divided and rounded down", () => {
  const random = new Random(13);
  for (const per of [1, 1e3, 1e6, 1e9]) {
    const last = 253402300799n * BigInt(per) + BigInt(per) - 1n;
    const timestamps = BigUint64Array.from([0n, last, ...Array.from({ length: 20_000 }, (_, i) => {
      const border = BigInt(random.below(253402300800)) * BigInt(per);
      return i % 2 === 0 ? border : border === 0n ? 0n : border - 1n;
    })].map((t) => (t < 2n ** 64n ? t : t % 2n ** 64n)));
    assert.deepEqual([...toSeconds(timestamps, per)], [...timestamps].map((t) => Number(t / BigInt(per))));
  }
});

test("numbers in the middle between two go to the even one, as in Go", () => {
  for (const [value, decimals, want] of [[0.03125, 4, "0.0312"], [0.09375, 4, "0.0938"], [-0.03125, 4, "-0.0312"], [0.5, 0, "0"], [1.5, 0, "2"], [2.5, 0, "2"], [-0, 1, "-0.0"], [1e15, 0, "1000000000000000"], [0.1, 4, "0.1000"]]) {
    assert.equal(fixed(value, decimals), want);
  }
  for (const [value, want] of [[2 ** -11, "4.882812e-04"], [1000000500000000, "1.000000e+15"], [1000001500000000, "1.000002e+15"], [5e-324, "4.940656e-324"], [-1e300, "-1.000000e+300"], [0, "0.000000e+00"], [9.9999999e-4, "1.000000e-03"]]) {
    assert.equal(exponential(value, 6), want);
  }
});
