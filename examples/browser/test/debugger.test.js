// The debuggers of Chromium and Node stop at a line of the engine's source, by the source map in
// its module. A front end, such as DevTools, reads the map and asks for places in the module: so
// does this test.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Session } from "node:inspector";
import { SourceMap } from "node:module";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

import { address, launched, listen, stop } from "./chromium.js";

const root = new URL("../../../", import.meta.url);
const module = readFileSync(new URL("dist/compute-pipeline.core.mapped.wasm", root));

// The place where the engine refuses a batch, and the call that leads there.
const REFUSES = { file: "guest/src/batch.rs", words: "assert!(" };
const CALLS = { file: "guest/src/lib.rs", words: "batch::process_batch(" };
const REFUSED = 'engine["org:compute/pipeline@0.1.0#process-batch"](8, 3)'; // no batch has 3 bytes

const textOf = (file) => readFileSync(new URL(file, root), "utf8");
const urlOf = (file) => `file:///compute-pipeline/${file}`;

/** The number of the only line of a source with some words, from 0. */
function lineOf({ file, words }) {
  const lines = textOf(file).split("\n");
  const found = [...lines.keys()].filter((number) => lines[number].includes(words));
  assert.equal(found.length, 1, `lines of ${file} with ${words}: ${found}`);
  return found[0];
}

/**
 * Sets a breakpoint at a line of the source, runs into it, and looks at where the debugger
 * stopped. A client sends commands of the protocol and hears its events; `load` is an expression
 * that makes the engine's exports the global `engine`.
 */
async function stopAtTheLine({ send, heard }, load) {
  await send("Debugger.enable");
  const parsed = heard("Debugger.scriptParsed", ({ scriptLanguage }) => scriptLanguage === "WebAssembly");
  const loaded = await send("Runtime.evaluate", { expression: load, awaitPromise: true });
  assert.equal(loaded.exceptionDetails, undefined, JSON.stringify(loaded));
  const script = await parsed;
  const map = await (await fetch(script.sourceMapURL)).json();
  for (const { file } of [REFUSES, CALLS]) {
    assert.equal(map.sourcesContent[map.sources.indexOf(urlOf(file))], textOf(file), file);
  }

  const reader = new SourceMap(map);
  const placeOf = (column) => {
    const { originalSource, originalLine } = reader.findEntry(0, column);
    return { url: originalSource, line: originalLine };
  };
  const wanted = { url: urlOf(REFUSES.file), line: lineOf(REFUSES) };
  const isWanted = (column) => placeOf(column).url === wanted.url && placeOf(column).line === wanted.line;
  const starts = [...module.keys()].filter((column) => isWanted(column) && !isWanted(column - 1));
  assert.ok(starts.length > 0, "the line has code");
  for (const columnNumber of starts) {
    const { actualLocation } = await send("Debugger.setBreakpoint", { location: { scriptId: script.scriptId, lineNumber: 0, columnNumber } });
    assert.deepEqual(placeOf(actualLocation.columnNumber), wanted);
  }

  const paused = heard("Debugger.paused");
  const ran = send("Runtime.evaluate", { expression: REFUSED });
  const { callFrames, hitBreakpoints } = await Promise.race([paused, ran.then((result) => assert.fail(`it did not stop: ${JSON.stringify(result)}`))]);
  assert.equal(hitBreakpoints.length, 1);
  assert.equal(callFrames[0].location.scriptId, script.scriptId);
  assert.deepEqual(placeOf(callFrames[0].location.columnNumber), wanted);
  const places = callFrames.filter(({ location }) => location.scriptId === script.scriptId).map(({ location }) => placeOf(location.columnNumber));
  const call = { url: urlOf(CALLS.file), line: lineOf(CALLS) };
  assert.ok(places.some(({ url, line }) => url === call.url && line === call.line), JSON.stringify(places));

  await send("Debugger.resume");
  assert.match((await ran).exceptionDetails?.exception.description ?? "", /^RuntimeError: unreachable/);
  return script;
}

/** What waits for events of the protocol. The one who hears events calls `hear`. */
function hearing() {
  const waiting = [];
  return {
    heard: (method, fits = () => true) => new Promise((resolve) => waiting.push({ method, fits, resolve })),
    hear(method, params) {
      const found = waiting.findIndex((one) => one.method === method && one.fits(params));
      if (found >= 0) waiting.splice(found, 1)[0].resolve(params);
    },
  };
}

test("Chromium stops at a line of the engine's source", async () => {
  const server = await listen(createServer((request, response) => {
    if (request.url === "/engine.wasm") response.writeHead(200, { "content-type": "application/wasm" }).end(module);
    else response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Debugging</title>");
  }));
  const context = await launched().newContext();
  try {
    const page = await context.newPage();
    await page.goto(address(server));
    const session = await context.newCDPSession(page);
    const { heard, hear } = hearing();
    for (const event of ["Debugger.scriptParsed", "Debugger.paused"]) session.on(event, (params) => hear(event, params));
    const load = '(async () => { globalThis.engine = (await WebAssembly.instantiateStreaming(fetch("engine.wasm"))).instance.exports; })()';
    const script = await stopAtTheLine({ send: (method, params) => session.send(method, params), heard }, load);
    assert.equal(script.url, `${address(server)}engine.wasm`);
  } finally {
    await context.close();
    await stop(server);
  }
});

test("Node stops at a line of the engine's source", async () => {
  // The debugger of this thread is the client of a worker's, which stops without this thread.
  const session = new Session();
  session.connect();
  const post = (method, params) => new Promise((resolve, reject) => session.post(method, params, (error, result) => (error ? reject(error) : resolve(result))));
  const { heard, hear } = hearing();
  const answers = new Map();
  session.on("NodeWorker.receivedMessageFromWorker", ({ params: { message } }) => {
    const { id, method, params, result, error } = JSON.parse(message);
    if (id === undefined) hear(method, params);
    else if (error !== undefined) answers.get(id).reject(new Error(error.message));
    else answers.get(id).resolve(result);
  });
  const attached = new Promise((resolve) => session.once("NodeWorker.attachedToWorker", ({ params }) => resolve(params.sessionId)));
  await post("NodeWorker.enable", { waitForDebuggerOnStart: false });
  // It lives until it is ended, since it listens.
  const waits = 'const { workerData, parentPort } = require("node:worker_threads"); globalThis.bytes = workerData; parentPort.on("message", () => {}); parentPort.postMessage("ready");';
  const worker = new Worker(waits, { eval: true, workerData: module });
  const ready = new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  try {
    const sessionId = await attached;
    const send = (method, params = {}) => new Promise((resolve, reject) => {
      const id = answers.size + 1;
      answers.set(id, { resolve, reject });
      post("NodeWorker.sendMessageToWorker", { sessionId, message: JSON.stringify({ id, method, params }) }).catch(reject);
    });
    await ready;
    const script = await stopAtTheLine({ send, heard }, "globalThis.engine = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports; undefined");
    assert.match(script.url, /^wasm:\/\//);
  } finally {
    await worker.terminate();
    session.disconnect();
  }
});
