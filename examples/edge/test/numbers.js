// Numbers of results, as Go writes them.

import { equal, test } from "../../../hosts/typescript/test/harness.js";
import { JSON_TYPE, NDJSON, PACKED, parsed, post } from "./client.js";
import { withWorker } from "./workers.js";

test("each double is read back with its bits", () =>
  withWorker({}, async ({ url }) => {
    const values = [0, -0, 1, 0.1, 1 / 3, 5e-324, -2.2250738585072014e-308, 1.7976931348623157e308, 1e21, 1e-7, 123456.7, 999999, 1000000, 0.0001, 0.00009];
    for (let power = -1074; power < 1024; power += 13) values.push(2 ** power, -(2 ** power) * 1.1);
    const batch = Buffer.alloc(values.length * 16);
    values.forEach((value, i) => {
      batch.writeBigUInt64LE(2n ** 64n - 1n - BigInt(values.length - i), i * 16);
      batch.writeDoubleLE(value, i * 16 + 8);
    });
    const text = (await post(url, "process-batch", PACKED, batch, { accept: NDJSON })).body;
    const read = (await post(url, "validate", NDJSON, text, { accept: PACKED })).body;
    equal(read.equals(batch), true);
    equal(text.toString().includes('{"timestamp":18446744073709551614,"value":'), true, "timestamps are integers of 64 bits");
  }));

test("what is not a number of JSON is a string", () =>
  withWorker({}, async ({ url }) => {
    const aggregate = async (...values) => {
      const batch = Buffer.alloc(values.length * 16);
      values.forEach((value, i) => batch.writeDoubleLE(value, i * 16 + 8));
      return parsed(await post(url, "aggregate", PACKED, batch));
    };
    equal(await aggregate(Infinity, 1), { mean: "Infinity", variance: "NaN", sum: "Infinity" });
    equal(await aggregate(-Infinity), { mean: "-Infinity", variance: "NaN", sum: "-Infinity" });
    equal(await aggregate(NaN), { mean: "NaN", variance: "NaN", sum: "NaN" });
    equal(parsed(await post(url, "aggregate", JSON_TYPE, "[[1,-0.0]]")), { mean: 0, variance: 0, sum: 0 });
  }));
