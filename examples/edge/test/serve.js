// The same requests to `pipeline serve`: the worker answers with the same status, code and
// place, and results with the same bytes.

import { gzipSync } from "node:zlib";

import { equal, test } from "../../../hosts/typescript/test/harness.js";
import { ENGINE, JSON_TYPE, NDJSON, PACKED, send } from "./client.js";
import { startServe } from "./serve_process.js";
import { withWorker } from "./workers.js";

const points = [
  "[[1,2],[3,1000000]]", '[[1,2],[3,"x"]]', "[]", "", "  ", '{"a":1}', "null", "[[1,2]] x", "[[1,2],", "[[1,2],]", "[[1,2}", "[,[1,2]]", "[[1,2] [3,4]]",
  '[[1,2],\n  [3,4],\n {"timestamp":5}]', '[{"timestamp":-1,"value":2}]', '[{"timestamp":1.5,"value":2}]', '[{"timestamp":18446744073709551616,"value":1}]',
  '[{"timestamp":18446744073709551615,"value":1e-7}]', '[{"timestamp":1,"value":-0.0}]', "[[1,NaN]]", "[[NaN,1]]", "[[1,1e999]]", "[[1,1.7976931348623157e308],[2,1.7976931348623157e308]]",
  '[{"timestamp":1,"value":2,"\\ud800":1}]', '[{"timestamp":1,"value":2,"x":"\\ud800"}]', "\ufeff[[1,2]]", Buffer.from([...Buffer.from('[[1,"'), 0xff, ...Buffer.from('"]]')]),
  "[[1,0.1],[2,1e21],[3,123456],[4,1234567],[5,0.0001],[6,0.00001],[7,5e-324]]",
].map((body) => [JSON_TYPE, body]);
points.push(
  ...["[1,2", "[1,2]\nfoo", '[1,2]\n\n{"timestamp":3,"value":4}\r\n', "[1,2][3,4]", "[1,2\n],[3,4]", "", '[1,2]\n[3,"x"]'].map((body) => [NDJSON, body]),
  ...[Buffer.from("abc"), Buffer.alloc(0), Buffer.alloc(32, 1), Buffer.alloc(32, 0xff), Buffer.alloc(33)].map((body) => [PACKED, body]),
  ...["text/plain", undefined, "application/json; charset=utf-8", "application/json;charset=latin1", "APPLICATION/JSON", "application/json, text/plain"].map((type) => [type, "[[1,2]]"]),
  ...["br", "deflate", "gzip, gzip", "identity"].map((coding) => [JSON_TYPE, "[[1,2]]", { "content-encoding": coding }]),
  [JSON_TYPE, "[[1,2]]", { "content-encoding": "gzip" }],
  [JSON_TYPE, gzipSync("[[1,2]]"), { "content-encoding": "gzip" }],
  [JSON_TYPE, gzipSync("[[1,2]]").subarray(0, -3), { "content-encoding": "gzip" }],
  ...["text/html", NDJSON, "*/*", "application/*;q=0.5, application/vnd.compute-pipeline.packed", "application/json;q=0", "nonsense", "application/json;q=2"].map((accept) => [JSON_TYPE, "[[1,2],[0,0.5]]", { accept }]),
);

const requests = [];
for (const operation of ["aggregate", "validate", "fold", "process-batch"]) {
  for (const [type, body, headers] of points) requests.push([ENGINE + operation, { type, body, headers }]);
}
for (const method of ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"]) requests.push([`${ENGINE}aggregate`, { method }]);
for (const path of ["/healthz", "/nothing", "/v1/plugins/engine", `${ENGINE}nothing`, `${ENGINE}aggregate/`, "/v1/plugins/other/aggregate", `${ENGINE}aggregate?x=1`]) {
  requests.push([path, { type: JSON_TYPE, body: "[[1,2]]" }], [path, { method: "GET" }]);
}
for (const expected of ["", "?expected=", "?expected=zz", "?expected=9999999999", "?expected=1", "?expected=0xcbf43926", "?expected=3421780262", "?expected=1&other=2"]) {
  requests.push([`${ENGINE}checksum${expected}`, { body: "123456789" }]);
}
for (const body of ['{"a":"","b":1}', '{"a":""}', '{"a":"","c":""}', '{"a":"AAAA","b":""}', '{"a":"","b":"AAAA"}', "[", "[]", "1", '{"a":"!"}', '{"a":""} x', "", '{"a":"","b":""}']) {
  requests.push([`${ENGINE}merge`, { type: JSON_TYPE, body }]);
}
for (const body of ['{"state":""}', '{"state":"AAAA"}', "{}", ""]) requests.push([`${ENGINE}finish`, { type: JSON_TYPE, body }]);
for (const state of ["!!", "AAAA", "AAA", "AA==", ""]) requests.push([`${ENGINE}fold`, { type: JSON_TYPE, body: "[[1,2]]", headers: { "pipeline-state": state } }]);

/** What programs read of an answer: all of a result, and of a problem what is not prose. */
function essence({ status, headers, body }) {
  const type = headers["content-type"];
  const all = { status, type, allow: headers.allow, nosniff: headers["x-content-type-options"] };
  if (type !== "application/problem+json" || body.length === 0) return { ...all, body: body.toString("latin1") };
  const { title, code, where } = JSON.parse(body);
  // Of a JSON object, the worker's parser does not say where it is wrong.
  return { ...all, title, code, where: code === "invalid-points" ? where : undefined };
}

test("the worker answers as pipeline serve does", async () => {
  const serve = await startServe();
  try {
    await withWorker({}, async ({ url }) => {
      for (const [path, options] of requests) {
        const [want, got] = await Promise.all([serve.url, url].map((where) => send(where, path, options)));
        const body = String(options.body);
        const [a, b] = [essence(got), essence(want)];
        // To serve, a body of white space is an empty one.
        if (body.trim() === "" && body !== "") a.where = undefined;
        equal(a, b, `${options.method ?? "POST"} ${path} ${options.type} ${JSON.stringify(options.headers)} ${body.slice(0, 100)}`);
      }
    });
  } finally {
    await serve.stop();
  }
});
