// Limits, and what is around requests.

import { gzipSync } from "node:zlib";

import { equal, test } from "../../../hosts/typescript/test/harness.js";
import { ENGINE, JSON_TYPE, NDJSON, open, PACKED, parsed, post, send } from "./client.js";
import { withWorker } from "./workers.js";

const problem = (answer) => {
  equal(answer.headers["content-type"], "application/problem+json");
  const { status, code } = parsed(answer);
  equal(answer.status, status);
  return `${status} ${code}`;
};

test("limits of the body, the points and a record", () =>
  withWorker({ bindings: { MAX_BODY_BYTES: 1000, MAX_HELD_BYTES: 320, MAX_POINTS: 50, MAX_RECORD_BYTES: 100 } }, async ({ url }) => {
    const space = (n) => "[[1,2]" + " ".repeat(n - 7) + "]";
    equal((await post(url, "aggregate", JSON_TYPE, space(106))).status, 200);
    equal(problem(await post(url, "aggregate", PACKED, Buffer.alloc(1008))), "413 body-too-large");
    equal(problem(await send(url, `${ENGINE}aggregate`, { type: PACKED, body: Buffer.alloc(1008), length: undefined })), "413 body-too-large", "without a length");
    const bomb = gzipSync(Buffer.alloc(100_000));
    equal(problem(await post(url, "aggregate", PACKED, bomb, { "content-encoding": "gzip" })), "413 body-too-large", "gzip");
    equal((await post(url, "aggregate", PACKED, Buffer.alloc(800))).status, 200);
    equal(problem(await post(url, "aggregate", PACKED, Buffer.alloc(816))), "413 too-many-points");
    equal(problem(await post(url, "fold", PACKED, Buffer.alloc(816))), "413 too-many-points");
    for (const operation of ["validate", "process-batch"]) {
      equal((await post(url, operation, JSON_TYPE, `[${"[1,2],".repeat(19)}[1,2]]`)).status, 200, operation);
      equal(problem(await post(url, operation, JSON_TYPE, `[${"[1,2],".repeat(20)}[1,2]]`)), "413 too-many-points", operation);
      equal(problem(await post(url, operation, JSON_TYPE, space(321))), "413 body-too-large", operation);
    }
    for (const operation of ["checksum?expected=1", "merge", "finish", "process-batch"]) {
      equal(problem(await post(url, operation, JSON_TYPE, " ".repeat(321))), "413 body-too-large", operation);
    }
    const record = await post(url, "aggregate", NDJSON, `{"timestamp":1,"value":2,"x":"${"x".repeat(100)}`);
    equal(problem(record), "413 record-too-large");
    equal(parsed(record).detail, "the record at line 1 column 1 has more than 100 bytes (maxRecord)");
  }));

test("a body with gzip is limited as it is sent, too", () =>
  withWorker({ bindings: { MAX_BODY_BYTES: 1000 } }, async ({ url }) => {
    const whole = gzipSync("[[1,2]]");
    const coding = { "content-encoding": "gzip" };
    // Blocks without bytes, between the header of 10 bytes and the data.
    const padded = (blocks) => Buffer.concat([whole.subarray(0, 10), ...Array.from({ length: blocks }, () => Buffer.from([0, 0, 0, 0xff, 0xff])), whole.subarray(10)]);
    for (const length of [undefined, padded(300).length]) {
      equal(problem(await send(url, `${ENGINE}aggregate`, { type: JSON_TYPE, body: padded(300), headers: coding, length })), "413 body-too-large");
    }
    equal((await send(url, `${ENGINE}aggregate`, { type: JSON_TYPE, body: padded(100), headers: coding, length: undefined })).status, 200);
  }));

test("gzip has one member", () =>
  withWorker({}, async ({ url }) => {
    const member = gzipSync("[[1,2]]");
    for (const rest of [gzipSync(" "), Buffer.from("x")]) {
      equal(problem(await post(url, "aggregate", JSON_TYPE, Buffer.concat([member, rest]), { "content-encoding": "gzip" })), "400 invalid-body");
    }
  }));

test("a body without an end is refused before it ends", () =>
  withWorker({ bindings: { MAX_BODY_BYTES: 1_000_000 } }, async ({ url }) => {
    const request = open(url, `${ENGINE}aggregate`, { type: PACKED });
    // A byte more than is allowed, and nothing after it: what a server has not read when it
    // closes a connection can cost its client the answer.
    await request.write(Buffer.alloc(1_000_001));
    equal(problem(await request.answer), "413 body-too-large");
    request.abort();
    equal((await post(url, "aggregate", JSON_TYPE, "[[1,2]]")).status, 200);
  }));

test("identifiers of requests", () =>
  withWorker({}, async ({ url }) => {
    const id = async (given) => (await send(url, "/healthz", { method: "GET", headers: given === undefined ? {} : { "x-request-id": given } })).headers["x-request-id"];
    equal(await id("a.b-c:1"), "a.b-c:1");
    equal((await id("a b")).includes(" "), false);
    equal((await id(undefined)) === (await id(undefined)), false);
  }));

test("the engine is the only plugin", () =>
  withWorker({}, async ({ url }) => {
    equal(parsed(await send(url, "/v1/plugins", { method: "GET" })), { plugins: [{ name: "engine", has_summary: true }] });
    equal((await send(url, "/v1/plugins", { method: "HEAD" })).body.length, 0);
    equal(problem(await send(url, "/v1/plugins", { body: "" })), "405 method-not-allowed");
  }));

test("bindings that cannot be are named", async () => {
  for (const [name, value] of [["MAX_BODY_BYTES", "-1"], ["MAX_POINTS", "many"], ["MAX_RECORD_BYTES", "1"], ["FUEL", "0"], ["MAX_HELD_BYTES", "1e3"]]) {
    await withWorker({ bindings: { [name]: value } }, async ({ url }) => {
      const answer = await post(url, "aggregate", JSON_TYPE, "[[1,2]]");
      equal(problem(answer), "500 internal");
      equal(parsed(answer).detail.startsWith(`the worker cannot start with the configuration: the binding ${name}: expected an integer from `), true, parsed(answer).detail);
    });
  }
});
