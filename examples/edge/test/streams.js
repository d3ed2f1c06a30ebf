// Bodies that arrive in pieces, many at the same time, and some that never arrive.

import { readFileSync } from "node:fs";

import { equal, Random, test } from "../../../hosts/typescript/test/harness.js";
import { ENGINE, JSON_TYPE, NDJSON, open, PACKED, parsed, post } from "./client.js";
import { withWorker } from "./workers.js";

/** Points whose exact sum is known: each value with its negative, and one more. */
function points(seed, count) {
  const random = new Random(seed);
  const values = [];
  for (let i = 0; i < count; i++) {
    const value = random.below(2 ** 50) * 2 ** (random.below(200) - 100);
    values.push(value, -value);
  }
  return [...values, seed].map((value, i) => ({ timestamp: i, value }));
}

const lines = (list) => Buffer.from(list.map((point) => JSON.stringify(point) + "\n").join(""));

function packed(list) {
  const bytes = Buffer.alloc(list.length * 16);
  list.forEach(({ timestamp, value }, i) => {
    bytes.writeBigUInt64LE(BigInt(timestamp), i * 16);
    bytes.writeDoubleLE(value, i * 16 + 8);
  });
  return bytes;
}

const FORMS = [
  [JSON_TYPE, (list) => Buffer.from(JSON.stringify(list, undefined, 1))],
  [NDJSON, lines],
  [PACKED, packed],
];

test("concurrent streams, interleaved, do not mix", () =>
  withWorker({}, async ({ url }) => {
    const streams = Array.from({ length: 24 }, (_, i) => {
      const [type, form] = FORMS[i % FORMS.length];
      const body = form(points(i + 1, 3000));
      return { sum: i + 1, body, at: 0, request: open(url, `${ENGINE}aggregate`, { type }) };
    });
    const random = new Random(7);
    let left = [...streams];
    while (left.length > 0) {
      const stream = left[random.below(left.length)];
      const next = Math.min(stream.at + 1 + random.below(70_000), stream.body.length);
      await stream.request.write(stream.body.subarray(stream.at, next));
      stream.at = next;
      left = left.filter(({ at, body }) => at < body.length);
    }
    for (const { request, sum, body } of streams) {
      const { sum: got, variance } = parsed(await request.end());
      equal(got, sum);
      equal(variance > 0, true, String(body.length));
    }
    // Nothing of them is left: a request of its own has its own points only.
    equal(parsed(await post(url, "aggregate", JSON_TYPE, "[[1,5]]")), { mean: 5, variance: 0, sum: 5 });
  }));

test("uploads that are aborted harm nobody", () =>
  withWorker({}, async ({ url, wrote }) => {
    const body = lines(points(3, 5000));
    const want = (await post(url, "aggregate", NDJSON, body)).body.toString();
    const whole = open(url, `${ENGINE}aggregate`, { type: NDJSON });
    await whole.write(body.subarray(0, 100_000));
    for (let i = 0; i < 40; i++) {
      const aborted = open(url, `${ENGINE}${i % 2 === 0 ? "aggregate" : "validate"}`, { type: NDJSON, ...(i % 4 < 2 ? { length: body.length } : {}) });
      await aborted.write(body.subarray(0, 1000 * i + 1));
      aborted.abort();
      if (i % 10 === 0) equal((await post(url, "aggregate", NDJSON, body)).body.toString(), want);
    }
    equal((await whole.end(body.subarray(100_000))).body.toString(), want);
    equal(/uncaught|internal error/i.test(wrote()), false, wrote());
  }));

test("pieces that end within a character", () =>
  withWorker({}, async ({ url }) => {
    for (const [character, bytes] of [["é", 2], ["€", 3], ["𝄞", 4]]) {
      const text = Buffer.from(`{"timestamp":1,"${character}":"${character}","value":2}\n[3,4]\n`);
      equal(Buffer.byteLength(character), bytes);
      for (let at = 1; at < text.length; at++) {
        const request = open(url, `${ENGINE}aggregate`, { type: NDJSON });
        await request.write(text.subarray(0, at));
        equal(parsed(await request.end(text.subarray(at))), { mean: 3, variance: 1, sum: 6 }, `${character} at ${at}`);
      }
      // A piece that is cut for good.
      const cut = await post(url, "aggregate", NDJSON, text.subarray(0, 17 + bytes - 1));
      equal(parsed(cut).code, "invalid-points");
    }
  }));

/** The largest memory that a process has had, in MiB. */
const peak = (pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;

test("long bodies are folded as they arrive, in little memory", () =>
  withWorker({ bindings: { MAX_BODY_BYTES: 2 ** 30, MAX_POINTS: 1e9 } }, async ({ url, pid }) => {
    for (const [i, length] of [100_000_000, 100_000_000, 600_000_000].entries()) {
      const [type, form] = FORMS[i];
      const request = open(url, `${ENGINE}aggregate`, { type });
      const piece = form(points(1, 4000));
      const more = type === JSON_TYPE ? Buffer.concat([Buffer.from(","), piece.subarray(1, -1)]) : piece;
      await request.write(type === JSON_TYPE ? piece.subarray(0, -1) : piece);
      let count = 1;
      for (let sent = piece.length; sent < length; sent += more.length, count++) await request.write(more);
      equal(parsed(await request.end(type === JSON_TYPE ? "]" : "")).sum, count, type);
    }
    // 60 MiB are workerd's own, and up to 200 are what its collector leaves for later.
    if (peak(pid) > 400) throw new Error(`${peak(pid).toFixed(0)} MiB, and 400 are allowed`);
  }));
