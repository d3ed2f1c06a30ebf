// The conformance vectors, each call as a request.

import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";

import { test } from "../../../hosts/typescript/test/harness.js";
import { fromJSON, read, resolve, toJSON } from "../../../tests/node/vectors.js";
import { JSON_TYPE, NDJSON, PACKED, parsed, post } from "./client.js";
import { withWorker } from "./workers.js";

const POINTS = { list: { record: [["timestamp", "u64"], ["value", "f64"]] } };

const bytesOf = (json) => Buffer.from(fromJSON({ list: "u8" }, json));
const hexOf = (bytes) => toJSON({ list: "u8" }, bytes);

function packed(points) {
  const bytes = Buffer.alloc(points.length * 16);
  for (const [i, { timestamp, value }] of fromJSON(POINTS, points).entries()) {
    bytes.writeBigUInt64LE(timestamp, i * 16);
    // By its bits: a copy of a NaN may have others.
    bytes.writeBigUInt64LE(BigInt(`0x${points[i].value}`), i * 16 + 8);
    if (Number.isNaN(value) !== Number.isNaN(bytes.readDoubleLE(i * 16 + 8))) throw new Error("another value");
  }
  return bytes;
}

const unpacked = (bytes) =>
  Array.from({ length: bytes.length / 16 }, (_, i) => ({
    timestamp: String(bytes.readBigUInt64LE(i * 16)),
    value: bytes.readBigUInt64LE(i * 16 + 8).toString(16).padStart(16, "0"),
  }));

const double = (json) => toJSON("f64", Number(json));

/** The digits of integers, which a number of JavaScript does not hold. */
const integer = (body, name) => new RegExp(`"${name}":(\\d+)`).exec(body)[1];

/** Sends a call, and returns the result as JSON of the vectors; an err has the problem. */
const CALLS = {
  async "compute-aggregate"(url, points) {
    const { mean, variance, sum } = parsed(ok(await post(url, "aggregate", PACKED, packed(points))));
    return [mean, variance, sum].map(double);
  },
  async "validate-stream"(url, text) {
    return result(await post(url, "validate", JSON_TYPE, text, { accept: PACKED }), ({ body }) => unpacked(body));
  },
  async "process-batch"(url, batch) {
    return hexOf(ok(await post(url, "process-batch", PACKED, bytesOf(batch), { accept: PACKED })).body);
  },
  async "validate-checksum"(url, data, expected) {
    return parsed(ok(await post(url, `checksum?expected=${expected}`, undefined, bytesOf(data)))).valid;
  },
  async fold(url, state, points) {
    const headers = { "pipeline-state": bytesOf(state).toString("base64") };
    return result(await post(url, "fold", PACKED, packed(points), headers), stateOf);
  },
  async merge(url, ...states) {
    const [a, b] = states.map((state) => bytesOf(state).toString("base64"));
    return result(await post(url, "merge", JSON_TYPE, JSON.stringify({ a, b })), stateOf);
  },
  async finish(url, state) {
    return result(await post(url, "finish", JSON_TYPE, JSON.stringify({ state: bytesOf(state).toString("base64") })), (answer) => {
      const { mean, variance, sum, min, max } = parsed(answer);
      const [count, first, last] = ["count", "first", "last"].map((name) => integer(answer.body, name));
      return { count, mean: double(mean), variance: double(variance), sum: double(sum), min: double(min), max: double(max), first, last };
    });
  },
};

const stateOf = (answer) => hexOf(Buffer.from(parsed(answer).state, "base64"));

class Refused extends Error {}

function ok(answer) {
  if (answer.status !== 200) throw new Refused(`${answer.status}: ${answer.body}`);
  return answer;
}

function result(answer, read) {
  return answer.status === 400 || answer.status === 422 ? { err: parsed(answer) } : { ok: read(ok(answer)) };
}

/** What the answer to a case is not. */
async function judge(url, functions, part) {
  const steps = part.steps ?? [part];
  const returned = [];
  let value;
  try {
    for (const { call, args } of steps) {
      const values = args.map((arg) => (arg?.$step === undefined ? arg : resolve(arg, returned[arg.$step])));
      value = await CALLS[call.replace(/.*#/, "")](url, ...values);
      if (value.err !== undefined) break;
      returned.push(functions[call].result.result === undefined ? value : value.ok);
    }
  } catch (error) {
    if (error instanceof Refused && "trap" in part.want && error.message.includes('"invalid-input"')) return undefined;
    throw error;
  }
  return mismatch(part.want, value);
}

function mismatch(want, value) {
  if ("same" in want) return undefined;
  if ("failure" in want) return value.err?.code === "refused-by-guest" && value.err.detail !== "" ? undefined : "no err";
  const wanted = want.value;
  if (wanted?.err === undefined) return equal(value, wanted) ? undefined : "another value";
  if (value.ok !== undefined) return value.ok.length === 1 && MARKED.test(wanted.err) ? undefined : "no problem";
  const { code, where, detail } = value.err;
  if (code !== "invalid-points") return "another code";
  if (wanted.err === "Empty dataset") return detail === "the body has no points: expected at least one" ? undefined : "another text";
  const at = / at line (\d+) column (\d+)$/.exec(wanted.err);
  if (at === null || at[2] === "0" || STREAM.test(detail)) return undefined;
  return where?.line === Number(at[1]) && where.column === Number(at[2]) ? undefined : "another place";
}

/** What the engine says of a byte order mark, which a stream may begin with. */
const MARKED = /^Parse failed: expected value at line 1 column 1$/;

/** What is wrong with a stream before the engine sees it, at the first byte that is wrong. */
const STREAM = /expected an array of points|trailing characters|UTF-8/;

const equal = (a, b) =>
  typeof a !== "object" || a === null ? a === b : Object.keys(a).length === Object.keys(b ?? {}).length && Object.keys(a).every((key) => equal(a[key], b[key]));

test("all vectors over HTTP", () =>
  withWorker({ bindings: { MAX_RECORD_BYTES: 2 ** 24 } }, async ({ url }) => {
    const archive = createReadStream(new URL("../../../dist/compute-pipeline-vectors.json.gz", import.meta.url));
    const parts = read(createInterface({ input: archive.pipe(createGunzip()), crlfDelay: Infinity }));
    const { functions } = (await parts.next()).value;
    const wrong = [];
    let cases = 0;
    const worker = async () => {
      for (let next = await parts.next(); !next.done; next = await parts.next()) {
        cases++;
        const what = await judge(url, functions, next.value);
        if (what !== undefined) wrong.push(`${next.value.id}: ${what}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    if (wrong.length > 0) throw new Error(`${wrong.length} wrong, ${wrong.slice(0, 10).join("\n")}`);
    if (cases < 2000) throw new Error(`${cases} cases, want 2,000 at least`);
  }));
